"""Compile and fit a classifier; train a new head on a network that exists, and fine-tune it."""

from kit.training._autoencoder import Pretraining, check_pretrain, pretrain
from kit.training._auxiliary import with_auxiliary
from kit.training._balance import check_batches
from kit.training._calibrate import calibrate
from kit.training._compile import (
    check_compile,
    compile_model,
    default_decay,
    default_loss,
    default_smoothing,
    learning_rate,
    on_graphics_card,
)
from kit.training._fine_tune import check_thaw, fine_tune, thaw
from kit.training._fit import History, check_fit, default_epochs, default_monitor, fit
from kit.training._pace import minutes_left
from kit.training._span import Span, check_span, fit_span
from kit.training._transfer import (
    HeadTraining,
    feature_name,
    feature_splits,
    fit_head,
    head_alone,
    is_frozen,
    on_features,
    shared_features,
)

__all__ = [
    "HeadTraining",
    "History",
    "Pretraining",
    "Span",
    "calibrate",
    "check_batches",
    "check_compile",
    "check_fit",
    "check_pretrain",
    "check_span",
    "check_thaw",
    "compile_model",
    "default_decay",
    "default_epochs",
    "default_loss",
    "default_monitor",
    "default_smoothing",
    "feature_name",
    "feature_splits",
    "fine_tune",
    "fit",
    "fit_head",
    "fit_span",
    "head_alone",
    "is_frozen",
    "learning_rate",
    "minutes_left",
    "on_features",
    "on_graphics_card",
    "pretrain",
    "shared_features",
    "thaw",
    "with_auxiliary",
]
