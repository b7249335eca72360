"""The network that brought 1x1 convolutions and did away with dense layers.

Lin, Chen and Yan, "Network In Network", ICLR 2014, in the form that its authors published for
CIFAR-10: behind each convolution stand 1x1 convolutions, the last of which gives one map for each
class, and the mean of a map is the score of its class. Nothing but the classes' maps can be fitted
to the training images there, where a dense layer would have hundreds of thousands of weights.

The authors' last maps go through a rectifier; here they do not, since a class whose map is negative
for all images could never be learned.
"""

from functools import partial
from typing import Annotated

from keras import layers

from kit.architectures.parts.assembling import Block, Stage, Tensor
from kit.architectures.parts.blocks import SHRINKS, chosen_stem, convolution, stem_stages
from kit.architectures.parts.heads import columns
from kit.architectures.parts.kernels import last_kernel
from kit.architectures.parts.rules import Count, Counts, Stem, require_room
from kit.architectures.parts.scaling import scaling
from kit.architectures.parts.traits import Traits, Without

EXAMPLE = {
    "input_shape": (12, 16, 3),
    "block1": (8, 6, 4),
    "block2": (8, 8),
    "block3": (8, 8),
    "dropout": 0.0,
}

PUBLISHED = Traits(normalization="none", dropout=0.5)


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    block1: Counts = (192, 160, 96),
    block2: Counts = (192, 192, 192),
    block3: Counts = (192, 192),
    stem: Stem = "auto",
    stem_filters: Count = 32,
    traits: Annotated[Traits, Without("features", "dense")] = PUBLISHED,
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        block1: Filters of a 5x5 convolution and of the 1x1 convolutions behind it. A 3x3 max
            pooling of stride 2 follows.
        block2: The same, followed by a mean pooling.
        block3: The same with a 3x3 convolution. A last 1x1 convolution makes the classes' maps.
        stem: See :func:`kit.architectures.parts.blocks.chosen_stem`; the paper's images have 32
            pixels.
        stem_filters: Filters of the stem.
        traits: What it shares with other networks; the dropout follows each of the two poolings,
            and no activation the last convolution.

    Raises:
        SettingError: The images are too small for the poolings.
    """
    first = chosen_stem(stem, input_shape)
    require_room("network_in_network", input_shape, 2, "poolings", stem=SHRINKS[first])
    block = partial(mlpconv, traits=traits)
    scores = traits.head == "scores"
    return [
        scaling(traits.scale),
        *stem_stages(first, stem_filters, traits),
        Block(block, block1, kernel_size=5, name="block1"),
        layers.MaxPooling2D(3, strides=2, padding="same", name="pool1"),
        layers.Dropout(traits.dropout, name="dropout_1"),
        Block(block, block2, kernel_size=5, name="block2"),
        layers.AveragePooling2D(3, strides=2, padding="same", name="pool2"),
        layers.Dropout(traits.dropout, name="dropout_2"),
        Block(block, block3, kernel_size=3, name="block3"),
        layers.Conv2D(
            columns(num_classes, traits.head), 1, **last_kernel(traits), name="class_maps"
        ),
        layers.GlobalAveragePooling2D(name="features"),
        layers.Activation(
            "linear" if scores else traits.head,
            dtype="float32",  # under mixed precision too
            name="scores" if scores else "probabilities",
        ),
    ]


def mlpconv(
    x: Tensor,
    filters: tuple[int, ...],
    *,
    kernel_size: int,
    traits: Traits = PUBLISHED,
    name: str,
) -> Tensor:
    """Apply a convolution and, over the channels of each pixel, a network of 1x1 convolutions.

    Args:
        x: ``(batch, height, width, channels)``.
        filters: Of the convolution and of each 1x1 convolution.
        kernel_size: Side of the first kernel in pixels.
        traits: How the layers of each convolution are.
        name: Prefix of the layers' names.

    Returns:
        ``(batch, height, width, filters[-1])``.
    """
    first, *others = filters
    x = convolution(x, first, kernel_size, traits=traits, name=f"{name}_spatial")
    for number, count in enumerate(others, start=1):
        x = convolution(x, count, 1, traits=traits, name=f"{name}_pointwise{number}")
    return x
