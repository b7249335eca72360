"""Checks of a training before it begins and after its end, and its defaults."""

import keras

from kit import data, monitoring
from kit.errors import KitError, SettingError
from kit.intervals import is_imbalanced
from kit.settings import Duration
from kit.training.callbacks import BestWeights, HistoryTable
from kit.training.pace import Pace
from kit.training.schedules import Schedule

MONITORS = ("val_accuracy", "val_balanced_accuracy", "val_loss")
ABSURD = 10  # times the guard's limit
STEPS = 1500  # that the default number of epochs aims at; see docs/defaults.md
MOST_EPOCHS = 100  # by default


def default_epochs(steps: int, max_minutes: float | None = None) -> int:
    """Return how many epochs make about 1,500 steps, but 10 to 100; under a time limit, 100."""
    if max_minutes is not None:
        return MOST_EPOCHS
    return min(max(round(STEPS / steps), 10), MOST_EPOCHS)


def default_monitor(splits: data.Splits) -> str:
    """Return ``val_balanced_accuracy`` for imbalanced training parts, else ``val_accuracy``."""
    uneven = is_imbalanced(splits.counts("train").values())
    return "val_balanced_accuracy" if uneven else "val_accuracy"


def check_fit(
    epochs: int | None,
    monitor: str | None,
    schedule: str,
    patience: int | None,
    max_minutes: float | None,
    last_epoch: int | None = None,
    decay: float | None = None,
    every: int | None = None,
    first: int = 0,
) -> None:
    """Check settings of :func:`fit` before there is a model; None is left to its default.

    Raises:
        SettingError: One is out of its range or does not exist.
    """
    Duration(epochs, max_minutes, patience=patience, last_epoch=last_epoch).verify()
    Schedule(schedule, decay, every).verify()
    last = epochs if last_epoch is None else last_epoch
    if last is not None and not 0 <= first < last:
        raise SettingError(f"first must be from 0 to below last, {last}, not {first}.")
    if monitor not in (None, *MONITORS):
        raise SettingError(f"`monitor` must be one of {', '.join(MONITORS)}, not {monitor!r}.")


def check_compiled(model: keras.Model) -> None:
    """Check that a model is compiled with a rate that a schedule can be laid over.

    Raises:
        SettingError: It is not.
    """
    if not model.compiled:
        raise SettingError("The model is not compiled. Call training.compile_model(model) first.")
    if not isinstance(model.optimizer._learning_rate, keras.Variable):
        raise SettingError(
            "The model is compiled with a Keras schedule, but fit has its own. Compile it with a "
            'number, and choose the schedule in fit, for example schedule="cosine".'
        )


def check_diverged(
    guard: monitoring.LossGuard,
    best: BestWeights,
    history: HistoryTable,
    advice: str,
    named: str = "Training",
) -> None:
    """Check that the epoch that is kept has learnt something.

    Args:
        guard: Of the loss.
        best: After the training.
        history: Of the training.
        advice: A lower learning rate.
        named: What the training is called.

    Raises:
        KitError: There is no such epoch, or its loss is one that the guard calls exploded, or
            would by far where its steps were too few to judge.
    """
    what = guard.stopped or "the validation score was never a number"
    if best.best_weights is not None:
        loss = history.rows[best.best_epoch]["loss"]
        if loss <= guard.smoothed.limit * (1 if guard.stopped else ABSURD):
            return
        what = guard.stopped or f"the loss of the best epoch, {best.best_epoch + 1}, is {loss:.3g}"
    raise KitError(
        f"{named} diverged: {what}, before it completed a usable epoch. Try a lower learning rate: "
        f"{advice}."
    )


def why_stopped(guard: monitoring.LossGuard, best: BestWeights, pace: Pace, epochs: int) -> str:
    """Say why a training ended before the epochs that were asked for; nothing where it did not."""
    if guard.stopped:
        return f"{guard.stopped}; the weights of epoch {best.best_epoch + 1} are kept"
    if pace.stopped:
        return pace.stopped
    if best.stopped_epoch and epochs < pace.epochs:
        kept = best.best_epoch + 1
        return f"none of epochs {kept + 1} to {epochs} was better than epoch {kept}"
    return ""
