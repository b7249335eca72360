"""The network that brought 1x1 convolutions and did away with dense layers.

Lin, Chen and Yan, "Network In Network", ICLR 2014, in the form that its authors published for
CIFAR-10: behind each convolution stand 1x1 convolutions, the last of which gives one map for each
class, and the mean of a map is the score of its class. Nothing but the classes' maps can be fitted
to the training images there, where a dense layer would have hundreds of thousands of weights.

The authors' last maps go through a rectifier; here they do not, since a class whose map is negative
for all images could never be learned.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from keras import layers

from kit.architectures.parts.assembling import Block, Stage, Tensor
from kit.architectures.parts.blocks import (
    SHRINKS,
    columns,
    penalty,
    scaling,
    small,
    stem_block,
    takes_stem,
)
from kit.architectures.parts.rules import (
    Activation,
    Count,
    Counts,
    Head,
    Normalization,
    Scale,
    Share,
    Stem,
    Strength,
    require_room,
)
from kit.architectures.pointwise import network_in_network, reduce_channels

__all__ = ["EXAMPLE", "mlpconv", "stages"]

EXAMPLE: Mapping[str, object] = MappingProxyType(
    {
        "input_shape": (12, 16, 3),
        "block1": (8, 6, 4),
        "block2": (8, 8),
        "block3": (8, 8),
        "dropout": 0.0,
    }
)


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    block1: Counts = (192, 160, 96),
    block2: Counts = (192, 192, 192),
    block3: Counts = (192, 192),
    dropout: Share = 0.5,
    normalization: Normalization = "none",
    stem: Stem = "auto",
    stem_filters: Count = 32,
    activation: Activation = "relu",
    l2: Strength = 0.0,
    head: Head = "softmax",
    scale: Scale = "unit",
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        block1: Filters of a 5x5 convolution and of the 1x1 convolutions behind it. A 3x3 max
            pooling of stride 2 follows.
        block2: The same, followed by a mean pooling.
        block3: The same with a 3x3 convolution. A last 1x1 convolution makes the classes' maps.
        dropout: Share of values set to 0 after each of the two poolings in training.
        normalization: Batch normalization before or after each activation, or none, as published.
        stem: Whether a strided convolution and a pooling shrink the image first. ``"auto"``: where
            its shorter side has 96 pixels or more; the paper's images have 32.
        stem_filters: Filters of the stem.
        activation: After each convolution but the last.
        l2: Weight of the sum of squares of every kernel in the loss.
        head: Softmax over the classes, one sigmoid unit for two classes, or scores.
        scale: How pixels are scaled.

    Raises:
        SettingError: The images are too small for the poolings.
    """
    stemmed = takes_stem(stem, input_shape)
    shrunk = SHRINKS["strided" if stemmed else "plain"]
    require_room("network_in_network", input_shape, 2, "poolings", stem=shrunk)
    first = partial(stem_block, normalization=normalization, activation=activation, l2=l2)
    block = partial(mlpconv, normalization=normalization, activation=activation, l2=l2)
    body: list[Stage] = [Block(first, stem_filters, name="stem")] if stemmed else []
    return [
        scaling(scale),
        *body,
        Block(block, block1, kernel_size=5, name="block1"),
        layers.MaxPooling2D(3, strides=2, padding="same", name="pool1"),
        layers.Dropout(dropout, name="dropout_1"),
        Block(block, block2, kernel_size=5, name="block2"),
        layers.AveragePooling2D(3, strides=2, padding="same", name="pool2"),
        layers.Dropout(dropout, name="dropout_2"),
        Block(block, block3, kernel_size=3, name="block3"),
        layers.Conv2D(
            columns(num_classes, head),
            1,
            kernel_initializer=small(scale),
            kernel_regularizer=penalty(l2),
            name="class_maps",
        ),
        layers.GlobalAveragePooling2D(name="features"),
        layers.Activation(
            "linear" if head == "scores" else head,
            dtype="float32",  # under mixed precision too
            name="scores" if head == "scores" else "probabilities",
        ),
    ]


def mlpconv(
    x: Tensor,
    filters: tuple[int, ...],
    *,
    kernel_size: int,
    normalization: Normalization = "none",
    activation: Activation = "relu",
    l2: float = 0.0,
    name: str,
) -> Tensor:
    """Apply a convolution and, over the channels of each pixel, a network of 1x1 convolutions.

    Args:
        x: ``(batch, height, width, channels)``.
        filters: Of the convolution and of each 1x1 convolution.
        kernel_size: Side of the first kernel in pixels.
        normalization: Batch normalization before or after each activation, or none.
        activation: After each convolution.
        l2: Weight of the sum of squares of each kernel in the loss.
        name: Prefix of the layers' names.

    Returns:
        ``(batch, height, width, filters[-1])``.
    """
    first, *others = filters
    x = network_in_network(
        x,
        first,
        kernel_size=kernel_size,
        pointwise=0,
        normalization=normalization,
        activation=activation,
        l2=l2,
        name=name,
    )
    mix = partial(reduce_channels, normalization=normalization, activation=activation, l2=l2)
    for number, count in enumerate(others, start=1):
        x = mix(x, count, name=f"{name}_pointwise{number}")
    return x
