"""The end of a network: from the last map to a vector, and from that to probabilities or scores."""

from typing import Literal

import keras
from keras import layers

from kit.architectures.parts.activations import normalized
from kit.architectures.parts.assembling import Stage
from kit.architectures.parts.initializers import initializer, penalty, small
from kit.architectures.parts.rules import Activation, Head, Initializer, Normalization, Scale
from kit.errors import SettingError

__all__ = ["Reduction", "classifier", "columns", "output"]

Reduction = Literal["average", "flatten", "max"]

REDUCTIONS = {
    "average": layers.GlobalAveragePooling2D,
    "flatten": layers.Flatten,
    "max": layers.GlobalMaxPooling2D,
}


def classifier(
    num_classes: int,
    *,
    features: Reduction,
    dense: tuple[int, ...] = (),
    dropout: float,
    normalization: Normalization = "none",
    activation: Activation,
    initialization: Initializer = "auto",
    bias: float = 0.0,
    l2: float,
    head: Head,
    scale: Scale = "unit",
) -> list[Stage]:
    """Return the stages from the last map to the output, with dropout behind every dense layer.

    Args:
        num_classes: Number of classes, at least 2.
        features: How a map becomes a vector: the mean or the maximum of each channel, or all values
            in a row.
        dense: Units of the dense layers; with none, the dropout follows the features.
        dropout: Share of each vector set to 0 in training.
        normalization: Batch normalization before or after each activation, or none.
        activation: Of the dense layers.
        initialization: Of their kernels, see :func:`kit.architectures.parts.blocks.initializer`.
        bias: Their initial bias.
        l2: Weight of the sum of squares of each kernel in the loss.
        head: See :func:`output`.
        scale: See :func:`output`.

    Raises:
        SettingError: A sigmoid head is asked for more than two classes.
    """
    stages: list[Stage] = [REDUCTIONS[features](name="features")]
    for number, units in enumerate(dense, start=1):
        name = f"dense{number}"
        stages += [
            layers.Dense(
                units,
                use_bias=normalization != "before",  # the normalization subtracts any bias again
                kernel_initializer=initializer(activation, initialization),
                bias_initializer=keras.initializers.Constant(bias),
                kernel_regularizer=penalty(l2),
                name=name,
            ),
            *normalized(activation, normalization, name),
        ]
        if number < len(dense):
            stages.append(layers.Dropout(dropout, name=f"dropout{number}"))
    stages.append(layers.Dropout(dropout, name="dropout"))
    return [*stages, output(num_classes, head=head, scale=scale, l2=l2)]


def output(
    num_classes: int,
    *,
    head: Head,
    scale: Scale = "unit",
    start: str | keras.initializers.Initializer | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
) -> layers.Dense:
    """Return the last layer, from a vector to probabilities or scores.

    Args:
        num_classes: Number of classes, at least 2.
        head: ``"softmax"`` gives ``(batch, num_classes)``, rows that sum to 1; ``"sigmoid"`` gives
            ``(batch, 1)``, the probability of the second of two classes; ``"scores"`` gives
            ``(batch, num_classes)`` numbers of any size, the largest for the answer. The layer is
            called ``scores`` then, else ``probabilities``.
        scale: How pixels are scaled, for the default of ``start``.
        start: Initial weights of the kernel; see
            :func:`kit.architectures.parts.initializers.small`.
        l1: Weight of the sum of the kernel's absolute values in the loss.
        l2: Weight of the sum of its squares.

    Raises:
        SettingError: A sigmoid head is asked for more than two classes.
    """
    return layers.Dense(
        columns(num_classes, head),
        activation=None if head == "scores" else head,
        kernel_initializer=small(scale) if start is None else start,
        kernel_regularizer=penalty(l2, l1),
        dtype="float32",  # bfloat16 keeps 3 digits: too few for a loss, under mixed precision too
        name="scores" if head == "scores" else "probabilities",
    )


def columns(num_classes: int, head: Head) -> int:
    """Return how many numbers a head gives for an image.

    Raises:
        SettingError: A sigmoid head is asked for more than two classes.
    """
    if head != "sigmoid":
        return num_classes
    if num_classes != 2:
        raise SettingError(
            f'head="sigmoid" tells two classes apart, but there are {num_classes}; '
            'take head="softmax".'
        )
    return 1
