"""Multi-layer perceptron: dense layers that see all pixels at once, and not where they are.

The network of the first steps of a course, there with pixels of which only the mean image is
subtracted, 50 hidden units and 10 outputs. Such a network of "two layers" has one hidden layer
here: the other one is the output. It needs images of one size with the subject in one place;
convolutions do without. How to train it: Rumelhart, Hinton and Williams, "Learning Representations
by Back-Propagating Errors", Nature, 1986.
"""

from collections.abc import Mapping
from types import MappingProxyType

from kit.architectures.parts.assembling import Stage
from kit.architectures.parts.blocks import classifier, scaling
from kit.architectures.parts.rules import (
    Activation,
    Head,
    Initializer,
    Normalization,
    OptionalCounts,
    Scale,
    Share,
    Strength,
)

__all__ = ["EXAMPLE", "stages"]

EXAMPLE: Mapping[str, object] = MappingProxyType(
    {"input_shape": (8, 10, 3), "dense": (12, 8), "dropout": 0.0}
)


def stages(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    dense: OptionalCounts = (50,),
    normalization: Normalization = "none",
    dropout: Share = 0.0,
    activation: Activation = "relu",
    initialization: Initializer = "auto",
    l2: Strength = 0.0,
    head: Head = "softmax",
    scale: Scale = "unit",
) -> list[Stage]:
    """Return the stages from pixels to probabilities.

    Args:
        input_shape: ``(height, width, channels)``.
        num_classes: Number of classes.
        dense: Units of each hidden layer.
        normalization: Batch normalization before or after each activation, or none.
        dropout: Share of each hidden layer's result set to 0 in training.
        activation: Of the hidden layers.
        initialization: Of the kernels of the hidden layers; see
            :func:`kit.architectures.parts.blocks.initializer`.
        l2: Weight of the sum of squares of every kernel in the loss.
        head: Softmax over the classes, one sigmoid unit for two classes, or scores.
        scale: How pixels are scaled.
    """
    return [
        scaling(scale),
        *classifier(
            num_classes,
            features="flatten",
            dense=dense,
            dropout=dropout,
            normalization=normalization,
            activation=activation,
            initialization=initialization,
            l2=l2,
            head=head,
            scale=scale,
        ),
    ]
