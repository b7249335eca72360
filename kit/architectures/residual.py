"""Residual networks: each block adds what it computes to what it was given.

He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition", CVPR 2016. A block that has
nothing to add lets its input pass, so more blocks do not make a network harder to train; before,
networks above some twenty layers had larger training errors than shallower ones (figure 1).
"""

from dataclasses import asdict, dataclass
from functools import partial
from typing import Annotated, Literal

from kit.architectures.backbones.resnet_weights import take_weights
from kit.architectures.parts.assembling import Block, Stage
from kit.architectures.parts.blocks import STEM_FROM, groups
from kit.architectures.parts.heads import classifier
from kit.architectures.parts.residual_blocks import Shortcut, basic, bottleneck, entrance
from kit.architectures.parts.rules import AutoCounts, require_room
from kit.architectures.parts.scaling import scaling
from kit.architectures.parts.traits import Traits, Without

__all__ = ["EXAMPLE", "basic", "bottleneck", "stages", "take_weights"]

EXAMPLE = {
    "input_shape": (12, 16, 3),
    "configuration": "20",
    "filters": (4, 8),
    "blocks": (1, 2),
    "dropout": 0.0,
}

Configuration = Literal["small", "18", "34", "50", "101", "152", "20", "32", "44", "56", "110"]
ResidualStem = Literal["auto", "imagenet", "strided", "halved", "cifar"]


@dataclass(frozen=True)
class Plan:
    """One row of the table of published networks.

    Attributes:
        filters: Of each group of blocks.
        blocks: Blocks in each group.
        block: Two 3x3 convolutions, or 1x1, 3x3 and 1x1 with four times the filters.
        shortcut: What leads past a block that changes the shape (section 3.3, options A and B).
        stem: The stem for images of 96 pixels and more.
    """

    filters: tuple[int, ...]
    blocks: tuple[int, ...]
    block: Literal["basic", "bottleneck"] = "basic"
    shortcut: Shortcut = "projection"
    stem: Literal["imagenet", "strided"] = "imagenet"


@dataclass(frozen=True)
class Stem:
    """One row of the table of stems: a convolution and, perhaps, a 3x3 pooling of stride 2."""

    kernel_size: int
    strides: int
    pooled: bool

    @property
    def shrinks(self) -> int:
        """Return what the sides are divided by, rounding up."""
        return self.strides * (2 if self.pooled else 1)


BLOCKS = {"basic": basic, "bottleneck": bottleneck}
THIN, WIDE = (16, 32, 64), (64, 128, 256, 512)
CONFIGURATIONS = {
    # Ours, for a processor without an accelerator.
    "small": Plan((48, 96, 192, 256), (1, 1, 1, 1), stem="strided"),
    # Table 1, for ImageNet.
    "18": Plan(WIDE, (2, 2, 2, 2)),
    "34": Plan(WIDE, (3, 4, 6, 3)),
    "50": Plan(WIDE, (3, 4, 6, 3), "bottleneck"),
    "101": Plan(WIDE, (3, 4, 23, 3), "bottleneck"),
    "152": Plan(WIDE, (3, 8, 36, 3), "bottleneck"),
    # Section 4.2, for CIFAR-10: 6n + 2 layers.
    "20": Plan(THIN, (3, 3, 3), shortcut="padded"),
    "32": Plan(THIN, (5, 5, 5), shortcut="padded"),
    "44": Plan(THIN, (7, 7, 7), shortcut="padded"),
    "56": Plan(THIN, (9, 9, 9), shortcut="padded"),
    "110": Plan(THIN, (18, 18, 18), shortcut="padded"),
}
STEMS = {
    "imagenet": Stem(7, 2, pooled=True),
    "strided": Stem(5, 2, pooled=True),
    "halved": Stem(5, 2, pooled=False),
    "cifar": Stem(3, 1, pooled=False),
}
HALVED_FROM = 48  # pixels: below, the images are hardly larger than those of CIFAR-10


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    configuration: Configuration = "small",
    filters: AutoCounts = None,
    blocks: AutoCounts = None,
    stem: ResidualStem = "auto",
    traits: Annotated[Traits, Without("normalization")] = Traits(),
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        configuration: A network of the paper by its number of layers, or ``"small"``, four blocks
            for a processor without an accelerator.
        filters: Filters of each group of blocks; the stem has those of the first. Between two
            groups the sides are halved. None takes those of the configuration.
        blocks: Blocks in each group. None takes those of the configuration.
        stem: The first layers: a 7x7 (``"imagenet"``) or 5x5 (``"strided"``) convolution and a
            pooling, both of stride 2, a 5x5 convolution of stride 2 alone (``"halved"``), or a 3x3
            one that leaves the sides as they are (``"cifar"``). ``"auto"`` takes one of the first
            two from 96 pixels on the shorter side, as the configuration says, the third from 48.
        traits: What it shares with other networks. The paper has no dropout, and 1e-4 times half of
            the sum of squares in its loss.

    Raises:
        SettingError: ``filters`` and ``blocks`` are not of the same length, or the images are too
            small for so many groups.
    """
    plan = CONFIGURATIONS[configuration]
    filters, blocks = filters or plan.filters, blocks or plan.blocks
    block = partial(BLOCKS[plan.block], shortcut=plan.shortcut, traits=traits)
    body = groups("residual", block, filters, blocks)
    if stem == "auto":
        side = min(input_shape[:2])
        stem = plan.stem if side >= STEM_FROM else "halved" if side >= HALVED_FROM else "cifar"
    first = STEMS[stem]
    halvings = len(filters) - 1
    require_room("residual", input_shape, halvings, "strides between groups", stem=first.shrinks)
    start = partial(entrance, **asdict(first), traits=traits)
    return [
        scaling(traits.scale),
        Block(start, filters[0], name="stem"),
        *body,
        *classifier(num_classes, traits),
    ]
