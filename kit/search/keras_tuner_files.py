"""A search as keras-tuner knows one: its hyperparameters, its trials, its project folder."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras_tuner
from keras_tuner.engine import trial as trials

from kit import files
from kit.search.space import Choices, Space
from kit.search.trials import Trial

__all__ = ["hyperparameters", "objective_of", "save_project", "tuner_trial", "tuner_values"]

PROJECT = "keras-tuner"
STATUSES = {
    "waiting": trials.TrialStatus.RUNNING,
    "running": trials.TrialStatus.RUNNING,
    "complete": trials.TrialStatus.COMPLETED,
    "stopped": trials.TrialStatus.COMPLETED,  # it has a score; keras-tuner has no such status
    "infeasible": trials.TrialStatus.FAILED,
    "failed": trials.TrialStatus.FAILED,
}


def hyperparameters(space: Space) -> keras_tuner.HyperParameters:
    """Return a space as keras-tuner's; lists among the choices are text there."""
    found = keras_tuner.HyperParameters()
    for one in space:
        if isinstance(one, Choices):
            values = _comparable([plain_value(value) for value in one.values])
            found.Choice(one.name, values, ordered=False)
        elif one.integer:
            sampling = "log" if one.log else "linear"
            found.Int(one.name, int(one.low), int(one.high), sampling=sampling)
        else:
            sampling = "log" if one.log else "linear"
            found.Float(one.name, one.low, one.high, sampling=sampling)
    return found


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


def tuner_trial(trial: Trial, space: Space, objective: str) -> trials.Trial:
    """Return a trial as keras-tuner's, with its metrics of every epoch."""
    known = hyperparameters(space)
    known.values = tuner_values(trial.values, space)
    message = trial.reason or None
    made = trials.Trial(known, f"{trial.number:04}", STATUSES[trial.status], message)
    for row in trial.rows:
        for name, value in row.items():
            if name == "epoch" or not math.isfinite(value):
                continue
            if not made.metrics.exists(name):
                made.metrics.register(name, direction="min" if _falls(name) else "max")
            made.metrics.update(name, value, step=int(row["epoch"]))
    if trial.feasible:
        best = trial.best(objective)
        made.score, made.best_step = best[objective], int(best["epoch"])
    return made


def save_project(folder: Path, oracle: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
    """Write the project that keras-tuner reads, each file whole.

    Args:
        folder: Of the project.
        oracle: The oracle's state.
        changed: Trial id -> the state of each trial that changed.
    """
    for name, state in changed.items():
        (folder / f"trial_{name}").mkdir(parents=True, exist_ok=True)
        files.write_text(folder / f"trial_{name}" / "trial.json", json.dumps(state))
    folder.mkdir(parents=True, exist_ok=True)
    files.write_text(folder / "oracle.json", json.dumps(oracle, default=str))
    files.write_text(folder / "tuner0.json", "{}")


def _comparable(values: list[Any]) -> list[Any]:
    """Return values of one type, as keras-tuner wants them, where need be as text."""
    if all(type(value) is type(values[0]) for value in values):
        return values
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return [float(value) for value in values]
    return [json.dumps(value) for value in values]


def _falls(metric: str) -> bool:
    return "loss" in metric or "seconds" in metric
