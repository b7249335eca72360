"""The last step of a training: probabilities that are as high as the network is right."""

from typing import Any

import keras
import numpy as np

from kit import data, evaluation

HIGHEST = 20.0  # a temperature: beyond it classes would be told apart by rounding alone


def calibrate(model: keras.Model, splits: data.Splits) -> float | None:
    """Fit a temperature on the validation images and fold it into the last layer.

    The classes that the model answers with stay the same, and whatever is made of it, a file or an
    export, has the temperature. A model that is to be trained on needs none.

    Args:
        model: A classifier, or the head of one, which shares its layers.
        splits: What it takes.

    Returns:
        The temperature; None where there is none, since the model's last step is no softmax, or
        sigmoid of one unit, of what a layer gives, or no image was kept apart from its training.
    """
    layer = _last(model)
    if layer is None or "validation" not in splits.parts:
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
    """Return the layer whose kernel gives the logits, at most averaged; None where none does."""
    end = model.layers[-1]
    usual = keras.activations.sigmoid if model.output_shape[-1] == 1 else keras.activations.softmax
    if getattr(end, "activation", None) is not usual:
        return None
    for layer in reversed(model.layers):
        if getattr(layer, "kernel", None) is not None:
            linear = layer is end or layer.activation is keras.activations.linear
            return layer if linear else None
        if layer is not end and not isinstance(layer, keras.layers.GlobalAveragePooling2D):
            return None
    return None
