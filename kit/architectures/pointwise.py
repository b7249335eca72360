"""1x1 convolutions: a small network at every pixel, over the channels of that pixel.

Lin, Chen and Yan, "Network In Network", ICLR 2014, section 3: each convolution is followed by 1x1
convolutions, and the mean of each channel replaces large dense layers. A 1x1 convolution neither
sees neighbours nor changes height and width; it mixes channels, and with fewer filters than
channels (:func:`reduce_channels`) it makes the next convolution cheaper.
"""

from functools import partial

from keras import layers

from kit.architectures.network_in_network import mlpconv
from kit.architectures.parts.assembling import Block, Stage, Tensor
from kit.architectures.parts.blocks import SHRINKS, chosen_stem, convolution, stem_stages
from kit.architectures.parts.heads import classifier
from kit.architectures.parts.rules import Count, Counts, Part, Share, Stem, require_room
from kit.architectures.parts.scaling import scaling
from kit.architectures.parts.traits import Traits

EXAMPLE = {"input_shape": (12, 16, 1), "filters": (4, 8), "dropout": 0.0}


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: Counts = (32, 64, 128),
    kernel_size: Count = 3,
    pointwise: Count = 2,
    kept_channels: Part = 0.5,
    block_dropout: Share = 0.0,
    stem: Stem = "auto",
    stem_filters: Count = 32,
    traits: Traits = Traits(),
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
        stem: See :func:`kit.architectures.parts.blocks.chosen_stem`.
        stem_filters: Filters of the stem.
        traits: What it shares with other networks.

    Raises:
        SettingError: The images are too small for the poolings.
    """
    first = chosen_stem(stem, input_shape)
    halvings = len(filters) - 1
    require_room("pointwise", input_shape, halvings, "poolings between blocks", stem=SHRINKS[first])
    block = partial(mlpconv, kernel_size=kernel_size, traits=traits)
    body = stem_stages(first, stem_filters, traits)
    for number, count in enumerate(filters, start=1):
        name = f"block{number}"
        body.append(Block(block, (count,) * (1 + pointwise), name=name))
        if number == len(filters):
            break
        body.append(layers.MaxPooling2D(3, strides=2, padding="same", name=f"pool{number}"))
        if block_dropout:
            body.append(layers.Dropout(block_dropout, name=f"dropout{number}"))
        kept = max(1, round(kept_channels * count))
        body.append(Block(reduce_channels, kept, traits=traits, name=f"reduce{number}"))
    return [
        scaling(traits.scale),
        *body,
        *classifier(num_classes, traits),
    ]


def reduce_channels(x: Tensor, filters: int, *, traits: Traits = Traits(), name: str) -> Tensor:
    """Combine the channels of each pixel into ``filters``; height and width stay as they are."""
    return convolution(x, filters, 1, traits=traits, name=name)
