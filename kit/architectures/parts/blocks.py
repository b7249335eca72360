"""Blocks that many networks are made of: a convolution with all that belongs to it, and the stem.

Tensors are ``(batch, height, width, channels)`` everywhere. A block called ``name`` gives its
layers names that start with ``name_``.
"""

from collections.abc import Callable, Sequence

from keras import layers

from kit.architectures.parts.activations import normalized
from kit.architectures.parts.assembling import Block, Stage, Tensor
from kit.architectures.parts.kernels import kernel
from kit.architectures.parts.traits import Traits
from kit.errors import SettingError

# Pixels on the shorter side from which an image is shrunk first: each layer behind the stem then
# has a sixteenth of the work, and 24 pixels still show what a photo shows.
STEM_FROM = 96
POOL_FROM = 48  # pixels: from here a pooling alone goes first, and a smaller image is left as it is
# What a stem divides the sides by, rounding up.
SHRINKS = {"strided": 4, "pooled": 2, "plain": 1, "none": 1}


def convolution(
    x: Tensor,
    filters: int,
    kernel_size: int,
    *,
    strides: int = 1,
    pool: layers.MaxPooling2D | None = None,
    traits: Traits = Traits(),
    name: str,
) -> Tensor:
    """Apply a convolution with padding, batch normalization and an activation.

    Args:
        x: ``(batch, height, width, channels)``.
        filters: Channels of the result.
        kernel_size: Side of the square kernel in pixels.
        strides: Step in pixels; the result is ``ceil(side / strides)`` pixels wide and high.
        pool: A pooling that follows. A normalization before the activation stands behind it, where
            it has a quarter of the values to do: it was a fifth to two fifths of a training step.
        traits: How the layers are. Ioffe and Szegedy, "Batch Normalization", ICML 2015, have the
            normalization before the activation (section 3.2).
        name: Prefix of the layers' names.
    """
    x = layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=traits.normalization != "before",  # which subtracts any bias again
        **kernel(traits),
        name=f"{name}_conv",
    )(x)
    stages = normalized(traits.activation, traits.normalization, name)
    if pool is not None:
        stages.insert(0 if traits.normalization == "before" else len(stages), pool)
    for stage in stages:
        x = stage(x)
    return x


def chosen_stem(
    stem: str,
    input_shape: tuple[int, int, int],
    *,
    pool_from: int = POOL_FROM,
    smallest: str = "none",
) -> str:
    """Return the kind of a network's first layers.

    Args:
        stem: ``"strided"`` is a 5x5 convolution and a pooling, both of stride 2, ``"pooled"`` a 3x3
            convolution and such a pooling, ``"plain"`` the convolution alone, ``"none"`` nothing.
            ``"auto"`` takes the first for images of 96 pixels and more on their shorter side, and
            the second from 48.
        input_shape: ``(height, width, channels)`` of the images.
        pool_from: Pixels on the shorter side from which ``"auto"`` takes the second.
        smallest: What it takes for smaller images.
    """
    if stem != "auto":
        return stem
    side = min(input_shape[:2])
    return "strided" if side >= STEM_FROM else "pooled" if side >= pool_from else smallest


def stem_stages(kind: str, filters: int, traits: Traits) -> list[Stage]:
    """Return the first layers as a list, which is empty for the kind ``"none"``."""
    if kind == "none":
        return []
    return [Block(stem_block, filters, kind=kind, traits=traits, name="stem")]


def stem_block(
    x: Tensor, filters: int, *, kind: str = "strided", traits: Traits = Traits(), name: str
) -> Tensor:
    """Look at the pixels first, and shrink the image: sides are divided by ``SHRINKS[kind]``.

    ``"strided"`` is the stem of Szegedy et al., "Going Deeper with Convolutions" (CVPR 2015, table
    1) with a 5x5 kernel in place of 7x7 and fewer filters; the others suit small images.
    """
    kernel_size, strides = (5, 2) if kind == "strided" else (3, 1)
    pool = None
    if kind != "plain":
        pool = layers.MaxPooling2D(3, strides=2, padding="same", name=f"{name}_pool")
    return convolution(
        x, filters, kernel_size, strides=strides, pool=pool, traits=traits, name=name
    )


def groups(
    name: str, block: Callable[..., Tensor], filters: Sequence[int], blocks: Sequence[int]
) -> list[Stage]:
    """Return groups of blocks; between two groups the sides are halved.

    Args:
        name: The architecture.
        block: Takes a tensor, its filters and, by keyword, ``strides`` and ``name``.
        filters: Of the blocks of each group.
        blocks: How many blocks each group has.

    Raises:
        SettingError: ``filters`` and ``blocks`` are not of the same length.
    """
    if len(filters) != len(blocks):
        raise SettingError(
            f"{name}: filters and blocks need one number for each group of blocks, but filters has "
            f"{len(filters)} and blocks has {len(blocks)}. Give both."
        )
    return [
        Block(
            block,
            count,
            strides=2 if group > 1 and number == 1 else 1,
            name=f"group{group}_block{number}",
        )
        for group, (count, repeats) in enumerate(zip(filters, blocks, strict=True), start=1)
        for number in range(1, repeats + 1)
    ]
