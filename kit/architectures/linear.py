"""Linear classifiers: softmax regression and the support vector machine, without a hidden layer.

Each class has one weight for each pixel and channel, an image of its own that a picture is compared
with: where it is bright, bright pixels speak for the class. ``head="softmax"`` is softmax
regression; ``head="scores"`` with the loss ``multiclass_hinge`` is the multi-class support vector
machine (Weston and Watkins, "Support Vector Machines for Multi-Class Pattern Recognition", ESANN
1999). To be tried first: what a larger network is worth shows beside it.
"""

from typing import Annotated

from keras import layers

from kit.architectures.parts.assembling import Stage
from kit.architectures.parts.heads import output
from kit.architectures.parts.kernels import kernel
from kit.architectures.parts.scaling import scaling
from kit.architectures.parts.traits import Traits, Without

EXAMPLE = {"input_shape": (8, 10, 1)}

Own = Annotated[Traits, Without("activation", "normalization", "features", "dense", "dropout")]


def stages(
    input_shape: tuple[int, int, int], num_classes: int, *, traits: Own = Traits()
) -> list[Stage]:
    """Return the stages from pixels to probabilities or scores.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        traits: What it shares with other networks. ``"auto"`` initial weights are normal and so
            narrow that the first scores are within about 0.05 of 0, however many pixels there are;
            any name goes for this layer, too, which is the only one.
    """
    own = {} if traits.initialization == "auto" else kernel(traits)
    return [
        scaling(traits.scale),
        layers.Flatten(name="features"),
        output(num_classes, traits, **own),
    ]
