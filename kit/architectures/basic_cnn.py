"""The network of every first course: blocks of convolutions, each half as wide and high.

The pattern [(convolution, activation) * N, pooling] * M, dense * K, softmax, with batch
normalization. A convolution looks at its neighbourhood only; pooling lets the next one look at
twice as much of the image, and more filters let it tell more things apart (LeCun, Bottou, Bengio
and Haffner, "Gradient-Based Learning Applied to Document Recognition", Proceedings of the IEEE,
1998).
"""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from keras import layers

from kit.architectures.parts.assembling import Block, Stage, Tensor
from kit.architectures.parts.blocks import (
    SHRINKS,
    classifier,
    convolution,
    scaling,
    stem_block,
    takes_stem,
)
from kit.architectures.parts.rules import (
    Activation,
    AutoCounts,
    Count,
    Downsampling,
    Features,
    Head,
    Normalization,
    OptionalCounts,
    Scale,
    Share,
    Stem,
    Strength,
    require_room,
    room,
)

__all__ = ["EXAMPLE", "block", "stages"]

EXAMPLE: Mapping[str, object] = MappingProxyType(
    {
        "input_shape": (12, 16, 3),
        "filters": (4, 8),
        "convolutions_per_block": 2,
        "dense": (8,),
        "dropout": 0.0,
    }
)

FILTERS = (64, 128, 256, 512)  # of the blocks, where none are given


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: AutoCounts = None,
    convolutions_per_block: Count = 1,
    kernel_size: Count = 3,
    downsampling: Downsampling = "max",
    normalization: Normalization = "before",
    block_dropout: Share = 0.0,
    stem: Stem = "auto",
    stem_filters: Count = 32,
    features: Features = "average",
    dense: OptionalCounts = (),
    dropout: Share = 0.3,
    activation: Activation = "relu",
    l2: Strength = 0.0,
    head: Head = "softmax",
    scale: Scale = "unit",
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        filters: Filters of each block; as many blocks as numbers. None takes ``FILTERS``, without
            the last of them where the image would be used up before.
        convolutions_per_block: Convolutions before each pooling.
        kernel_size: Side of the kernels in pixels.
        downsampling: 2x2 pooling by the maximum or the mean, or a last convolution of stride 2.
        normalization: Batch normalization before or after the activation, or none. The course has
            it after; before is cheaper on a processor.
        block_dropout: Share of values set to 0 after each block in training; 0.1 to 0.25 is usual.
        stem: Whether a strided convolution and a pooling shrink the image first. ``"auto"``: where
            its shorter side has 96 pixels or more.
        stem_filters: Filters of the stem.
        features: How the last map becomes a vector: mean of each channel, or flattened.
        dense: Units of the dense layers.
        dropout: Share set to 0 in training of each dense layer's result, or of the features where
            there is none.
        activation: After each convolution and dense layer.
        l2: Weight of the sum of squares of every kernel in the loss.
        head: Softmax over the classes, or one sigmoid unit for two classes.
        scale: Pixels to [0, 1] or to [-1, 1].

    Raises:
        SettingError: The images are too small for the blocks that ``filters`` asks for.
    """
    stemmed = takes_stem(stem, input_shape)
    shrunk = SHRINKS["strided" if stemmed else "plain"]
    if filters is None:
        filters = FILTERS[: max(1, room(input_shape, stem=shrunk))]
    require_room("basic_cnn", input_shape, len(filters), "blocks", stem=shrunk)
    first = partial(stem_block, normalization=normalization, activation=activation, l2=l2)
    body: list[Stage] = [Block(first, stem_filters, name="stem")] if stemmed else []
    body += [
        Block(
            block,
            count,
            convolutions=convolutions_per_block,
            kernel_size=kernel_size,
            downsampling=downsampling,
            dropout=block_dropout,
            normalization=normalization,
            activation=activation,
            l2=l2,
            name=f"block{number}",
        )
        for number, count in enumerate(filters, start=1)
    ]
    return [
        scaling(scale),
        *body,
        *classifier(
            num_classes,
            features=features,
            dense=dense,
            dropout=dropout,
            activation=activation,
            l2=l2,
            head=head,
            scale=scale,
        ),
    ]


def block(
    x: Tensor,
    filters: int,
    *,
    convolutions: int = 1,
    kernel_size: int = 3,
    downsampling: Downsampling = "max",
    dropout: float = 0.0,
    normalization: Normalization = "before",
    activation: Activation = "relu",
    l2: float = 0.0,
    name: str,
) -> Tensor:
    """Apply some convolutions and halve the sides (an odd side is rounded down, by a stride up)."""
    for number in range(1, convolutions + 1):
        last = number == convolutions
        x = convolution(
            x,
            filters,
            kernel_size,
            strides=2 if last and downsampling == "stride" else 1,
            normalization=normalization,
            activation=activation,
            l2=l2,
            name=f"{name}_{number}",
        )
    if downsampling == "max":
        x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)
    elif downsampling == "mean":
        x = layers.AveragePooling2D(2, name=f"{name}_pool")(x)
    if dropout:
        x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    return x
