"""A model and its loss in double precision, and which layers cannot go along. Needs TensorFlow."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from kit.checks.recording import leaves, recorded
from kit.checks.twins import twin

THE_LOSS = "the loss"
TINY = 1e-10  # relative change that float64 (2e-16) sees and float32 (1e-7) does not
PLAIN = 1e-3  # one that both see


@dataclass(frozen=True)
class Precise:
    """A twin in float64, for a few images.

    Attributes:
        model: The twin, without dropout, noise and penalties.
        loss: ``(labels, outputs) -> scalar``.
        images: float64 ``(n, ...)``.
        labels: As the loss takes them.
        training: Whether it is called as in training; not where that draws random numbers.
        single: Names of the layers that compute in float32 nevertheless.
    """

    model: keras.Model
    loss: Callable[[Any, Any], Any]
    images: Any = field(repr=False)
    labels: Any = field(repr=False)
    training: bool
    single: tuple[str, ...]

    def total(self) -> Any:
        """Return the loss of the images, with what layers add to it by ``add_loss``."""
        loss = self.loss(self.labels, self.model(self.images, training=self.training))
        return loss + sum(tf.cast(one, loss.dtype) for one in self.model.losses)


def precise(model: keras.Model, images: Any, labels: Any) -> Precise:
    """Return a twin of a compiled model in float64; layers that cannot stay in float32."""
    plain = twin(model, quiet=True, dtype="float32")
    single = set(_refusing(plain, images))
    copy = twin(model, quiet=True, dtype="float64", keep=single)
    pixels = tf.constant(images, "float64")
    single |= set(_rounding(copy, pixels))
    labels = np.asarray(labels)
    true = tf.constant(labels, "float64" if labels.dtype.kind == "f" else None)
    loss = data_loss(model.loss)
    predicted = copy(pixels)
    try:
        if loss(true, predicted).dtype != tf.float64:
            single.add(THE_LOSS)
    except Exception:  # of any kind: a constant in float32 makes TensorFlow refuse the sum
        single.add(THE_LOSS)
        loss = _in_single(loss)
    ready = Precise(copy, loss, pixels, true, True, tuple(sorted(single)))
    if float(ready.total()) == float(ready.total()):
        return ready
    return Precise(copy, loss, pixels, true, False, ready.single)


def data_loss(loss: Any) -> Callable[[Any, Any], Any]:
    """Return the mean loss of images as a function that keeps the precision of the outputs.

    Keras itself converts outputs to float32 before it calls the loss.

    Args:
        loss: What a model is compiled with: a name, a function or a ``keras.losses.Loss``.
    """
    found = keras.losses.get(loss)
    function = found.call if isinstance(found, keras.losses.Loss) else found
    reduce = tf.reduce_sum if getattr(found, "reduction", "mean") == "sum" else tf.reduce_mean

    def mean(true: Any, predicted: Any) -> Any:
        if len(true.shape) == len(predicted.shape) - 1 and predicted.shape[-1] == 1:
            true = true[..., None]
        return reduce(function(true, predicted))

    return mean


def called(layer: keras.Layer, inputs: Any, training: bool) -> Any:
    """Call a layer, as in training where it knows of that."""
    takes = "training" in inspect.signature(layer.call).parameters
    return layer(inputs, training=training) if takes else layer(inputs)


def floats(tree: Any) -> list[Any]:
    """Return the tensors of floating-point numbers among a layer's inputs or outputs."""
    return [one for one in tf.nest.flatten(tree) if hasattr(one, "dtype") and one.dtype.is_floating]


def _in_single(loss: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def mean(true: Any, predicted: Any) -> Any:
        true = tf.cast(true, "float32") if true.dtype.is_floating else true
        return tf.cast(loss(true, tf.cast(predicted, "float32")), "float64")

    return mean


def _refusing(plain: keras.Model, images: Any) -> list[str]:
    """Return the names of layers that work in float32 and cannot be made or called in float64."""
    with recorded(plain) as recording:
        plain(tf.constant(images, "float32"))
    found = []
    for name, layer in leaves(plain):
        given = recording.inputs.get(name)
        if given is None or not floats(given) or not _works(layer, given):
            continue
        wide = tf.nest.map_structure(_doubled, given)
        try:
            copy = type(layer).from_config({**layer.get_config(), "dtype": "float64"})
        except Exception:
            found.append(name)
            continue
        if not _works(copy, wide):
            found.append(name)
    return found


def _rounding(copy: keras.Model, pixels: Any) -> list[str]:
    """Return the names of layers that take float64 and compute in something shorter."""
    with recorded(copy) as recording:
        copy(pixels)
    rng = np.random.default_rng(0)
    found = []
    for name, layer in leaves(copy):
        given, answer = recording.inputs.get(name), floats(recording.outputs.get(name))
        if not floats(given) or not answer:
            continue
        if any(one.dtype != tf.float64 for one in answer) or (
            _works(layer, given) and _rounds(layer, given, rng)
        ):
            found.append(name)
    return found


def _rounds(layer: keras.Layer, given: Any, rng: np.random.Generator) -> bool:
    """Return whether a tiny change of the inputs is lost in most outputs that a plain one moves."""

    def moved(change: float) -> list[Any]:
        def one_moved(one: Any) -> Any:
            ways = rng.standard_normal(one.shape) if _is_float(one) else None
            return one if ways is None else one * (1 + change * ways)

        return floats(called(layer, tf.nest.map_structure(one_moved, given), training=False))

    before, tiny, plain = moved(0.0), moved(TINY), moved(PLAIN)
    seen = sum(_changes(one, other) for one, other in zip(before, tiny, strict=True))
    there = sum(_changes(one, other) for one, other in zip(before, plain, strict=True))
    return seen < there / 2


def _changes(one: Any, other: Any) -> int:
    return int(tf.reduce_sum(tf.cast(one != other, "int64")))


def _works(layer: keras.Layer, given: Any) -> bool:
    try:
        called(layer, given, training=False)
    except Exception:  # of any kind: the layer is a stranger's
        return False
    return True


def _doubled(one: Any) -> Any:
    return tf.cast(one, "float64") if _is_float(one) else one


def _is_float(one: Any) -> bool:
    return hasattr(one, "dtype") and bool(one.dtype.is_floating)
