"""Local response normalization: every channel is damped by its strong neighbours.

Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural
Networks", NIPS 2012, section 3.3. AlexNet and GoogLeNet have it; Simonyan and Zisserman (ICLR 2015,
section 4.1) found no use for it, and batch normalization has taken its place.
"""

from keras import layers, ops

from kit.architectures.parts.assembling import Block, Stage, Tensor, named
from kit.architectures.parts.traits import Traits


def unless_normalized(traits: Traits, name: str) -> list[Stage]:
    """Return the stage of a network without batch normalization, which would replace it."""
    if traits.normalization != "none":
        return []
    return [Block(local_response_normalization, name=name)]


def local_response_normalization(
    x: Tensor,
    *,
    depth: int = 5,
    bias: float = 2.0,
    alpha: float = 1e-4,
    beta: float = 0.75,
    name: str,
) -> Tensor:
    """Divide each value by ``(bias + alpha * sum)**beta``; the shape stays as it is.

    The sum is that of the squares at the same pixel in ``depth`` neighbouring channels, the
    channel itself in the middle; beyond the first and the last channel there is nothing to add. The
    defaults are those of the paper, which calls ``depth`` n and ``bias`` k.

    Args:
        x: ``(batch, height, width, channels)``.
        depth: Channels in a sum; an odd number.
        bias: Keeps the divisor from 0; above 0.
        alpha: Weight of the sum. Libraries that take a mean of the squares in its place have
            ``alpha * depth`` there.
        beta: Exponent.
        name: Prefix of the layers' names.
    """
    reach = depth // 2
    # A padding and a pooling that take channels for columns, and rows for channels. On a CPU the
    # pooling needs an eighth of the time of adding shifted channels, and half of TensorFlow's own.
    # In float32, since bfloat16 cannot tell 2 from 2.005.
    sideways = {"data_format": "channels_first", "dtype": "float32"}
    squares = layers.Multiply(dtype="float32", name=f"{name}_squares")([x, x])
    padded = layers.ZeroPadding2D((0, reach), name=f"{name}_padded", **sideways)(squares)
    mean = layers.AveragePooling2D((1, depth), 1, name=f"{name}_mean", **sideways)(padded)
    divisor = layers.Rescaling(alpha * depth, bias, dtype="float32", name=f"{name}_divisor")(mean)
    # exp and log need a third of the time of a power.
    log = named(ops.log(divisor), f"{name}_log")
    power = layers.Rescaling(-beta, dtype="float32", name=f"{name}_power")(log)
    factor = layers.Activation("exponential", dtype="float32", name=f"{name}_factor")(power)
    return layers.Multiply(name=f"{name}_response")([x, factor])
