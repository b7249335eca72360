"""Losses by name, matched to the head of the model."""

import difflib
from collections.abc import Callable
from typing import Any

import keras

from kit.errors import SettingError

__all__ = ["get"]

SHORT = {  # the course's names -> Keras' for classes as one-hot rows
    "hinge": "categorical_hinge",
    "l1": "mean_absolute_error",
    "l2": "mean_squared_error",
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
}


def get(loss: str | Callable[..., Any], label_smoothing: float, sigmoid: bool) -> Any:
    """Return the loss to compile with.

    Args:
        loss: "crossentropy", "hinge", "mse", "l1", any name that Keras knows, or a function of
            (labels, outputs), both of shape (batch, outputs).
        label_smoothing: Share of the label that is spread over all classes, 0 up to below 1.
        sigmoid: Whether the model has one sigmoid output instead of a softmax.

    Raises:
        SettingError: No such loss, a smoothing that the loss cannot take, or a loss for labels
            that are numbers where labels are one-hot rows.
    """
    if not 0 <= label_smoothing < 1:
        raise SettingError(f"label_smoothing must be in [0, 1), not {label_smoothing}.")
    if loss == "crossentropy":
        kind = keras.losses.BinaryCrossentropy if sigmoid else keras.losses.CategoricalCrossentropy
        return kind(label_smoothing=label_smoothing)
    if label_smoothing:
        raise SettingError(f"label_smoothing goes with loss crossentropy, not with {loss!r}.")
    if not isinstance(loss, str):
        return loss
    name = "hinge" if loss == "hinge" and sigmoid else SHORT.get(loss, loss)
    if "sparse" in name:
        raise SettingError(
            f"loss {loss!r} takes class numbers, but the labels are one-hot rows. "
            "Use crossentropy: it is the same loss."
        )
    try:
        return keras.losses.get(name)
    except ValueError:
        known = ["crossentropy", *SHORT, "categorical_focal_crossentropy", "kl_divergence"]
        near = difflib.get_close_matches(loss, known, 1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Some that there are: {', '.join(known)}."
        raise SettingError(f"There is no loss {loss!r}. {hint}") from None
