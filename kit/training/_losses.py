"""Losses by name, matched to the head of the model."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kit.errors import SettingError, nearest

__all__ = ["get"]

SHORT = {  # short names -> Keras' for one-hot rows; hinge is on probabilities, not on scores
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
        SettingError: No such loss, a smoothing that the loss cannot take, or a loss that does not
            compare one-hot rows with probabilities.
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
    if sigmoid and "categorical" in name:
        raise SettingError(
            f"loss {loss!r} compares classes, and a sigmoid head has one output: its loss would "
            "never change. Use crossentropy."
        )
    try:
        found = keras.losses.get(name)
    except ValueError:
        known = ["crossentropy", *SHORT, "categorical_focal_crossentropy", "kl_divergence"]
        hint = nearest(loss, known) or f" Some that there are: {', '.join(known)}."
        raise SettingError(f'There is no loss "{loss}".{hint}') from None
    _try(found, loss, 1 if sigmoid else 3)
    return found


def _try(function: Callable[..., Any], name: str, outputs: int) -> None:
    """Keras has losses for other things than classes; they fail here and not in the first step."""
    labels = np.eye(outputs, dtype="float32")
    try:
        values = keras.ops.convert_to_numpy(function(labels, np.full_like(labels, 1 / 2)))
    except Exception:  # of any kind: each such loss has its own
        values = np.array(np.nan)
    if not np.isfinite(values).all():
        raise SettingError(f"loss {name!r} does not take one probability per class.")
