"""Linear classifiers: softmax regression and the support vector machine, without a hidden layer.

Each class has one weight for each pixel and channel, an image of its own that a picture is compared
with: where it is bright, bright pixels speak for the class. ``head="softmax"`` is softmax
regression; ``head="scores"`` with the loss ``multiclass_hinge`` is the multi-class support vector
machine (Weston and Watkins, "Support Vector Machines for Multi-Class Pattern Recognition", ESANN
1999). To be tried first: what a larger network is worth shows beside it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from keras import layers

from kit.architectures.parts.assembling import Stage
from kit.architectures.parts.blocks import initializer, output, scaling
from kit.architectures.parts.rules import Head, Initializer, Scale, Strength

__all__ = ["EXAMPLE", "stages"]

EXAMPLE: Mapping[str, object] = MappingProxyType({"input_shape": (8, 10, 1)})


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    initialization: Initializer = "auto",
    l1: Strength = 0.0,
    l2: Strength = 0.0,
    head: Head = "softmax",
    scale: Scale = "unit",
) -> list[Stage]:
    """Return the stages from pixels to probabilities or scores.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        initialization: Of the kernel. ``"auto"`` is normal and so narrow that the first scores are
            within about 0.05 of 0, however many pixels there are.
        l1: Weight of the sum of the kernel's absolute values in the loss, which leaves many at 0.
            With ``l2`` it is the elastic net.
        l2: Weight of the sum of squares of the kernel in the loss.
        head: Softmax over the classes, one sigmoid unit for two classes, or scores.
        scale: How pixels are scaled.
    """
    # Of a name: no activation follows.
    start = None if initialization == "auto" else initializer("relu", initialization)
    return [
        scaling(scale),
        layers.Flatten(name="features"),
        output(num_classes, head=head, scale=scale, start=start, l1=l1, l2=l2),
    ]
