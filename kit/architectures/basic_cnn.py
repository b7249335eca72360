"""The network of every first course: blocks of convolutions, each half as wide and high.

The pattern [(convolution, activation) * N, pooling] * M, dense * K, softmax, with batch
normalization. A convolution looks at its neighbourhood only; pooling lets the next one look at
twice as much of the image, and more filters let it tell more things apart (LeCun, Bottou, Bengio
and Haffner, "Gradient-Based Learning Applied to Document Recognition", Proceedings of the IEEE,
1998).
"""

from keras import layers

from kit.architectures.parts.assembling import Block, Stage, Tensor
from kit.architectures.parts.blocks import SHRINKS, chosen_stem, convolution, stem_stages
from kit.architectures.parts.heads import classifier
from kit.architectures.parts.rules import AutoCounts, Count, Downsampling, Share, Stem, require_room
from kit.architectures.parts.scaling import scaling
from kit.architectures.parts.traits import Traits

EXAMPLE = {
    "input_shape": (12, 16, 3),
    "filters": (4, 8),
    "convolutions_per_block": 2,
    "dense": (8,),
    "dropout": 0.0,
}

FILTERS = (64, 128, 256, 512)  # of the blocks, where none are given
# Pixels on the shorter side from which half of them do, unless a strided stem shrinks the image: a
# filter then costs four times as much, and seeing the images more often helps more than filters.
HALF_FROM = 24


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: AutoCounts = None,
    convolutions_per_block: Count = 1,
    kernel_size: Count = 3,
    downsampling: Downsampling = "max",
    block_dropout: Share = 0.0,
    stem: Stem = "auto",
    stem_filters: Count = 32,
    traits: Traits = Traits(dropout=0.3),
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        filters: Filters of each block; as many blocks as numbers. None takes ``FILTERS``, or half
            of each from 24 pixels on where no strided stem shrinks the image ("auto" has one from
            96 pixels on), and as many of them as the image has room for.
        convolutions_per_block: Convolutions before each pooling.
        kernel_size: Side of the kernels in pixels.
        downsampling: 2x2 pooling by the maximum or the mean, or a last convolution of stride 2.
        block_dropout: Share of values set to 0 after each block in training; 0.1 to 0.25 is usual.
        stem: See :func:`kit.architectures.parts.blocks.chosen_stem`.
        stem_filters: Filters of the stem.
        traits: What it shares with other networks. The course has the normalization after the
            activation; before is cheaper on a processor.

    Raises:
        SettingError: The images are too small for the blocks that ``filters`` asks for.
    """
    first = chosen_stem(stem, input_shape)
    if filters is None:
        side = min(input_shape[:2])
        part = 2 if first != "strided" and side >= HALF_FROM else 1
        halvings = (-(-side // SHRINKS[first])).bit_length() - 1  # rounding down, before it is 0
        filters = tuple(count // part for count in FILTERS[: max(1, halvings)])
    require_room("basic_cnn", input_shape, len(filters), "blocks", stem=SHRINKS[first])
    return [
        scaling(traits.scale),
        *stem_stages(first, stem_filters, traits),
        *(
            Block(
                block,
                count,
                convolutions=convolutions_per_block,
                kernel_size=kernel_size,
                downsampling=downsampling,
                dropout=block_dropout,
                traits=traits,
                name=f"block{number}",
            )
            for number, count in enumerate(filters, start=1)
        ),
        *classifier(num_classes, traits),
    ]


def block(
    x: Tensor,
    filters: int,
    *,
    convolutions: int = 1,
    kernel_size: int = 3,
    downsampling: Downsampling = "max",
    dropout: float = 0.0,
    traits: Traits = Traits(),
    name: str,
) -> Tensor:
    """Apply some convolutions and halve the sides (an odd side is rounded down, by a stride up)."""
    for number in range(1, convolutions + 1):
        last, step = number == convolutions, f"{name}_{number}"
        strides = 2 if last and downsampling == "stride" else 1
        pool = (
            layers.MaxPooling2D(2, name=f"{name}_pool") if last and downsampling == "max" else None
        )
        x = convolution(
            x, filters, kernel_size, strides=strides, pool=pool, traits=traits, name=step
        )
    if downsampling == "mean":
        x = layers.AveragePooling2D(2, name=f"{name}_pool")(x)
    if dropout:
        x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    return x
