"""The parts of a residual network: its first layers and its blocks.

He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, figure 5. All
tensors are ``(batch, height, width, channels)``; a stride of 2 gives sides of ``ceil(side / 2)``.
"""

from typing import Literal

from keras import layers

from kit.architectures.parts.activations import MOMENTUM, activated
from kit.architectures.parts.assembling import Tensor
from kit.architectures.parts.kernels import kernel
from kit.architectures.parts.traits import Traits

Shortcut = Literal["padded", "projection"]

EPSILON = 1.001e-5  # of the normalization in keras.applications, so that its weights fit exactly


def entrance(
    x: Tensor,
    filters: int,
    *,
    kernel_size: int,
    strides: int,
    pooled: bool,
    traits: Traits,
    name: str,
) -> Tensor:
    """Apply the first convolution and, if ``pooled``, a 3x3 max pooling of stride 2."""
    x = _convolution(x, filters, kernel_size, strides=strides, traits=traits, name=name)
    x = activated(traits.activation, name=f"{name}_{traits.activation}")(x)
    if pooled:
        x = layers.ZeroPadding2D(1, name=f"{name}_pool_pad")(x)
        x = layers.MaxPooling2D(3, strides=2, name=f"{name}_pool")(x)
    return x


def basic(
    x: Tensor,
    filters: int,
    *,
    strides: int = 1,
    shortcut: Shortcut = "projection",
    traits: Traits = Traits(),
    name: str,
) -> Tensor:
    """Add the result of two 3x3 convolutions (figure 5, left); the first has the stride."""
    passed = _pass(x, filters, strides, shortcut, traits=traits, name=name)
    x = _convolution(x, filters, 3, strides=strides, traits=traits, name=f"{name}_1")
    x = activated(traits.activation, name=f"{name}_1_{traits.activation}")(x)
    x = _convolution(x, filters, 3, traits=traits, name=f"{name}_2")
    x = layers.Add(name=f"{name}_add")([passed, x])
    return activated(traits.activation, name=f"{name}_{traits.activation}")(x)


def bottleneck(
    x: Tensor,
    filters: int,
    *,
    strides: int = 1,
    shortcut: Shortcut = "projection",
    traits: Traits = Traits(),
    name: str,
) -> Tensor:
    """Add the result of a 1x1, a 3x3 and a 1x1 convolution (figure 5, right).

    The result has ``4 * filters`` channels. The first convolution has the stride, as in the paper
    and in ``keras.applications``; others have it in the second ("version 1.5").
    """
    passed = _pass(x, 4 * filters, strides, shortcut, traits=traits, name=name)
    x = _convolution(x, filters, 1, strides=strides, traits=traits, name=f"{name}_1")
    x = activated(traits.activation, name=f"{name}_1_{traits.activation}")(x)
    x = _convolution(x, filters, 3, traits=traits, name=f"{name}_2")
    x = activated(traits.activation, name=f"{name}_2_{traits.activation}")(x)
    x = _convolution(x, 4 * filters, 1, traits=traits, name=f"{name}_3")
    x = layers.Add(name=f"{name}_add")([passed, x])
    return activated(traits.activation, name=f"{name}_{traits.activation}")(x)


def _convolution(
    x: Tensor,
    filters: int,
    kernel_size: int,
    *,
    strides: int = 1,
    traits: Traits,
    name: str,
) -> Tensor:
    """Apply a convolution without a bias and batch normalization; ``activation`` comes later."""
    if strides > 1 and kernel_size > 1:
        # "same" pads even sides on the right only: the windows would lie beside the pixels that
        # a 1x1 shortcut of the same stride reads.
        x = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(x)
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same" if strides == 1 else "valid",
        use_bias=False,  # the normalization subtracts any bias again
        **kernel(traits),
        name=f"{name}_conv",
    )(x)
    return layers.BatchNormalization(momentum=MOMENTUM, epsilon=EPSILON, name=f"{name}_norm")(x)


def _pass(
    x: Tensor,
    filters: int,
    strides: int,
    shortcut: Shortcut,
    *,
    traits: Traits,
    name: str,
) -> Tensor:
    """Return what a block adds to: its input, brought to the shape of its result if need be.

    A 1x1 convolution (section 3.3, option B), or every second pixel with channels of zeros behind
    (option A), which has no parameters.
    """
    missing = filters - x.shape[-1]
    if strides == 1 and missing == 0:
        return x
    name = f"{name}_shortcut"
    if shortcut == "projection" or missing < 0:
        return _convolution(x, filters, 1, strides=strides, traits=traits, name=name)
    if strides > 1:
        x = layers.AveragePooling2D(1, strides=strides, name=f"{name}_pool")(x)
    if missing:
        # Read as channels, height, width, the last axis is the one of the channels.
        pad = layers.ZeroPadding2D(
            ((0, 0), (0, missing)), data_format="channels_first", name=f"{name}_pad"
        )
        x = pad(x)
    return x
