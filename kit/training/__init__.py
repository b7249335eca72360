"""Compile and fit a classifier; train a new head on a network that exists, and fine-tune it."""

from kit.training.balance import check_batches
from kit.training.calibration import calibrate
from kit.training.compiling import (
    check_compile,
    compile_model,
    default_decay,
    default_rate,
    default_smoothing,
    learning_rate,
    on_graphics_card,
)
from kit.training.fit_checks import check_fit, default_epochs, default_monitor
from kit.training.fitting import History, fit
from kit.training.losses import default as default_loss
from kit.training.pace import minutes_left
from kit.training.precision import computing_in, resolved_precision
from kit.training.spans import Span, check_span, fit_span
from kit.training.transfer.autoencoder import Pretraining, pretrain
from kit.training.transfer.auxiliary import with_auxiliary
from kit.training.transfer.feature_heads import HeadTraining, fit_head, on_features
from kit.training.transfer.fine_tuning import check_thaw, fine_tune, thaw
from kit.training.transfer.frozen_features import feature_splits, is_frozen, shared_features
from kit.training.transfer.solved_heads import can_solve, solve_head

__all__ = [
    "HeadTraining",
    "History",
    "Pretraining",
    "Span",
    "calibrate",
    "can_solve",
    "check_batches",
    "check_compile",
    "check_fit",
    "check_span",
    "check_thaw",
    "compile_model",
    "computing_in",
    "default_decay",
    "default_epochs",
    "default_loss",
    "default_monitor",
    "default_rate",
    "default_smoothing",
    "feature_splits",
    "fine_tune",
    "fit",
    "fit_head",
    "fit_span",
    "is_frozen",
    "learning_rate",
    "minutes_left",
    "on_features",
    "on_graphics_card",
    "pretrain",
    "resolved_precision",
    "shared_features",
    "solve_head",
    "thaw",
    "with_auxiliary",
]
