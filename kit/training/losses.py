"""Losses by name, matched to the head of the model."""

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import keras
import numpy as np
from keras import ops

from kit.errors import SettingError, nearest

Head: TypeAlias = Literal["softmax", "sigmoid", "scores"]

SHORT = {  # short names -> Keras' for one-hot rows; hinge is on probabilities here, not on scores
    "hinge": "categorical_hinge",
    "l1": "mean_absolute_error",
    "l2": "mean_squared_error",
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
}
SHORT_FOR_SCORES = SHORT | {
    "hinge": "multiclass_hinge",
    "squared_hinge": "squared_multiclass_hinge",
}
# Of Keras' losses, those that mean something for numbers of any size.
FOR_ANY_NUMBERS = ("mean_squared_error", "mean_absolute_error", "huber", "log_cosh")


def multiclass_hinge(true: Any, scores: Any) -> Any:
    """Return the loss of the multi-class support vector machine for each image.

    The sum over the wrong classes j of max(0, s_j - s_y + 1), where s_y is the score of the right
    class: 0 as soon as it leads by 1 (Weston and Watkins, "Support Vector Machines for Multi-Class
    Pattern Recognition", ESANN 1999). For equal scores it is the number of classes less one. Keras'
    ``CategoricalHinge`` counts the strongest wrong class only.

    Args:
        true: One-hot rows (batch, classes).
        scores: Of the same shape.
    """
    return ops.sum(_margins(true, scores), axis=-1)


def squared_multiclass_hinge(true: Any, scores: Any) -> Any:
    """Return the same with the square of each term, which a large violation dominates."""
    return ops.sum(ops.square(_margins(true, scores)), axis=-1)


HINGES = {loss.__name__: loss for loss in (multiclass_hinge, squared_multiclass_hinge)}


def default(head: Head) -> str:
    """Return the loss that suits what a model answers with."""
    return "multiclass_hinge" if head == "scores" else "crossentropy"


def get(loss: str | Callable[..., Any], label_smoothing: float, head: Head) -> Any:
    """Return the loss to compile with.

    Args:
        loss: "crossentropy", "hinge", "mse", "l1", any name that Keras knows, or a function of
            (labels, outputs), both of shape (batch, outputs). For scores "multiclass_hinge", which
            "hinge" stands for, "squared_multiclass_hinge", "mse", "l1", "huber" or "log_cosh".
        label_smoothing: Share of the label that is spread over all classes, 0 up to below 1.
        head: What the model answers with: "softmax", "sigmoid" or "scores".

    Raises:
        SettingError: No such loss, a smoothing that the loss cannot take, or a loss that does not
            compare one-hot rows with what the model answers.
    """
    if not 0 <= label_smoothing < 1:
        raise SettingError(f"`label_smoothing` must be in [0, 1), not {label_smoothing}.")
    if loss == "crossentropy" and head != "scores":
        kind = {
            "sigmoid": keras.losses.BinaryCrossentropy,
            "softmax": keras.losses.CategoricalCrossentropy,
        }[head]
        return kind(label_smoothing=label_smoothing)
    found = loss
    if isinstance(loss, str):
        found = _for_scores(loss) if head == "scores" else _for_probabilities(loss, head)
    if label_smoothing:
        raise SettingError(
            f"label_smoothing needs the loss crossentropy and probabilities; the loss is {loss!r}."
        )
    return found


def _for_scores(loss: str) -> Any:
    name = SHORT_FOR_SCORES.get(loss, loss)
    if name in HINGES:
        return HINGES[name]
    if name in FOR_ANY_NUMBERS:
        return keras.losses.get(name)
    known = [*HINGES, "mse", "l1", "huber", "log_cosh"]
    raise SettingError(
        f"loss {loss!r} does not compare scores, but the model returns scores, not "
        f"probabilities.{nearest(loss, known)} "
        f'Use one of {", ".join(known)}, or head="softmax" for probabilities.'
    )


def _for_probabilities(loss: str, head: Head) -> Any:
    if loss in HINGES:
        raise SettingError(
            f"loss {loss!r} needs scores of any size, but the model returns probabilities, which "
            'can never differ by 1. Use head="scores" with it, or crossentropy.'
        )
    sigmoid = head == "sigmoid"
    name = "hinge" if loss == "hinge" and sigmoid else SHORT.get(loss, loss)
    if "sparse" in name:
        raise SettingError(
            f"loss {loss!r} takes class numbers, but the labels are one-hot rows. Use "
            "crossentropy: it is the same loss."
        )
    if sigmoid and "categorical" in name:
        raise SettingError(
            f"loss {loss!r} compares classes, but a sigmoid head has only one output, so its loss "
            "would never change. Use crossentropy."
        )
    try:
        found = keras.losses.get(name)
    except ValueError:
        known = ["crossentropy", *SHORT, *HINGES, "categorical_focal_crossentropy", "kl_divergence"]
        hint = nearest(loss, known) or f" Choose from: {', '.join(known)}."
        raise SettingError(f'There is no loss "{loss}".{hint}') from None
    _try(found, loss, 1 if sigmoid else 3)
    return found


def _margins(true: Any, scores: Any) -> Any:
    """Return by how much each wrong class is nearer to the right one than 1: (batch, classes)."""
    scores = ops.convert_to_tensor(scores)
    true = ops.cast(true, scores.dtype)
    right = ops.sum(true * scores, axis=-1, keepdims=True)
    return (1 - true) * ops.relu(scores - right + 1)


def _try(function: Callable[..., Any], name: str, outputs: int) -> None:
    """Keras has losses for other things than classes; they fail here and not in the first step."""
    labels = np.eye(outputs, dtype="float32")
    try:
        values = keras.ops.convert_to_numpy(function(labels, np.full_like(labels, 1 / 2)))
    except Exception:  # of any kind: each such loss has its own
        values = np.array(np.nan)
    if not np.isfinite(values).all():
        raise SettingError(f"loss {name!r} does not take one probability per class.")
