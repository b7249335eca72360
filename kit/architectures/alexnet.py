"""AlexNet, the network that brought deep learning to image classification.

Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural
Networks", NIPS 2012, section 3 and figure 2: five convolutions, three overlapping poolings, two
dense layers of 4096 units, and dropout against the 60 million parameters. Two graphics cards had
half of the channels each, hence the groups: the second, fourth and fifth convolution look at the
channels of their own card only.

As published, without batch normalization, it asks for a small learning rate: adamw learns 20 digits
by heart at 0.0003, and in as many steps hardly any at 0.003.
"""

from typing import Literal

from keras import layers

from kit.architectures.parts.assembling import Block, Stage
from kit.architectures.parts.grouped_convolution import grouped_convolution
from kit.architectures.parts.heads import classifier
from kit.architectures.parts.local_response import unless_normalized
from kit.architectures.parts.rules import Count, Counts, require_side
from kit.architectures.parts.scaling import scaling
from kit.architectures.parts.traits import Traits
from kit.errors import SettingError

LEARNING_RATE = 3e-4  # of Adam; see above
EXAMPLE = {
    "input_shape": (32, 36, 3),
    "filters": (6, 8, 8, 8, 6),
    "dense": (8, 8),
    "dropout": 0.0,
    "initialization": "he_normal",
    "scale": "symmetric",
}

Padding = Literal["auto", "same", "valid"]
PUBLISHED = Traits(
    normalization="none",
    initialization="small_gaussian",
    features="flatten",
    dense=(4096, 4096),
    dropout=0.5,
    scale="mean_image",
)

FIRST_KERNEL, FIRST_STRIDE = 11, 4  # pixels, of the first convolution
VALID_FROM = 64  # pixels: the maps are then 15, 7, 3 and 1 wide; of 63, 14, 6, 2 and none


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: Counts = (96, 256, 384, 384, 256),
    groups: Count = 2,
    padding: Padding = "auto",
    traits: Traits = PUBLISHED,
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``; published for 224x224x3. The sides in figure 2
            ask for 227, so 224 are padded to that.
        num_classes: Number of classes.
        filters: Filters of the five convolutions, of 11x11 (stride 4), 5x5 and three times 3x3.
        groups: Parts that the channels of the second, fourth and fifth convolution are divided
            into; a filter sees those of its own part. 1 connects everything.
        padding: ``"valid"`` is the published network: the first convolution and the 3x3 poolings of
            stride 2 keep inside of what they look at (55, 27, 13 and 6 pixels a side). ``"same"``
            rounds up everywhere and takes images of any size. ``"auto"``: valid where the shorter
            side has 64 pixels or more.
        traits: What it shares with other networks. Without batch normalization the local response
            normalization of the paper follows the first two convolutions. ``"small_gaussian"`` is
            as published, with biases of 1 in the convolutions with groups and in the dense layers
            (section 5), but for the last layer, which starts by the number of its inputs; it suits
            the published numbers of filters. With the others, which keep the scale of a signal at
            any number of filters, biases are 0. The paper subtracts the mean image of the training
            set.

    Raises:
        SettingError: There are not five numbers of filters, the groups do not divide them, or the
            images are too small for valid poolings.
    """
    _check(filters, groups)
    if padding == "auto":
        padding = "valid" if min(input_shape[:2]) >= VALID_FROM else "same"
    if padding == "valid":
        why = (
            'with padding="valid" each of the three pooling layers needs a map as large as '
            "its window"
        )
        require_side("alexnet", input_shape, VALID_FROM, why, 'padding="same"')
    one = 1.0 if traits.initialization == "small_gaussian" else 0.0

    def conv(number: int, kernel_size: int, groups: int = 1) -> Block:
        first = number == 1
        return Block(
            grouped_convolution,
            filters[number - 1],
            kernel_size,
            strides=FIRST_STRIDE if first else 1,
            reach_the_edge=first and padding == "valid",
            groups=groups,
            bias=0.0 if number in (1, 3) else one,
            traits=traits,
            name=f"conv{number}",
        )

    def pool(number: int) -> layers.Layer:
        return layers.MaxPooling2D(3, strides=2, padding=padding, name=f"pool{number}")

    return [
        scaling(traits.scale),
        conv(1, FIRST_KERNEL),
        *unless_normalized(traits, "norm1"),
        pool(1),
        conv(2, 5, groups),
        *unless_normalized(traits, "norm2"),
        pool(2),
        conv(3, 3),
        conv(4, 3, groups),
        conv(5, 3, groups),
        pool(5),
        *classifier(num_classes, traits, bias=one),
    ]


def _check(filters: tuple[int, ...], groups: int) -> None:
    if len(filters) != 5:
        raise SettingError(
            f"alexnet: filters must be five numbers, one for each convolution; got {filters}."
        )
    odd = [count for count in filters if count % groups]  # each is read or written in groups
    if odd:
        raise SettingError(
            f"alexnet: groups={groups} must divide every number of filters, but it does not divide "
            f"{odd[0]}. Change filters, or take groups=1."
        )
