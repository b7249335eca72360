"""Which layer went wrong first: what it holds, answers, and how much it has grown."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from kit.checks.recording import leaves, recorded
from kit.checks.twins import twin
from kit.monitoring import layer_numbers
from kit.monitoring.measures import norm


def first_not_finite(model: keras.Model, images: Any = None) -> tuple[str, str]:
    """Return the first layer, in the order of work, that holds or answers what is no number.

    Args:
        model: As it is now; a copy is asked.
        images: What to ask it with.

    Returns:
        The layer's name ("images" for the images themselves, "" for none) and a sentence's part.
    """
    if images is not None and not np.isfinite(images).all():
        return "images", "images contain values that are not numbers"
    bad = {name: _finite(layer.weights) for name, layer in leaves(model) if layer.weights}
    if bad and not any(bad.values()):
        return next(iter(bad)), "the weights of all layers became NaN or infinite in one step"
    for name, finite in bad.items():
        if not finite:
            return name, f'the weights of "{name}" are NaN or infinite'
    if images is None:
        return "", ""
    copy = twin(model)
    with recorded(copy) as recording:
        copy(keras.ops.convert_to_tensor(images[:32], "float32"), training=True)
    for name, output in recording.outputs.items():
        if not _finite([output]):
            return name, f'the outputs of "{name}" are NaN or infinite'
    return "", ""


def grown_most(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[str, float]:
    """Return the layer whose weights' norm grew most, and how many times."""
    grown = {
        name: after[name] / size
        for name, size in before.items()
        if size > 0 and math.isfinite(after.get(name, math.nan))
    }
    if not grown:
        return "", 0.0
    most = max(grown, key=lambda name: grown[name])
    return most, grown[most]


def kernel_norms(model: keras.Model) -> dict[str, float]:
    """Return the norm of each layer's kernels."""
    return {name: norm(kernels) for name, kernels in layer_numbers.kernels(model).items()}


def _finite(tensors: Sequence[Any]) -> bool:
    return all(np.isfinite(keras.ops.convert_to_numpy(one)).all() for one in tensors)
