"""VGG: nothing but 3x3 convolutions, and many of them.

Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR
2015, table 1. Two 3x3 convolutions see 5x5 pixels and three see 7x7, with fewer weights and more
activations between than one large kernel has.

As published, without batch normalization, it asks for a small learning rate: adamw learns 20 digits
by heart at 0.0003, and in as many steps hardly any at 0.003.
"""

from typing import Literal

from keras import layers

from kit.architectures.parts.assembling import Block, Stage, Tensor
from kit.architectures.parts.blocks import convolution
from kit.architectures.parts.heads import classifier
from kit.architectures.parts.local_response import local_response_normalization
from kit.architectures.parts.rules import Counts, require_side
from kit.architectures.parts.scaling import scaling
from kit.architectures.parts.traits import Traits
from kit.errors import SettingError

LEARNING_RATE = 3e-4  # of Adam; see above
EXAMPLE = {
    "input_shape": (32, 36, 3),
    "configuration": "A-LRN",
    "filters": (4, 4, 6, 8, 8),
    "dense": (8, 8),
    "dropout": 0.0,
}

Configuration = Literal["A", "A-LRN", "B", "C", "D", "E"]

KERNELS = {  # sides of the kernels of each block's convolutions in pixels
    "A": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "A-LRN": ((3,), (3,), (3, 3), (3, 3), (3, 3)),  # and a normalization behind the first
    "B": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),
    "C": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),
    "D": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),  # known as VGG-16
    "E": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),  # known as VGG-19
}
PUBLISHED = Traits(
    normalization="none",
    initialization="glorot_uniform",
    features="flatten",
    dense=(4096, 4096),
    dropout=0.5,
    scale="mean_channel",
)
SMALLEST = 32  # pixels that five halvings leave one of


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    configuration: Configuration = "A",
    filters: Counts = (64, 128, 256, 512, 512),
    traits: Traits = PUBLISHED,
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``; published for 224x224x3.
        num_classes: Number of classes.
        configuration: A column of table 1: 11 (A), 13 (B), 16 (C, with 1x1 convolutions, and D) or
            19 layers (E); A-LRN is A with a local response normalization.
        filters: Filters of the convolutions in each of the five blocks.
        traits: What it shares with other networks. From random weights the deeper ones are easier
            to train with batch normalization. The paper begins the deep networks with a trained
            shallow one, and notes that the initial weights of Glorot and Bengio make that needless.
            With them the variance halves in every layer, which brings values of up to 128 to a sane
            size; ``"auto"``, those of He et al., keeps it: that suits ``scale="channel_zscore"``.
            The paper subtracts the mean of each channel.

    Raises:
        SettingError: There are not five numbers of filters, or the images are too small to be
            halved five times.
    """
    kernels = KERNELS[configuration]
    if len(filters) != len(kernels):
        raise SettingError(f"vgg: filters must be five numbers, one for each block; got {filters}.")
    require_side("vgg", input_shape, SMALLEST, "five blocks halve the sides")
    return [
        scaling(traits.scale),
        *(
            Block(
                block,
                count,
                sizes,
                traits=traits,
                local_response=configuration == "A-LRN" and number == 1,
                name=f"block{number}",
            )
            for number, (count, sizes) in enumerate(zip(filters, kernels, strict=True), start=1)
        ),
        *classifier(num_classes, traits),
    ]


def block(
    x: Tensor,
    filters: int,
    kernel_sizes: tuple[int, ...],
    *,
    local_response: bool = False,
    traits: Traits = PUBLISHED,
    name: str,
) -> Tensor:
    """Apply a convolution for each kernel size and halve the sides, rounding down.

    Args:
        x: ``(batch, height, width, channels)``.
        filters: Filters of each convolution.
        kernel_sizes: Sides of their kernels in pixels.
        local_response: Whether local response normalization follows the first, with the numbers of
            Krizhevsky et al. (2012).
        traits: How the layers of each convolution are.
        name: Prefix of the layers' names.
    """
    for number, size in enumerate(kernel_sizes, start=1):
        x = convolution(x, filters, size, traits=traits, name=f"{name}_{number}")
        if local_response and number == 1:
            x = local_response_normalization(x, name=f"{name}_norm")
    return layers.MaxPooling2D(2, name=f"{name}_pool")(x)
