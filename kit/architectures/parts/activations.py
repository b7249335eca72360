"""Activations by name: those of Keras, and those that learn their shape, with a normalization.

========================  ======================================================================
``leaky_relu``            slope 0.01 below 0 (Maas, Hannun and Ng, "Rectifier Nonlinearities
                          Improve Neural Network Acoustic Models", 2013)
``prelu``                 a learned slope for each channel, from 0.25 (He, Zhang, Ren and Sun,
                          "Delving Deep into Rectifiers", ICCV 2015)
``maxout``                the larger of two learned affine maps (Goodfellow, Warde-Farley, Mirza,
                          Courville and Bengio, "Maxout Networks", ICML 2013)
``flexible_sigmoid``      2|a| / (1 + exp(-2|a|x)), a from 0.5, where it is the sigmoid
``flexible_tanh``         (1 - exp(-2|a|x)) / (|a| (1 + exp(-2|a|x))), a from 1, where it is tanh
``rbf``                   exp(-x² / b), b from 1
========================  ======================================================================

The two flexible ones are those of Teshnehlab and Watanabe, "Intelligent Control Based on Flexible
Neural Networks" (Kluwer, 1999), with one a for each channel. Their layers and those of ``rbf`` are
stock layers, so that a saved file needs nothing of ours; the learned number of a channel is the
weight ``alpha`` of a ``PReLU`` that is asked about -1, for which it answers -alpha.
"""

import keras
from keras import layers

from kit.architectures.parts.assembling import Block, Stage, Tensor, named
from kit.architectures.parts.rules import Activation, Normalization

# Of batch normalization's running means and variances, which answer in validation. After 100 steps
# 5 % of what was there is left. With Keras' 0.99 that takes 300 steps, four epochs of 2,400 images
# in batches of 32, and so long validation would be answered by means and variances of weights long
# gone; PyTorch's 0.9 takes 30 steps, few images to know a mean by.
MOMENTUM = 0.97
# Added to the size of what is divided by: nothing beside 1, and more than nothing beside 0.
TINY = 1e-6


def activated(activation: Activation, name: str) -> Stage:
    """Return the stage that applies an activation, for maps and for vectors.

    Args:
        activation: Its name.
        name: Of the layer, or the prefix of the layers' names for those that learn.
    """
    if activation == "leaky_relu":
        return layers.LeakyReLU(negative_slope=0.01, name=name)  # Keras' name alone means 0.2
    if activation in LEARNED:
        return Block(LEARNED[activation], name=name)
    return layers.Activation(activation, name=name)


def normalized(activation: Activation, normalization: Normalization, name: str) -> list[Stage]:
    """Return an activation with batch normalization before it, after it, or none.

    Ioffe and Szegedy, "Batch Normalization", ICML 2015, have it before (section 3.2).

    Args:
        activation: Its name.
        normalization: Where batch normalization stands.
        name: Prefix of the layers' names.
    """
    stages = [activated(activation, name=f"{name}_{activation}")]
    if normalization != "none":
        norm = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")
        stages.insert(0 if normalization == "before" else 1, norm)
    return stages


def _prelu(x: Tensor, *, name: str) -> Tensor:
    return layers.PReLU(
        alpha_initializer=keras.initializers.Constant(0.25),
        shared_axes=_shared(x),
        name=f"{name}_slope",
    )(x)


def _maxout(x: Tensor, *, name: str) -> Tensor:
    """Return the larger of two affine maps of the channels at each place; the shape stays.

    What comes before is affine itself (a convolution or a dense layer, with or without batch
    normalization), so both are affine maps of its input, as in the paper, which has no layer
    between: there the pieces are two layers beside one another.
    """
    pieces = [
        layers.Dense(x.shape[-1], kernel_initializer="lecun_normal", name=f"{name}_piece{number}")
        for number in (1, 2)
    ]
    return layers.Maximum(name=f"{name}_larger")([piece(x) for piece in pieces])


def _flexible_sigmoid(x: Tensor, *, name: str) -> Tensor:
    """Return 2|a| sigmoid(2|a|x), which no size of x overflows."""
    size = _size_of_learned(x, 0.5, name)
    double = layers.Rescaling(2.0, name=f"{name}_double")(size)
    inner = layers.Multiply(name=f"{name}_inner")([double, x])
    share = layers.Activation("sigmoid", name=f"{name}_share")(inner)
    return layers.Multiply(name=f"{name}_outer")([double, share])


def _flexible_tanh(x: Tensor, *, name: str) -> Tensor:
    """Return tanh(|a|x) / |a|, which goes to x as a goes to 0."""
    size = _size_of_learned(x, 1.0, name, above=TINY)
    inner = layers.Multiply(name=f"{name}_inner")([size, x])
    bent = layers.Activation("tanh", name=f"{name}_bent")(inner)
    return named(keras.ops.divide(bent, size), f"{name}_divided")


def _rbf(x: Tensor, *, name: str) -> Tensor:
    """Return exp(-x² / b); |b| stands for b, which must be positive."""
    width = _size_of_learned(x, 1.0, name, above=TINY)
    square = layers.Multiply(name=f"{name}_square")([x, x])
    ratio = named(keras.ops.divide(square, width), f"{name}_divided")
    negative = layers.Rescaling(-1.0, name=f"{name}_negative")(ratio)
    return layers.Activation("exponential", name=f"{name}_exponential")(negative)


def _size_of_learned(x: Tensor, start: float, name: str, above: float = 0.0) -> Tensor:
    """Return |a| + ``above``, one learned a for each channel, as (batch, 1, 1, channels)."""
    if len(x.shape) == 4:
        x = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_one")(x)
    ones = layers.Rescaling(0.0, offset=-1.0, name=f"{name}_ones")(x)
    minus = layers.PReLU(
        alpha_initializer=keras.initializers.Constant(start),
        shared_axes=_shared(x),
        name=f"{name}_learned",
    )(ones)
    plus = layers.Rescaling(-1.0, offset=0.0, name=f"{name}_plus")(minus)
    size = layers.Maximum(name=f"{name}_size")([plus, minus])
    if not above:
        return size
    return layers.Rescaling(1.0, offset=above, name=f"{name}_above_zero")(size)


def _shared(x: Tensor) -> list[int] | None:
    """Return the axes between batch and channels, over which a learned number is the same."""
    return list(range(1, len(x.shape) - 1)) or None


LEARNED = {
    "flexible_sigmoid": _flexible_sigmoid,
    "flexible_tanh": _flexible_tanh,
    "maxout": _maxout,
    "prelu": _prelu,
    "rbf": _rbf,
}
