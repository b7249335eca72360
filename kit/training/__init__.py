"""Compile and fit a classifier."""

from kit.training._compile import (
    check_compile,
    compile_model,
    default_decay,
    default_smoothing,
    learning_rate,
)
from kit.training._fit import History, check_fit, default_epochs, default_monitor, fit

__all__ = [
    "History",
    "check_compile",
    "check_fit",
    "compile_model",
    "default_decay",
    "default_epochs",
    "default_monitor",
    "default_smoothing",
    "fit",
    "learning_rate",
]
