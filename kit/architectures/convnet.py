"""The pattern of plain convolutional networks, with every part of it to choose.

::

    [(convolution, activation) * N, pooling?] * M, (dense, activation) * K, softmax

LeCun, Bottou, Bengio and Haffner, "Gradient-Based Learning Applied to Document Recognition",
Proceedings of the IEEE, 1998, and most networks until 2014. A map of side W is (W - F + 2P) / S + 1
pixels wide and high behind a kernel of F pixels, P pixels of zeros around the map and steps of S; a
pooling halves that and rounds down.

Two networks of a course are rows of settings here:

============  ====================================  ==========================================
settings      ``MNIST``                             ``EMNIST``
============  ====================================  ==========================================
images        28x28x1, 10 digits                    28x28x1, 26 letters
convolutions  5x5, 10 and 20 filters, padding 1     3x3, 6 and 6 filters, same size
then          ReLU, pooling                         pooling, batch normalization, leaky ReLU
sides         28, 26, 13, 11, 5                     28, 28, 14, 14, 7
dense         500 values, 50 units, 10              294 values, 50 units, 26
parameters    30,840                                16,514 (24 of them moving statistics)
============  ====================================  ==========================================
"""

from functools import partial
from typing import Annotated, Any, Literal

from keras import layers

from kit.architectures.parts.activations import normalized
from kit.architectures.parts.assembling import Block, Stage, Tensor
from kit.architectures.parts.heads import classifier
from kit.architectures.parts.kernels import kernel
from kit.architectures.parts.rules import AutoCounts, Count, Rule, Share, require_side
from kit.architectures.parts.scaling import scaling
from kit.architectures.parts.traits import Traits, Without

EXAMPLE = {"input_shape": (12, 16, 3), "filters": (4, 6), "dense": (8,)}
MNIST = {"filters": (10, 20), "convolutions": 1, "kernel_size": 5, "padding": 1, "dense": (50,)}
EMNIST = {
    "filters": (6, 6),
    "convolutions": 1,
    "normalization": "after_pooling",
    "activation": "leaky_relu",
    "dense": (50,),
}

FILTERS = (16, 32, 64, 128)  # of the blocks, where none are given


def _padding(value: object) -> object:
    if value in ("same", "valid"):
        return value
    number = int(value) if isinstance(value, str) else value  # from a command line
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise ValueError
    return number


Padding = Annotated[
    str | int, Rule('"same", "valid" or a whole number of pixels of at least 0', _padding)
]
Pooling = Literal["max", "mean", "none"]
Order = Literal["before", "after", "after_pooling", "none"]
PLAIN = Traits(normalization="none", features="flatten", dense=(50,), dropout=0.0)


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: AutoCounts = None,
    convolutions: Count = 2,
    kernel_size: Count = 3,
    padding: Padding = "same",
    pooling: Pooling = "max",
    normalization: Order = "none",
    block_dropout: Share = 0.0,
    traits: Annotated[Traits, Without("normalization")] = PLAIN,
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        filters: Filters of each of the M blocks; by default the first of 16, 32, 64 and 128 that
            the image has room for.
        convolutions: N, the convolutions in each block.
        kernel_size: Side of the kernels in pixels.
        padding: Zeros around each map: as many as keep its size, none (``"valid"``), or a number of
            pixels.
        pooling: What halves the sides at the end of each block, rounding down, if anything.
        normalization: Batch normalization in the blocks, before or after each activation, or none.
            With ``"after_pooling"`` the pooling comes first: convolution, pooling, batch
            normalization, activation. The convolutions keep their biases then.
        block_dropout: Share of the values at the end of each block set to 0 in training.
        traits: What it shares with other networks.

    Raises:
        SettingError: The images are too small for the blocks.
    """
    smallest = partial(
        _smallest_side,
        convolutions=convolutions,
        shrinks=0 if padding == "same" else kernel_size - 1 - 2 * _pixels(padding),
        halves=pooling != "none",
    )
    if filters is None:
        side = min(input_shape[:2])
        fitting = [n for n in range(1, len(FILTERS) + 1) if smallest(n) <= side]
        filters = FILTERS[: max(fitting, default=1)]
    why = f"{len(filters)} blocks of {convolutions} convolutions make the map smaller"
    instead = "fewer blocks or more padding"
    require_side("convnet", input_shape, smallest(len(filters)), why, instead)
    return [
        scaling(traits.scale),
        *(
            Block(
                block,
                count,
                convolutions=convolutions,
                kernel_size=kernel_size,
                padding=padding,
                pooling=pooling,
                normalization=normalization,
                dropout=block_dropout,
                traits=traits,
                name=f"block{number}",
            )
            for number, count in enumerate(filters, start=1)
        ),
        *classifier(num_classes, traits),
    ]


def block(
    x: Tensor,
    filters: int,
    *,
    convolutions: int = 1,
    kernel_size: int = 3,
    padding: str | int = "same",
    pooling: Pooling = "max",
    normalization: Order = "none",
    dropout: float = 0.0,
    traits: Traits = PLAIN,
    name: str,
) -> Tensor:
    """Apply ``(convolution, activation) * convolutions, pooling``; see :func:`stages`."""
    for number in range(1, convolutions + 1):
        step = f"{name}_{number}"
        if pixels := _pixels(padding):
            x = layers.ZeroPadding2D(pixels, name=f"{step}_pad")(x)
        x = layers.Conv2D(
            filters,
            kernel_size,
            padding="same" if padding == "same" else "valid",
            use_bias=normalization != "before",  # the normalization subtracts any bias again
            **kernel(traits),
            name=f"{step}_conv",
        )(x)
        if normalization == "after_pooling" and number == convolutions:
            x = _pooled(x, pooling, name)
        where: Any = "before" if normalization == "after_pooling" else normalization
        for stage in normalized(traits.activation, where, step):
            x = stage(x)
    if normalization != "after_pooling":
        x = _pooled(x, pooling, name)
    if dropout:
        x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    return x


def _pooled(x: Tensor, pooling: Pooling, name: str) -> Tensor:
    if pooling == "none":
        return x
    kind = layers.MaxPooling2D if pooling == "max" else layers.AveragePooling2D
    return kind(2, name=f"{name}_pool")(x)


def _pixels(padding: str | int) -> int:
    return padding if isinstance(padding, int) else 0


def _smallest_side(blocks: int, *, convolutions: int, shrinks: int, halves: bool) -> int:
    """Return how many pixels a side needs for the last block to leave one.

    ``shrinks`` counts pixels that a convolution takes off a side, below 0 where padding adds some.
    """
    side = 1
    for _ in range(blocks):
        side *= 2 if halves else 1
        for _ in range(convolutions):
            side = max(1, side + shrinks)
    return side
