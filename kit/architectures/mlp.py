"""Multi-layer perceptron: dense layers that see all pixels at once, and not where they are.

The network of the first steps of a course, there with pixels of which only the mean image is
subtracted, 50 hidden units and 10 outputs. Such a network of "two layers" has one hidden layer
here: the other one is the output. It needs images of one size with the subject in one place;
convolutions do without. How to train it: Rumelhart, Hinton and Williams, "Learning Representations
by Back-Propagating Errors", Nature, 1986.
"""

from typing import Annotated

from kit.architectures.parts.assembling import Stage
from kit.architectures.parts.heads import classifier
from kit.architectures.parts.scaling import scaling
from kit.architectures.parts.traits import Traits, Without

EXAMPLE = {"input_shape": (8, 10, 3), "dense": (12, 8), "dropout": 0.0}

HIDDEN = Traits(normalization="none", features="flatten", dense=(50,), dropout=0.0)


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    traits: Annotated[Traits, Without("features")] = HIDDEN,
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        traits: What it shares with other networks; the normalization is that of the hidden layers.
    """
    return [
        scaling(traits.scale),
        *classifier(num_classes, traits, normalization=traits.normalization),
    ]
