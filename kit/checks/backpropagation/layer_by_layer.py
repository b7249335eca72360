"""Which layer's own derivative is wrong. Needs TensorFlow."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from kit.checks.backpropagation.double_precision import THE_LOSS, Precise, called, floats
from kit.checks.recording import leaves, recorded

STEP, STEP_SINGLE = 1e-6, 1e-3  # along a direction of about 1 per number
AWAY = 1e-2  # from kinks at exactly 0, in standard deviations of the inputs
LIMIT, LIMIT_SINGLE = 1e-4, 1e-2  # of the relative error, as for the whole network


def wrong_layers(ready: Precise, seed: int = 0) -> list[str]:
    """Return the layers, or the loss, whose backward pass does not fit their forward pass.

    Each is asked by itself, at what it is given within the network: does a small change of its
    inputs and weights in a random direction change a random sum of its outputs by as much as its
    derivative says? A wrong layer in a network makes the slopes of all layers before it wrong.
    """
    rng = np.random.default_rng(seed)
    with recorded(ready.model) as recording:
        predicted = ready.model(ready.images, training=ready.training)
    found = []
    for name, layer in leaves(ready.model):
        given = recording.inputs.get(name)
        step = STEP_SINGLE if name in ready.single else STEP
        if given is None:
            continue
        weights = [one for one in layer.trainable_weights if "float" in one.dtype]

        def outputs(inputs: Any, layer: Any = layer) -> list[Any]:
            return floats(called(layer, inputs, ready.training))

        if floats(given) and _is_wrong(outputs, given, weights, step, rng):
            found.append(name)
    step = STEP_SINGLE if THE_LOSS in ready.single else STEP
    if _is_wrong(lambda inputs: [ready.loss(ready.labels, inputs)], predicted, [], step, rng):
        found.append(THE_LOSS)
    return found


def _is_wrong(
    outputs: Callable[[Any], list[Any]],
    given: Any,
    weights: Sequence[Any],
    step: float,
    rng: np.random.Generator,
) -> bool:
    def noise(like: Any) -> Any:
        return tf.constant(rng.standard_normal(like.shape), like.dtype)

    start = tf.nest.map_structure(lambda one: _moved_away(one, rng), given)
    try:
        mask = [noise(one) for one in outputs(start)]
    except Exception:  # it needs more than its first argument
        return False

    def total(inputs: Any) -> Any:
        parts = zip(mask, outputs(inputs), strict=True)
        return tf.add_n([tf.cast(tf.reduce_sum(m * one), "float64") for m, one in parts])

    places = floats(start)
    held = [tf.convert_to_tensor(one.value) for one in weights]
    with tf.GradientTape() as tape:
        tape.watch(places)
        here = total(start)
    slopes = tape.gradient(
        here, [*places, *(one.value for one in weights)], unconnected_gradients="zero"
    )
    ways = [_way(one, rng) for one in [*places, *held]]
    analytic = sum(_dot(slope, way) for slope, way in zip(slopes, ways, strict=True))
    steepness = sum(_dot(slope, slope) * _dot(way, way) / _size(way)
                    for slope, way in zip(slopes, ways, strict=True)) ** 0.5  # fmt: skip

    def at(change: float) -> float:
        moved = [one + change * way for one, way in zip([*places, *held], ways, strict=True)]
        for variable, value in zip(weights, moved[len(places) :], strict=True):
            variable.assign(value)
        values = iter(moved)
        return float(total(tf.nest.map_structure(
            lambda one: next(values) if floats(one) else one, start)))  # fmt: skip

    numerical = (at(step) - at(-step)) / (2 * step)
    for variable, value in zip(weights, held, strict=True):
        variable.assign(value)
    larger = max(abs(analytic), abs(numerical), steepness)
    rounding = 1e-6 if step == STEP_SINGLE else 1e-14
    if larger * step < 10 * rounding * abs(float(here)):
        return False
    limit = LIMIT_SINGLE if step == STEP_SINGLE else LIMIT
    return bool(abs(analytic - numerical) > limit * larger)


def _moved_away(one: Any, rng: np.random.Generator) -> Any:
    if not floats(one):
        return one
    away = AWAY * (float(tf.math.reduce_std(one)) or 1.0)
    return one + tf.constant(away * rng.standard_normal(one.shape), one.dtype)


def _way(one: Any, rng: np.random.Generator) -> Any:
    """Return a random direction in which no number moves by much more than its usual size."""
    usual = float(tf.sqrt(tf.reduce_mean(tf.square(one)))) or 1.0
    return tf.constant(usual * rng.standard_normal(one.shape), one.dtype)


def _dot(one: Any, other: Any) -> float:
    return float(tf.reduce_sum(tf.cast(tf.convert_to_tensor(one) * other, "float64")))


def _size(one: Any) -> int:
    return max(int(np.prod(one.shape)), 1)
