"""1x1 convolutions: a small network at every pixel, over the channels of that pixel.

Lin, Chen and Yan, "Network In Network", ICLR 2014, section 3: each convolution is followed by 1x1
convolutions, and the mean of each channel replaces large dense layers. A 1x1 convolution neither
sees neighbours nor changes height and width; it mixes channels, and with fewer filters than
channels (:func:`reduce_channels`) it makes the next convolution cheaper.
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
    Count,
    Counts,
    Features,
    Head,
    Normalization,
    Part,
    Scale,
    Share,
    Stem,
    Strength,
    require_room,
)

__all__ = ["EXAMPLE", "network_in_network", "reduce_channels", "stages"]

EXAMPLE: Mapping[str, object] = MappingProxyType(
    {"input_shape": (12, 16, 1), "filters": (4, 8), "dropout": 0.0}
)


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: Counts = (32, 64, 128),
    kernel_size: Count = 3,
    pointwise: Count = 2,
    kept_channels: Part = 0.5,
    block_dropout: Share = 0.0,
    normalization: Normalization = "before",
    stem: Stem = "auto",
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
        filters: Filters of each block; as many blocks as numbers, with a pooling between two.
        kernel_size: Side of the first kernel of each block in pixels.
        pointwise: 1x1 convolutions behind it.
        kept_channels: Share of the channels that ``reduce_channels`` passes to the next block.
        block_dropout: Share of values set to 0 after each pooling in training; the paper has 0.5.
        normalization: Batch normalization before or after each activation, or none.
        stem: Whether a strided convolution and a pooling shrink the image first. ``"auto"``: where
            its shorter side has 96 pixels or more.
        stem_filters: Filters of the stem.
        features: How the last map becomes a vector: mean of each channel, or flattened.
        dropout: Share of the features set to 0 in training.
        activation: After each convolution.
        l2: Weight of the sum of squares of every kernel in the loss.
        head: Softmax over the classes, or one sigmoid unit for two classes.
        scale: Pixels to [0, 1] or to [-1, 1].

    Raises:
        SettingError: The images are too small for the poolings.
    """
    stemmed = takes_stem(stem, input_shape)
    shrunk = SHRINKS["strided" if stemmed else "plain"]
    halvings = len(filters) - 1
    require_room("pointwise", input_shape, halvings, "poolings between blocks", stem=shrunk)
    first = partial(stem_block, normalization=normalization, activation=activation, l2=l2)
    fewer = partial(reduce_channels, normalization=normalization, activation=activation, l2=l2)
    block = partial(network_in_network, normalization=normalization, activation=activation, l2=l2)
    body: list[Stage] = [Block(first, stem_filters, name="stem")] if stemmed else []
    for number, count in enumerate(filters, start=1):
        name = f"block{number}"
        body.append(Block(block, count, kernel_size=kernel_size, pointwise=pointwise, name=name))
        if number == len(filters):
            break
        body.append(layers.MaxPooling2D(3, strides=2, padding="same", name=f"pool{number}"))
        if block_dropout:
            body.append(layers.Dropout(block_dropout, name=f"dropout{number}"))
        kept = max(1, round(kept_channels * count))
        body.append(Block(fewer, kept, name=f"reduce{number}"))
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


def network_in_network(
    x: Tensor,
    filters: int,
    *,
    kernel_size: int = 3,
    pointwise: int = 2,
    normalization: Normalization = "before",
    activation: Activation = "relu",
    l2: float = 0.0,
    name: str,
) -> Tensor:
    """Apply a convolution and ``pointwise`` 1x1 convolutions; height and width stay as they are."""
    conv = partial(convolution, normalization=normalization, activation=activation, l2=l2)
    x = conv(x, filters, kernel_size, name=f"{name}_spatial")
    for number in range(1, pointwise + 1):
        x = conv(x, filters, 1, name=f"{name}_pointwise{number}")
    return x


def reduce_channels(
    x: Tensor,
    filters: int,
    *,
    normalization: Normalization = "before",
    activation: Activation = "relu",
    l2: float = 0.0,
    name: str,
) -> Tensor:
    """Combine the channels of each pixel into ``filters``; height and width stay as they are."""
    return convolution(
        x, filters, 1, normalization=normalization, activation=activation, l2=l2, name=name
    )
