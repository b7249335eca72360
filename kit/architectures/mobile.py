"""Convolutions in two cheap steps: each channel by itself, then the channels of each pixel.

Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto and Adam, "MobileNets: Efficient
Convolutional Neural Networks for Mobile Vision Applications", 2017, section 3.1. At every pixel a
3x3 convolution from c channels to f filters multiplies ``9 * c * f`` times; a 3x3 convolution of
each channel by itself (depthwise) and a 1x1 convolution behind it (pointwise) multiply
``9 * c + c * f`` times, an eighth to a ninth of it. A network of seven such pairs; the paper's has
thirteen of up to 1024 filters.
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

import keras
from keras import layers

from kit.architectures.parts.assembling import Block, Stage, Tensor
from kit.architectures.parts.blocks import (
    SHRINKS,
    STEM_FROM,
    classifier,
    convolution,
    normalized,
    penalty,
    scaling,
    stem_block,
)
from kit.architectures.parts.rules import (
    Activation,
    AnyStem,
    Count,
    Counts,
    Features,
    Head,
    Normalization,
    Scale,
    Share,
    Strength,
    require_room,
)
from kit.errors import SettingError

__all__ = ["EXAMPLE", "separable", "stages"]

EXAMPLE: Mapping[str, object] = MappingProxyType(
    {
        "input_shape": (12, 16, 3),
        "stem_filters": 8,
        "filters": (16, 16),
        "blocks": (1, 2),
        "dropout": 0.0,
    }
)

POOL_FROM = 48  # pixels: a smaller image has little to shrink before the first block


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: Counts = (64, 128, 256, 512),
    blocks: Counts = (1, 2, 2, 2),
    kernel_size: Count = 3,
    normalization: Normalization = "before",
    stem: AnyStem = "auto",
    stem_filters: Count = 32,
    features: Features = "average",
    dropout: Share = 0.2,
    activation: Activation = "relu",
    l2: Strength = 0.0,
    head: Head = "softmax",
    scale: Scale = "unit",
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        filters: Filters of each group of blocks. Between two groups the sides are halved.
        blocks: Blocks, a depthwise and a pointwise convolution each, in each group.
        kernel_size: Side of the depthwise kernels in pixels.
        normalization: Batch normalization before or after each activation, or none.
        stem: The first layers: a 5x5 convolution and a pooling, both of stride 2 (``"strided"``); a
            3x3 convolution with a pooling (``"pooled"``) or without (``"plain"``). ``"auto"`` takes
            the first from 96 pixels on the shorter side, the second from 48.
        stem_filters: Filters of the stem.
        features: How the last map becomes a vector: mean of each channel, or flattened.
        dropout: Share of the features set to 0 in training.
        activation: After each convolution.
        l2: Weight of the sum of squares of every kernel in the loss.
        head: Softmax over the classes, one sigmoid unit for two classes, or scores.
        scale: How pixels are scaled.

    Raises:
        SettingError: ``filters`` and ``blocks`` are not of the same length, or the images are too
            small for so many groups.
    """
    if len(filters) != len(blocks):
        raise SettingError(
            "mobile: filters and blocks must have a number for each group of blocks, but filters "
            f"has {len(filters)} and blocks {len(blocks)}. Give both."
        )
    if stem == "auto":
        side = min(input_shape[:2])
        stem = "strided" if side >= STEM_FROM else "pooled" if side >= POOL_FROM else "plain"
    halvings = len(filters) - 1
    require_room("mobile", input_shape, halvings, "strides between groups", stem=SHRINKS[stem])
    first = partial(stem_block, normalization=normalization, activation=activation, l2=l2)
    block = partial(separable, normalization=normalization, activation=activation, l2=l2)
    body: list[Stage] = [Block(first, stem_filters, kind=stem, name="stem")]
    for group, (count, repeats) in enumerate(zip(filters, blocks, strict=True), start=1):
        for number in range(1, repeats + 1):
            strides = 2 if group > 1 and number == 1 else 1
            name = f"group{group}_block{number}"
            body.append(Block(block, count, kernel_size=kernel_size, strides=strides, name=name))
    return [
        scaling(scale),
        *body,
        *classifier(
            num_classes,
            features=features,
            dropout=dropout,
            activation=activation,
            l2=l2,
            head=head,
            scale=scale,
        ),
    ]


def separable(
    x: Tensor,
    filters: int,
    *,
    kernel_size: int = 3,
    strides: int = 1,
    normalization: Normalization = "before",
    activation: Activation = "relu",
    l2: float = 0.0,
    name: str,
) -> Tensor:
    """Apply a depthwise and a pointwise convolution (figure 3, right).

    Args:
        x: ``(batch, height, width, channels)``.
        filters: Channels of the result.
        kernel_size: Side of the depthwise kernels in pixels.
        strides: Of the depthwise convolution; the result has sides of ``ceil(side / strides)``.
        normalization: Batch normalization before or after each of the two activations, or none.
        activation: After each of the two convolutions.
        l2: Weight of the sum of squares of each kernel in the loss.
        name: Prefix of the layers' names.
    """
    depth = f"{name}_depthwise"
    x = layers.DepthwiseConv2D(
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=normalization != "before",
        # He's initializer counts all channels as inputs of a value, which has one channel only.
        depthwise_initializer=keras.initializers.RandomNormal(stddev=2**0.5 / kernel_size),
        depthwise_regularizer=penalty(l2),
        name=f"{depth}_conv",
    )(x)
    for stage in normalized(activation, normalization, depth):
        x = stage(x)
    return convolution(
        x,
        filters,
        1,
        normalization=normalization,
        activation=activation,
        l2=l2,
        name=f"{name}_pointwise",
    )
