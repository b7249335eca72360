"""What the hidden layers of a network answer, and what slopes come back. Needs TensorFlow."""

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from kit.checks.backpropagation.double_precision import data_loss
from kit.checks.recording import leaves, recorded

END = 0.01  # how near to its bounds an output of tanh or sigmoid counts as saturated

BOUNDS = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0)}


@dataclass(frozen=True)
class Units:
    """What a layer answers before any training.

    Attributes:
        layer: The layer whose outputs are meant, mostly an activation.
        weights: The layer with weights that feeds it, or itself.
        activation: ``"relu"``, ``"tanh"``, ..., ``"linear"``.
        initializer: Of those weights.
        mean: Of all outputs.
        std: Standard deviation of all outputs.
        zeros: Share of the outputs that are 0.
        dead: Share of the units that are 0 for all images, see :func:`dead_units`.
        saturated: Share of the outputs near the bounds of tanh or sigmoid; 0 for others.
        gradient: Root mean square of the slopes of an image's loss by these outputs.
    """

    layer: str
    weights: str
    activation: str
    initializer: str
    mean: float
    std: float
    zeros: float
    dead: float
    saturated: float
    gradient: float

    @property
    def size(self) -> float:
        """Root mean square of the outputs: He's start keeps it from layer to layer."""
        return math.hypot(self.mean, self.std)


def dead_units(outputs: npt.ArrayLike) -> float:
    """Return the share of units that are 0 for all images and at all places, 0 to 1.

    Args:
        outputs: What a layer answers, ``(n, ..., channels)``; a unit is a channel.
    """
    values = np.asarray(outputs)
    return float(1 - (values != 0).any(axis=tuple(range(values.ndim - 1))).mean())


def unit_statistics(model: keras.Model, images: Any, labels: Any, loss: Any) -> list[Units]:
    """Return what the hidden layers of a twin answer, in training mode and without dropout."""
    images = tf.convert_to_tensor(images)
    with tf.GradientTape() as tape, recorded(model) as recording:
        tape.watch(images)
        total = data_loss(loss)(tf.convert_to_tensor(labels), model(images, training=True))
    hidden = _hidden(model, recording.outputs)
    outputs = [recording.outputs[name] for name, *_ in hidden]
    slopes = tape.gradient(total, outputs, unconnected_gradients="zero")
    rows = []
    for (name, activation, feeding), answer, slope in zip(hidden, outputs, slopes, strict=True):
        values = np.asarray(answer, np.float32)
        low, high = BOUNDS.get(activation, (-math.inf, math.inf))
        near = END * (high - low) / 2 if activation in BOUNDS else 0.0
        rows.append(
            Units(
                name,
                feeding[0],
                activation,
                feeding[1],
                float(values.mean(dtype=np.float64)),
                float(values.std(dtype=np.float64)),
                float((values == 0).mean()),
                dead_units(values),
                float(((values < low + near) | (values > high - near)).mean()),
                len(images) * float(tf.sqrt(tf.reduce_mean(tf.square(tf.cast(slope, "float64"))))),
            )
        )
    return rows


def _hidden(model: keras.Model, outputs: dict[str, Any]) -> list[tuple[str, str, tuple[str, str]]]:
    """Return layer, activation and the weighted layer before, for all but the last one.

    Where nothing in the network bends, its weighted layers are taken as they are.
    """
    feeding = ("the images", "")
    bent, straight = [], []
    for name, layer in leaves(model):
        if name not in outputs or not hasattr(outputs[name], "shape"):
            continue
        start = getattr(layer, "kernel_initializer", None) or getattr(
            layer, "depthwise_initializer", None
        )
        if start is not None:
            feeding = (name, type(start).__name__)
            straight.append((name, "linear", feeding))
        activation = _activation(layer)
        if activation not in ("linear", "softmax"):
            bent.append((name, activation, feeding))
    last = straight[-1][0] if straight else ""
    kept = [one for one in bent if one[2][0] != last]
    return kept or straight[:-1]


def _activation(layer: keras.Layer) -> str:
    if isinstance(layer, (keras.layers.LeakyReLU, keras.layers.PReLU, keras.layers.ELU)):
        return type(layer).__name__.lower()
    if isinstance(layer, keras.layers.ReLU):
        return "relu"
    given = getattr(layer, "activation", None)
    return str(getattr(given, "__name__", "linear")) if given is not None else "linear"
