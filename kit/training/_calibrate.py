"""The last step of a training: probabilities that are as high as the network is right."""

from typing import Any

import keras
import numpy as np

from kit import architectures, data, evaluation

__all__ = ["calibrate"]

HIGHEST = 20.0  # a temperature: beyond it classes would be told apart by rounding alone
LINEAR = (keras.layers.Activation, keras.layers.GlobalAveragePooling2D)  # but for the last one


def calibrate(model: keras.Model, splits: data.Splits) -> float | None:
    """Fit a temperature on the validation images and fold it into the last layer.

    The classes that the model answers with stay the same, and whatever is made of it, a file or an
    export, has the temperature. A model that is to be trained on needs none.

    Args:
        model: A classifier, or the head of one, which shares its layers.
        splits: What it takes.

    Returns:
        The temperature; None where there is none, since the model gives scores, or no image was
        kept apart from its training.
    """
    layer = _last(model)
    if layer is None or architectures.head(model) == "scores" or "validation" not in splits.parts:
        return None
    rows = evaluation.probabilities(model, data.ordered_batches(splits, "validation"))
    # A softmax is known down to the least float32, one sigmoid unit near 1 to its last digit.
    least = 2.0**-24 if model.output_shape[-1] == 1 else np.finfo(np.float32).tiny
    labels = splits.labels[splits.present("validation")]
    found = evaluation.temperature(np.log(np.maximum(rows, least)), labels, wrong=1)
    found = min(found, HIGHEST)
    for weight in (layer.kernel, layer.bias):
        if weight is not None:
            weight.assign(weight / found)
    return found


def _last(model: keras.Model) -> Any:
    """Return the last layer with weights, where all behind it passes a factor on to the logits."""
    for layer in reversed(model.layers):
        if getattr(layer, "kernel", None) is not None:
            return layer
        if not isinstance(layer, LINEAR):
            return None
    return None
