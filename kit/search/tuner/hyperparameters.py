"""A space as keras-tuner knows one: its hyperparameters, and the values that a trial has."""

import itertools
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import keras_tuner

from kit.search.space import Choices, Space, possible

ENOUGH = 30  # draws for each point, after which a part that is still free holds no whole number


def hyperparameters(space: Space) -> keras_tuner.HyperParameters:
    """Return a space as keras-tuner's; lists among the choices are text there."""
    found = keras_tuner.HyperParameters()
    declare(found, space)
    return found


def declare(to: keras_tuner.HyperParameters, space: Space) -> dict[str, Any]:
    """Declare a space, as the builder of a network does; return the values that hold there."""
    values: dict[str, Any] = {}
    for one in space:
        if isinstance(one, Choices):
            choices = _comparable([plain_value(value) for value in one.values])
            values[one.name] = to.Choice(one.name, choices, ordered=False)
            continue
        number, kind = (int, to.Int) if one.integer else (float, to.Float)
        sampling = "log" if one.log else "linear"
        values[one.name] = kind(one.name, number(one.low), number(one.high), sampling=sampling)
    return own_values(values, space)


def hypercubes(space: Space, count: int, seed: int) -> Iterator[list[dict[str, Any]]]:
    """Yield lists of so many points, each a Latin hypercube of keras-tuner's own random draws.

    Of what its random search draws out of the space, each value is taken whose part of its range
    is still free: each of ``count`` equal parts of every range has one value, so that no decade is
    left out by chance (McKay, Beckman & Conover, Technometrics 1979).

    Args:
        space: Where the points are.
        count: How many.
        seed: Above 0, which keras-tuner would replace.
    """
    known = hyperparameters(space)
    oracle = keras_tuner.oracles.RandomSearchOracle(hyperparameters=known, seed=seed)
    parts = {one.name: int(min(count, possible((one,)))) for one in space}
    while True:
        free = {name: [math.ceil(count / number)] * number for name, number in parts.items()}
        columns: dict[str, list[Any]] = {name: [] for name in parts}
        for drawing in itertools.count():
            if all(len(column) == count for column in columns.values()):
                break
            drawn = oracle.populate_space("")["values"]
            own = own_values(drawn, space)
            for one in known.space:
                number = parts[one.name]
                part = min(int(number * one.value_to_prob(drawn[one.name])), number - 1)
                fits = free[one.name][part] > 0 or drawing > ENOUGH * count
                if fits and len(columns[one.name]) < count:
                    free[one.name][part] -= 1
                    columns[one.name].append(own[one.name])
        yield [
            dict(zip(columns, point, strict=True)) for point in zip(*columns.values(), strict=True)
        ]


def plain_value(value: Any) -> Any:
    """Return a value as keras-tuner takes it: a number, a truth value or text."""
    return value if isinstance(value, str | int | float | bool) else json.dumps(value)


def tuner_values(values: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Return a trial's values as they are in :func:`hyperparameters`."""
    found = {}
    for one in space:
        value = plain_value(values[one.name])
        if isinstance(one, Choices):
            every = [plain_value(each) for each in one.values]
            value = _comparable(every)[every.index(value)] if value in every else str(value)
        found[one.name] = value
    return found


def own_values(values: Mapping[str, Any], space: Space) -> dict[str, Any]:
    """Return keras-tuner's values as this space has them."""
    found: dict[str, Any] = {}
    for one in space:
        value = values[one.name]
        if isinstance(one, Choices):
            every = _comparable([plain_value(each) for each in one.values])
            found[one.name] = one.values[every.index(value)]
        else:
            found[one.name] = one.value(one.share(value))  # in as few digits as ours
    return found


def objective_of(name: str) -> keras_tuner.Objective:
    """Return the objective with its direction."""
    return keras_tuner.Objective(name, "min" if "loss" in name else "max")


def _comparable(values: list[Any]) -> list[Any]:
    """Return values of one type, as keras-tuner wants them, where need be as text."""
    if all(type(value) is type(values[0]) for value in values):
        return values
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return [float(value) for value in values]
    return [json.dumps(value) for value in values]
