"""How long and how often a network is trained, and what is written of it."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from kit.choices import Precision
from kit.errors import SettingError
from kit.settings.joined import Group


@dataclass(frozen=True)
class Duration(Group):
    """How long the training lasts, and which epoch is kept."""

    epochs: int | None = None
    """Passes over the training images; by default about 1,500 steps, 10 to 100 epochs. A
    network from scratch with `max_minutes` trains as many as fit, at most 100."""
    max_minutes: float | None = None
    """Time limit, from the start of the program to its end. It trains as many epochs as fit, and
    fits the schedule to them."""
    monitor: Literal["val_accuracy", "val_balanced_accuracy", "val_loss"] | None = None
    """The score that chooses the kept epoch; by default accuracy, or balanced accuracy if the
    largest class is more than three times the smallest."""
    patience: int | None = 10
    """Stop after this many epochs without a better one."""
    last_epoch: int | None = None
    """Stop after this epoch of the schedule and keep its weights, instead of choosing an epoch: for
    known settings, for example from a search."""
    precision: Precision = "auto"
    """Precision for training a whole network: auto uses bfloat16 if the processor or graphics card
    has instructions for it, otherwise float32. The saved model computes in float32."""
    use_validation: bool = False
    """Train on the validation images too, for `last_epoch` epochs. Then only a test part can show
    how good the network is."""

    def verify(self) -> None:
        """Check that the numbers are in their ranges, and that some epoch can be kept."""
        epochs, last = self.epochs, self.last_epoch
        if epochs is not None and epochs < 1:
            raise SettingError(f"`epochs` must be at least 1, not {epochs}.")
        if last is not None and not 1 <= last <= (epochs or math.inf):
            most = "" if epochs is None else f" and at most {epochs}, the epochs of the schedule"
            raise SettingError(f"`last_epoch` must be at least 1{most}; got {last}.")
        if self.patience is not None and self.patience < 1:
            raise SettingError(f"`patience` must be at least 1 epoch, not {self.patience}.")
        if self.max_minutes is not None and not 0 < self.max_minutes < math.inf:
            raise SettingError(f"`max_minutes` must be above 0, not {self.max_minutes}.")
        if self.use_validation and last is None:
            raise SettingError(
                "`use_validation` leaves no images to choose the best epoch. Give an epoch known "
                "to be good, for example `last_epoch=12`."
            )


@dataclass(frozen=True)
class Comparison(Group):
    """How often a network is trained, and in which styles."""

    style: Literal["functional", "sequential", "both"] = "functional"
    """Functional or Sequential model of the same network; both trains the two from equal initial
    weights and compares them."""
    repeats: int = 1
    """Train this many times with different seeds, and report mean and spread."""
    folds: int | None = None
    """Cross-validate: this many trainings, each validated on another fold, for a score on all
    images; `validation_split` is not used. The best model is kept."""

    def verify(self) -> None:
        """Check that one thing is compared."""
        if self.repeats < 1:
            raise SettingError(f"`repeats` must be at least 1, not {self.repeats}.")
        if self.folds is not None and self.folds < 2:
            raise SettingError(f"`folds` must be at least 2, not {self.folds}.")
        if self.folds is not None and (self.style == "both" or self.repeats > 1):
            other = "`style=both`" if self.style == "both" else "`repeats`"
            raise SettingError(
                f"`folds={self.folds}` trains one network {self.folds} times; leave out {other}."
            )
        if self.style == "both" and self.repeats > 1:
            raise SettingError("`style=both` compares two trainings; leave out `repeats`.")


@dataclass(frozen=True)
class Record(Group):
    """What is checked and written, and where."""

    check: bool = True
    """Check the set-up first, watch the training, and diagnose it. If a check fails, no training
    starts. kit-check has more checks."""
    tensorboard: bool = False
    """Write TensorBoard logs into the run's folder."""
    output: Path | None = None
    """Folder of the run; by default models/FOLDER-ARCHITECTURE."""
    overwrite: bool = False
    """Replace an existing run."""
