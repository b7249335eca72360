"""The end of the networks before GoogLeNet: large dense layers, which dropout makes bearable."""

import keras
from keras import layers

from kit.architectures._assemble import Stage
from kit.architectures._blocks import MOMENTUM, activated, initializer, output, penalty
from kit.architectures._settings import Activation, Features, Head, Initializer, Normalization

__all__ = ["dense_classifier"]


def dense_classifier(
    num_classes: int,
    *,
    features: Features,
    dense: tuple[int, ...],
    dropout: float,
    normalization: Normalization = "none",
    activation: Activation,
    initialization: Initializer = "auto",
    bias: float = 0.0,
    l2: float,
    head: Head,
) -> list[Stage]:
    """Return the stages from the last map to the output, with dropout behind every dense layer.

    Args:
        num_classes: Number of classes, at least 2.
        features: How a map becomes a vector: the mean of each channel, or all values in a row.
        dense: Units of the dense layers; with none, the dropout follows the features.
        dropout: Share of each vector set to 0 in training.
        normalization: Batch normalization before or after each activation, or none.
        activation: Of the dense layers.
        initialization: Of their kernels.
        bias: Their initial bias.
        l2: Weight of the sum of squares of each kernel in the loss.
        head: See :func:`kit.architectures._blocks.output`.

    Raises:
        SettingError: A sigmoid head is asked for more than two classes.
    """
    reduction = layers.GlobalAveragePooling2D if features == "average" else layers.Flatten
    stages: list[Stage] = [reduction(name="features")]
    for number, units in enumerate(dense, start=1):
        name = f"dense{number}"
        stages.append(
            layers.Dense(
                units,
                use_bias=normalization != "before",  # the normalization subtracts any bias again
                kernel_initializer=initializer(activation, initialization),
                bias_initializer=keras.initializers.Constant(bias),
                kernel_regularizer=penalty(l2),
                name=name,
            )
        )
        bent = activated(activation, name=f"{name}_{activation}")
        norm = layers.BatchNormalization(momentum=MOMENTUM, name=f"{name}_norm")
        stages += {"before": [norm, bent], "after": [bent, norm], "none": [bent]}[normalization]
        if number < len(dense):
            stages.append(layers.Dropout(dropout, name=f"dropout{number}"))
    stages.append(layers.Dropout(dropout, name="dropout"))
    return [*stages, output(num_classes, head=head, l2=l2)]
