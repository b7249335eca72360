"""Convolutions in two cheap steps: each channel by itself, then the channels of each pixel.

Howard, Zhu, Chen, Kalenichenko, Wang, Weyand, Andreetto and Adam, "MobileNets: Efficient
Convolutional Neural Networks for Mobile Vision Applications", 2017, section 3.1. At every pixel a
3x3 convolution from c channels to f filters multiplies ``9 * c * f`` times; a 3x3 convolution of
each channel by itself (depthwise) and a 1x1 convolution behind it (pointwise) multiply
``9 * c + c * f`` times, an eighth to a ninth of it. A network of seven such pairs; the paper's has
thirteen of up to 1024 filters.
"""

from functools import partial

from keras import layers

from kit.architectures.parts.activations import normalized
from kit.architectures.parts.assembling import Stage, Tensor
from kit.architectures.parts.blocks import SHRINKS, chosen_stem, convolution, groups, stem_stages
from kit.architectures.parts.heads import classifier
from kit.architectures.parts.kernels import depthwise_initializer, penalty
from kit.architectures.parts.rules import Count, Counts, Stem, require_room
from kit.architectures.parts.scaling import scaling
from kit.architectures.parts.traits import Traits

EXAMPLE = {
    "input_shape": (12, 16, 3),
    "stem_filters": 8,
    "filters": (16, 16),
    "blocks": (1, 2),
    "dropout": 0.0,
}


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: Counts = (64, 128, 256, 512),
    blocks: Counts = (1, 2, 2, 2),
    kernel_size: Count = 3,
    stem: Stem = "auto",
    stem_filters: Count = 32,
    traits: Traits = Traits(),
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        filters: Filters of each group of blocks. Between two groups the sides are halved.
        blocks: Blocks, a depthwise and a pointwise convolution each, in each group.
        kernel_size: Side of the depthwise kernels in pixels.
        stem: See :func:`kit.architectures.parts.blocks.chosen_stem`; ``"auto"`` keeps the
            convolution below 48 pixels.
        stem_filters: Filters of the stem.
        traits: What it shares with other networks.

    Raises:
        SettingError: ``filters`` and ``blocks`` are not of the same length, or the images are too
            small for so many groups.
    """
    first = chosen_stem(stem, input_shape, smallest="plain")
    block = partial(separable, kernel_size=kernel_size, traits=traits)
    body = groups("mobile", block, filters, blocks)
    halvings = len(filters) - 1
    require_room("mobile", input_shape, halvings, "strides between groups", stem=SHRINKS[first])
    return [
        scaling(traits.scale),
        *stem_stages(first, stem_filters, traits),
        *body,
        *classifier(num_classes, traits),
    ]


def separable(
    x: Tensor,
    filters: int,
    *,
    kernel_size: int = 3,
    strides: int = 1,
    traits: Traits = Traits(),
    name: str,
) -> Tensor:
    """Apply a depthwise and a pointwise convolution (figure 3, right).

    Args:
        x: ``(batch, height, width, channels)``.
        filters: Channels of the result.
        kernel_size: Side of the depthwise kernels in pixels.
        strides: Of the depthwise convolution; the result has sides of ``ceil(side / strides)``.
        traits: How the layers of each of the two convolutions are.
        name: Prefix of the layers' names.
    """
    depth = f"{name}_depthwise"
    x = layers.DepthwiseConv2D(
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=traits.normalization != "before",
        depthwise_initializer=depthwise_initializer(
            traits.activation, traits.initialization, kernel_size
        ),
        depthwise_regularizer=penalty(traits.l2, traits.l1),
        name=f"{depth}_conv",
    )(x)
    for stage in normalized(traits.activation, traits.normalization, depth):
        x = stage(x)
    return convolution(x, filters, 1, traits=traits, name=f"{name}_pointwise")
