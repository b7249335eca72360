"""Compile and fit a classifier."""

from kit.training._compile import compile_model, learning_rate
from kit.training._fit import History, default_epochs, default_monitor, fit

__all__ = ["History", "compile_model", "default_epochs", "default_monitor", "fit", "learning_rate"]
