"""Traits: the settings that networks share, each said once."""

from dataclasses import dataclass

from kit.architectures.parts.rules import (
    Activation,
    Features,
    Head,
    Initialization,
    Normalization,
    OptionalCounts,
    Scale,
    Share,
    Strength,
)


@dataclass(frozen=True)
class Traits:
    """What the layers of a network have in common, and what stands at its two ends.

    A network takes them as one keyword, whose default has the values that are its own. To whoever
    builds it, each is a setting like any other: ``build("inception", ..., l2=1e-4)``.

    Attributes:
        activation: After each convolution and each hidden dense layer.
        normalization: Batch normalization before or after the activation of each convolution, or
            none.
        initialization: Where kernels start, see :mod:`kit.architectures.parts.kernels`. The last
            layer starts small, whatever the name is; a number goes for it, too.
        l1: Weight of the sum of every kernel's absolute values in the loss. With ``l2`` it is the
            elastic net.
        l2: Weight of the sum of every kernel's squares in the loss. Many papers take half of that
            sum: their weight decay of 0.0005 is 0.00025 here.
        features: How the last map becomes a vector: the mean or the maximum of each channel, or all
            values in a row.
        dense: Units of hidden dense layers between the features and the output.
        dropout: Share set to 0 in training of each hidden dense layer's result, or of the features
            where there is none.
        head: Softmax over the classes, one sigmoid unit for two classes, or scores.
        scale: How pixels are scaled, see :mod:`kit.architectures.parts.scaling`.
    """

    activation: Activation = "relu"
    normalization: Normalization = "before"
    initialization: Initialization = "auto"
    l1: Strength = 0.0
    l2: Strength = 0.0
    features: Features = "average"
    dense: OptionalCounts = ()
    dropout: Share = 0.2
    head: Head = "softmax"
    scale: Scale = "unit"


class Without:
    """In the annotation of a network's traits: those that are no settings of it."""

    def __init__(self, *names: str) -> None:
        self.names = frozenset(names)
