"""The slope of a loss along single weights: by backpropagation and by trying. Needs TensorFlow."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kit.checks.backpropagation.double_precision import Precise
from kit.checks.recording import leaves

# Relative errors in double precision: CS231n, "Neural Networks Part 3", section "Gradient Checks".
HAPPY, FINE, WRONG = 1e-7, 1e-4, 1e-2
FINE_SINGLE = 1e-3  # where a layer computes in single precision; wrong is the same
STEP, STEP_SINGLE = 1e-5, 1e-2  # of a weight; rounding hides smaller ones, curvature larger ones
FINER, FINER_SINGLE = 0.1, 0.25  # times the step, to recognise a kink by
EPSILON, EPSILON_SINGLE = 2.2e-16, 6e-8  # relative rounding

State = Literal["compared", "kink", "small"]


@dataclass(frozen=True)
class Slope:
    """The slope of the loss along one weight, twice.

    Attributes:
        layer: Its layer.
        weight: ``"kernel[0, 2, 1, 5]"``.
        analytic: By backpropagation.
        numerical: (loss(w + h) - loss(w - h)) / 2h.
        spread: By how much a smaller step and the two sides by themselves give other slopes; 0
            where that was not looked at.
        noise: What rounding alone makes of a slope.
    """

    layer: str
    weight: str
    analytic: float
    numerical: float
    spread: float
    noise: float

    @property
    def error(self) -> float:
        """Difference of the two relative to the larger, 0 to 2."""
        return relative_error(self.analytic, self.numerical)

    def state(self, fine: float) -> State:
        """Return whether the two can be compared to within ``fine``.

        Not where both are so small that rounding makes a difference of that size, nor where the
        slope changes within the step by half of what the two differ: a kink of a ReLU, a pooling
        or a hinge.
        """
        if max(abs(self.analytic), abs(self.numerical)) < self.noise / fine:
            return "small"
        kink = self.error > fine and self.spread > abs(self.analytic - self.numerical) / 2
        return "kink" if kink else "compared"


def relative_error(analytic: float, numerical: float) -> float:
    """Return |a - n| / max(|a|, |n|), 0 where both are 0."""
    larger = max(abs(analytic), abs(numerical))
    return abs(analytic - numerical) / larger if larger else 0.0


def measured_slopes(
    ready: Precise, count: int, max_seconds: float, rng: np.random.Generator
) -> list[Slope]:
    """Return slopes of a model's weights.

    Args:
        ready: The model and the images.
        count: Weights of each layer, at most.
        max_seconds: After it no more weights are looked at, but two of each layer are.
        rng: Draws half of them; the others are the steepest of their layer.
    """
    of_layer = {
        name: layer.trainable_weights
        for name, layer in leaves(ready.model)
        if layer.trainable_weights
    }
    variables = list(chain.from_iterable(of_layer.values()))
    if not variables:
        return []
    with tf.GradientTape() as tape:
        total = ready.total()
    gradient = tape.gradient(total, [one.value for one in variables], unconnected_gradients="zero")
    by_id = {
        id(v): np.array(tf.convert_to_tensor(g)) for v, g in zip(variables, gradient, strict=True)
    }
    loss = _compiled(ready)
    noise = _noise(loss, variables, bool(ready.single), rng)
    queues = [
        _choose([(v, by_id[id(v)]) for v in weights], count, rng) for weights in of_layer.values()
    ]
    stop = time.monotonic() + max_seconds
    slopes = []
    for turn in range(count):
        if turn >= 2 and time.monotonic() > stop:
            break
        for layer, queue in zip(of_layer, queues, strict=True):
            if turn < len(queue):
                variable, place, analytic = queue[turn]
                slopes.append(
                    _measure(loss, layer, variable, place, analytic, noise, bool(ready.single))
                )
    return slopes


def _compiled(ready: Precise) -> Callable[[], float]:
    graph = tf.function(ready.total, jit_compile=False)
    return lambda: float(graph())


def _choose(
    weights: Sequence[tuple[Any, NDArray[Any]]], count: int, rng: np.random.Generator
) -> list[tuple[Any, int, float]]:
    """Return variable, place and gradient of some weights: steep ones and drawn ones in turn."""

    def turns() -> Iterator[tuple[Any, int, float]]:
        steep = [np.argsort(-np.abs(g), axis=None)[:count] for _, g in weights]
        drawn = [rng.permutation(g.size)[:count] for _, g in weights]
        for number in range(count):
            for places in (steep, drawn):
                for (variable, gradient), order in zip(weights, places, strict=True):
                    if number < len(order):
                        place = int(order[number])
                        yield variable, place, float(gradient.flat[place])

    chosen: dict[tuple[int, int], tuple[Any, int, float]] = {}
    for variable, place, slope in turns():
        chosen.setdefault((id(variable), place), (variable, place, slope))
    return list(chosen.values())[:count]


def _measure(
    loss: Callable[[], float],
    layer: str,
    variable: Any,
    place: int,
    analytic: float,
    noise: float,
    single: bool,
) -> Slope:
    start = keras.ops.convert_to_numpy(variable.value)

    def at(change: float) -> float:
        moved = start.copy()
        moved.flat[place] += change
        variable.assign(moved)
        return loss()

    step = STEP_SINGLE if single else STEP
    numerical = (at(step) - at(-step)) / (2 * step)
    spread = 0.0
    if relative_error(analytic, numerical) > (FINE_SINGLE if single else FINE):
        finer = step * (FINER_SINGLE if single else FINER)
        up, here, down = at(finer), at(0.0), at(-finer)
        others = [(up - down) / (2 * finer), (up - here) / finer, (here - down) / finer]
        spread = max(*others, numerical) - min(*others, numerical)
    variable.assign(start)
    where = ", ".join(str(int(one)) for one in np.unravel_index(place, start.shape))
    return Slope(layer, f"{variable.name}[{where}]", analytic, numerical, spread, noise)


def _noise(
    loss: Callable[[], float], variables: Sequence[Any], single: bool, rng: np.random.Generator
) -> float:
    """Return what rounding makes of a slope: changes of the last digit of all weights show it."""
    here = loss()
    starts = [keras.ops.convert_to_numpy(one.value) for one in variables]
    epsilon = EPSILON_SINGLE if single else EPSILON
    rounding = EPSILON * abs(here)
    for _ in range(3):
        for variable, start in zip(variables, starts, strict=True):
            variable.assign(start * (1 + epsilon * rng.standard_normal(start.shape)))
        rounding = max(rounding, abs(loss() - here))
    for variable, start in zip(variables, starts, strict=True):
        variable.assign(start)
    return rounding / (STEP_SINGLE if single else STEP)
