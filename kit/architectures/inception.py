"""Inception modules: looking at 1x1, 3x3 and 5x5 pixels at once and keeping all three.

Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke and Rabinovich, "Going Deeper with
Convolutions", CVPR 2015, figure 2(b), with batch normalization (Ioffe and Szegedy, ICML 2015). The
1x1 convolutions before the larger ones make them cheap. A small network of such modules, sized for
a processor without an accelerator; GoogLeNet itself has nine modules of four to eight times the
filters.
"""

from functools import partial
from itertools import count

from keras import layers

from kit.architectures.parts.assembling import Block, Stage, Tensor
from kit.architectures.parts.blocks import SHRINKS, chosen_stem, convolution, stem_stages
from kit.architectures.parts.heads import classifier
from kit.architectures.parts.rules import Count, Counts, Pair, Stem, require_room
from kit.architectures.parts.scaling import scaling
from kit.architectures.parts.traits import Traits

EXAMPLE = {
    "input_shape": (24, 28, 3),
    "stem_filters": 4,
    "modules": (1, 1),
    "one": 2,
    "three": (2, 4),
    "five": (2, 4),
    "pooled": 2,
    "dropout": 0.0,
}

POOL_FROM = 24  # pixels: a smaller image has little to shrink before the first module


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    stem: Stem = "auto",
    stem_filters: Count = 32,
    modules: Counts = (1, 1, 1),
    one: Count = 16,
    three: Pair = (16, 32),
    five: Pair = (8, 16),
    pooled: Count = 16,
    growth: Count = 2,
    traits: Traits = Traits(),
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        stem: See :func:`kit.architectures.parts.blocks.chosen_stem`; ``"auto"`` pools from 24
            pixels.
        stem_filters: Filters of the stem.
        modules: Modules in each group. Between two groups a pooling halves the sides.
        one: Filters of the 1x1 branch of the modules of the first group.
        three: Filters of its 3x3 branch: of the 1x1 convolution and of the 3x3 one.
        five: The same of its 5x5 branch.
        pooled: Filters of the 1x1 convolution behind its pooling branch.
        growth: What the filters are multiplied by from one group to the next.
        traits: What it shares with other networks.

    Raises:
        SettingError: The images are too small for the poolings.
    """
    first = chosen_stem(stem, input_shape, pool_from=POOL_FROM, smallest="plain")
    halvings = len(modules) - 1
    what = "poolings between groups of modules"
    require_room("inception", input_shape, halvings, what, stem=SHRINKS[first])

    body: list[Stage] = []
    number = count(1)
    for group, how_many in enumerate(modules):
        if group:
            pool = layers.MaxPooling2D(3, strides=2, padding="same", name=f"pool{group}")
            body.append(pool)
        times = growth**group
        body += [
            Block(
                inception,
                one=one * times,
                three=(three[0] * times, three[1] * times),
                five=(five[0] * times, five[1] * times),
                pooled=pooled * times,
                traits=traits,
                name=f"mixed{next(number)}",
            )
            for _ in range(how_many)
        ]
    return [
        scaling(traits.scale),
        *stem_stages(first, stem_filters, traits),
        *body,
        *classifier(num_classes, traits),
    ]


def inception(
    x: Tensor,
    *,
    one: int,
    three: tuple[int, int],
    five: tuple[int, int],
    pooled: int,
    traits: Traits = Traits(),
    name: str,
) -> Tensor:
    """Apply one inception module; height and width stay as they are.

    Args:
        x: ``(batch, height, width, channels)``.
        one: Filters of the 1x1 branch.
        three: Filters of the 1x1 convolution before the 3x3 one, and of the 3x3 one.
        five: The same for 5x5.
        pooled: Filters of the 1x1 convolution behind the 3x3 max pooling of stride 1.
        traits: How the layers of each convolution are.
        name: Prefix of the layers' names.

    Returns:
        ``(batch, height, width, one + three[1] + five[1] + pooled)``, the branches in this order.
    """
    conv = partial(convolution, traits=traits)

    branch1 = conv(x, one, 1, name=f"{name}_one")

    branch3 = conv(x, three[0], 1, name=f"{name}_three_reduced")
    branch3 = conv(branch3, three[1], 3, name=f"{name}_three")

    branch5 = conv(x, five[0], 1, name=f"{name}_five_reduced")
    branch5 = conv(branch5, five[1], 5, name=f"{name}_five")

    branchp = layers.MaxPooling2D(3, strides=1, padding="same", name=f"{name}_pool")(x)
    branchp = conv(branchp, pooled, 1, name=f"{name}_pooled")

    return layers.Concatenate(name=f"{name}_join")([branch1, branch3, branch5, branchp])
