"""Stages that architectures share: scaling, convolutions, the stem and the head.

Tensors are ``(batch, height, width, channels)`` everywhere. A block called ``name`` gives its
layers names that start with ``name_``.
"""

import keras
from keras import layers

from kit.architectures._assemble import Stage, Tensor
from kit.architectures._settings import (
    Activation,
    AnyStem,
    Features,
    Head,
    Normalization,
    Scale,
    Stem,
)
from kit.errors import SettingError

__all__ = [
    "SHRINKS",
    "STEM_FROM",
    "activated",
    "classifier",
    "convolution",
    "initializer",
    "penalty",
    "scaling",
    "stem_block",
    "takes_stem",
]

# Pixels on the shorter side from which an image is shrunk first: each layer behind the stem then
# has a sixteenth of the work, and 24 pixels still show what a photo shows.
STEM_FROM = 96
SHRINKS = {"strided": 4, "pooled": 2, "plain": 1}  # what a stem divides the sides by, rounding up
# Of batch normalization's running means and variances, which answer in validation. After 100 steps
# 5 % of what was there is left. With Keras' 0.99 that takes 300 steps, four epochs of 2,400 images
# in batches of 32, and so long validation would be answered by means and variances of weights long
# gone; PyTorch's 0.9 takes 30 steps, few images to know a mean by.
MOMENTUM = 0.97
INITIALIZERS = {  # of kernels; he_normal for all other activations
    "selu": "lecun_normal",
    "sigmoid": "glorot_uniform",
    "softplus": "glorot_uniform",
    "tanh": "glorot_uniform",
}


def scaling(scale: Scale) -> layers.Rescaling:
    """Return the layer that maps pixels from [0, 255] to [0, 1] or, symmetric, to [-1, 1]."""
    if scale == "unit":
        return layers.Rescaling(1 / 255, name="scale")
    return layers.Rescaling(1 / 127.5, offset=-1, name="scale")


def convolution(
    x: Tensor,
    filters: int,
    kernel_size: int,
    *,
    strides: int = 1,
    normalization: Normalization = "before",
    activation: Activation = "relu",
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
        l2: Weight of the sum of squares of the kernel in the loss.
        name: Prefix of the layers' names.
    """
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=normalization != "before",  # the normalization subtracts any bias again
        kernel_initializer=initializer(activation),
        kernel_regularizer=penalty(l2),
        name=f"{name}_conv",
    )(x)
    if normalization == "before":
        x = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)
    x = activated(activation, name=f"{name}_{activation}")(x)
    if normalization == "after":
        x = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")(x)
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


def classifier(
    num_classes: int,
    *,
    features: Features,
    dense: tuple[int, ...] = (),
    dropout: float,
    activation: Activation,
    l2: float,
    head: Head,
) -> list[Stage]:
    """Return the stages from the last map to the probabilities.

    Args:
        num_classes: Number of classes, at least 2.
        features: How a map becomes a vector: the mean of each channel, or all values in a row.
        dense: Units of dense layers between the features and the output.
        dropout: Share of the last vector that is set to 0 in training.
        activation: Of the dense layers.
        l2: Weight of the sum of squares of each kernel in the loss.
        head: ``"softmax"`` gives ``(batch, num_classes)``, rows that sum to 1; ``"sigmoid"`` gives
            ``(batch, 1)``, the probability of the second of two classes.

    Raises:
        SettingError: A sigmoid head is asked for more than two classes.
    """
    if head == "sigmoid" and num_classes != 2:
        raise SettingError(
            f'head="sigmoid" tells two classes apart, but there are {num_classes}; '
            'take head="softmax".'
        )
    reduction = layers.GlobalAveragePooling2D if features == "average" else layers.Flatten
    stages: list[Stage] = [reduction(name="features")]
    for number, units in enumerate(dense, start=1):
        stages += [
            layers.Dense(
                units,
                kernel_initializer=initializer(activation),
                kernel_regularizer=penalty(l2),
                name=f"dense{number}",
            ),
            activated(activation, name=f"dense{number}_{activation}"),
        ]
    output = layers.Dense(
        1 if head == "sigmoid" else num_classes,
        activation=head,
        # Small weights make the first answers nearly equal, and the first loss ln(num_classes).
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.01),
        kernel_regularizer=penalty(l2),
        dtype="float32",  # bfloat16 keeps 3 digits: too few for a loss, under mixed precision too
        name="probabilities",
    )
    return [*stages, layers.Dropout(dropout, name="dropout"), output]


def activated(activation: Activation, name: str) -> layers.Layer:
    """Return the layer that applies the activation of this name."""
    if activation == "leaky_relu":
        # Maas et al., "Rectifier Nonlinearities" (2013), take 0.01; Keras' name alone means 0.2.
        return layers.LeakyReLU(negative_slope=0.01, name=name)
    return layers.Activation(activation, name=name)


def initializer(activation: Activation) -> str:
    """Return the initial weights that keep the scale of a signal through many layers.

    He et al., "Delving Deep into Rectifiers" (ICCV 2015), for the rectifiers and their smooth kin,
    which pass half of their input; Klambauer et al., "Self-Normalizing Neural Networks" (NeurIPS
    2017), for selu; Glorot and Bengio (AISTATS 2010) for the others.
    """
    return INITIALIZERS.get(activation, "he_normal")


def penalty(l2: float) -> keras.regularizers.Regularizer | None:
    """Return the regularizer, or none at 0, so that ``model.losses`` stays empty without one."""
    return keras.regularizers.L2(l2) if l2 else None
