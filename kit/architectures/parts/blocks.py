"""What architectures are made of: convolutions and the stem here, the rest by name from elsewhere.

Tensors are ``(batch, height, width, channels)`` everywhere. A block called ``name`` gives its
layers names that start with ``name_``.
"""

from keras import layers

from kit.architectures.parts.activations import MOMENTUM, activated, normalized
from kit.architectures.parts.assembling import Tensor
from kit.architectures.parts.heads import classifier, columns, output
from kit.architectures.parts.initializers import initializer, penalty, small
from kit.architectures.parts.rules import Activation, AnyStem, Initializer, Normalization, Stem
from kit.architectures.parts.scaling import scaling

__all__ = [
    "MOMENTUM",
    "SHRINKS",
    "STEM_FROM",
    "activated",
    "classifier",
    "columns",
    "convolution",
    "initializer",
    "normalized",
    "output",
    "penalty",
    "scaling",
    "small",
    "stem_block",
    "takes_stem",
]

# Pixels on the shorter side from which an image is shrunk first: each layer behind the stem then
# has a sixteenth of the work, and 24 pixels still show what a photo shows.
STEM_FROM = 96
SHRINKS = {"strided": 4, "pooled": 2, "plain": 1}  # what a stem divides the sides by, rounding up


def convolution(
    x: Tensor,
    filters: int,
    kernel_size: int,
    *,
    strides: int = 1,
    normalization: Normalization = "before",
    activation: Activation = "relu",
    initialization: Initializer = "auto",
    l2: float = 0.0,
    name: str,
) -> Tensor:
    """Apply a convolution with padding, batch normalization and an activation.

    Args:
        x: ``(batch, height, width, channels)``.
        filters: Channels of the result.
        kernel_size: Side of the square kernel in pixels.
        strides: Step in pixels; the result is ``ceil(side / strides)`` pixels wide and high.
        normalization: Batch normalization before the activation (Ioffe and Szegedy, "Batch
            Normalization", ICML 2015, section 3.2), after it, or none.
        activation: Name of the activation.
        initialization: See :func:`initializer`.
        l2: Weight of the sum of squares of the kernel in the loss.
        name: Prefix of the layers' names.
    """
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=normalization != "before",  # the normalization subtracts any bias again
        kernel_initializer=initializer(activation, initialization),
        kernel_regularizer=penalty(l2),
        name=f"{name}_conv",
    )(x)
    for stage in normalized(activation, normalization, name):
        x = stage(x)
    return x


def stem_block(
    x: Tensor,
    filters: int,
    *,
    kind: AnyStem = "strided",
    normalization: Normalization = "before",
    activation: Activation = "relu",
    l2: float = 0.0,
    name: str,
) -> Tensor:
    """Look at the pixels first, and shrink the image: sides are divided by ``SHRINKS[kind]``.

    ``"strided"`` is the stem of Szegedy et al., "Going Deeper with Convolutions" (CVPR 2015, table
    1) with a 5x5 kernel in place of 7x7 and fewer filters; the others suit small images.
    """
    kernel_size, strides = (5, 2) if kind == "strided" else (3, 1)
    x = convolution(
        x,
        filters,
        kernel_size,
        strides=strides,
        normalization=normalization,
        activation=activation,
        l2=l2,
        name=name,
    )
    if kind != "plain":
        x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")(x)
    return x


def takes_stem(stem: Stem, input_shape: tuple[int, int, int]) -> bool:
    """Tell whether images of this ``(height, width, channels)`` get the strided stem."""
    return stem == "strided" or (stem == "auto" and min(input_shape[:2]) >= STEM_FROM)
