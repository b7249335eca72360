"""The end of a network: from the last map to a vector, and from that to probabilities or scores."""

from typing import Any

import keras
from keras import layers

from kit.architectures.parts.activations import normalized
from kit.architectures.parts.assembling import Stage
from kit.architectures.parts.kernels import kernel, last_kernel
from kit.architectures.parts.rules import Head, Normalization
from kit.architectures.parts.traits import Traits
from kit.errors import SettingError

REDUCTIONS = {
    "average": layers.GlobalAveragePooling2D,
    "flatten": layers.Flatten,
    "max": layers.GlobalMaxPooling2D,
}


def classifier(
    num_classes: int,
    traits: Traits,
    *,
    normalization: Normalization = "none",
    bias: float = 0.0,
) -> list[Stage]:
    """Return the stages from the last map to the output, with dropout behind every dense layer.

    Args:
        num_classes: Number of classes, at least 2.
        traits: ``features``, ``dense``, ``dropout`` and ``head`` say what there is; see
            :class:`kit.architectures.parts.traits.Traits`.
        normalization: Batch normalization before or after the activation of each dense layer, or
            none.
        bias: The initial bias of these layers.

    Raises:
        SettingError: A sigmoid head is asked for more than two classes.
    """
    stages: list[Stage] = [REDUCTIONS[traits.features](name="features")]
    for number, units in enumerate(traits.dense, start=1):
        name = f"dense{number}"
        stages += [
            layers.Dense(
                units,
                use_bias=normalization != "before",  # the normalization subtracts any bias again
                bias_initializer=keras.initializers.Constant(bias),
                **kernel(traits),
                name=name,
            ),
            *normalized(traits.activation, normalization, name),
        ]
        if number < len(traits.dense):
            stages.append(layers.Dropout(traits.dropout, name=f"dropout{number}"))
    stages.append(layers.Dropout(traits.dropout, name="dropout"))
    return [*stages, output(num_classes, traits)]


def output(num_classes: int, traits: Traits, **kernel: Any) -> layers.Dense:
    """Return the last layer, from a vector to probabilities or scores.

    Args:
        num_classes: Number of classes, at least 2.
        traits: By their ``head``, ``"softmax"`` gives ``(batch, num_classes)``, rows that sum to 1;
            ``"sigmoid"`` gives ``(batch, 1)``, the probability of the second of two classes;
            ``"scores"`` gives ``(batch, num_classes)`` numbers of any size, the largest for the
            answer. The layer is called ``scores`` then, else ``probabilities``.
        kernel: What the layer takes for it in place of
            :func:`kit.architectures.parts.kernels.last_kernel`.

    Raises:
        SettingError: A sigmoid head is asked for more than two classes.
    """
    scores = traits.head == "scores"
    return layers.Dense(
        columns(num_classes, traits.head),
        activation=None if scores else traits.head,
        dtype="float32",  # bfloat16 keeps 3 digits: too few for a loss, under mixed precision too
        name="scores" if scores else "probabilities",
        **(kernel or last_kernel(traits)),
    )


def columns(num_classes: int, head: Head) -> int:
    """Return how many numbers a head gives for an image.

    Raises:
        SettingError: A sigmoid head is asked for more than two classes.
    """
    if head != "sigmoid":
        return num_classes
    if num_classes != 2:
        raise SettingError(
            f'head="sigmoid" needs exactly two classes, but there are {num_classes}. Take '
            'head="softmax".'
        )
    return 1
