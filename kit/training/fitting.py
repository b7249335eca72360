"""One training: data in, best weights and a history out."""

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import pandas as pd

from kit import choices, data, diagnosis, evaluation, monitoring, progress
from kit.choices import ClassWeight
from kit.errors import KitError, SettingError
from kit.intervals import is_imbalanced, worth
from kit.settings import Duration
from kit.training.balance import check_batches, class_weights
from kit.training.callbacks import BestWeights, HistoryTable, ShowProgress
from kit.training.compiling import default_rate, learning_rate
from kit.training.pace import Pace
from kit.training.schedules import Schedule
from kit.training.watching import Watch, nothing_known

__all__ = ["History", "check_compiled", "check_fit", "default_epochs", "default_monitor", "fit"]

MONITORS = ("val_accuracy", "val_balanced_accuracy", "val_loss")
ABSURD = 10  # times the guard's limit
STEPS = 1500  # that the default number of epochs aims at; see docs/defaults.md


@dataclass(frozen=True)
class History:
    """What a training did.

    Attributes:
        table: One row per epoch: ``epoch`` (from 1), ``loss``, ``accuracy``,
            ``balanced_accuracy``, the same with ``val_`` before them, ``learning_rate`` and
            ``seconds``. Losses include the penalties on weights; where there are any,
            ``val_data_loss`` is without them.
        monitor: The column that chose the epoch.
        best_epoch: The epoch (from 1) whose weights the model has now, see
            :func:`kit.evaluation.kept_epoch`; the last one where that was asked for.
        stopped: Why it ended before the epochs that were asked for; empty where it did not.
        seconds: Wall-clock time.
        cpu_seconds: Processor time of this process, all threads.
        why: Why the weights of that epoch are kept, in a sentence; empty where it was asked for.
        evidence: What was measured for :func:`kit.diagnosis.diagnose`, where that was asked for.
    """

    table: pd.DataFrame
    monitor: str
    best_epoch: int
    stopped: str
    seconds: float
    cpu_seconds: float
    why: str = ""
    evidence: diagnosis.Evidence | None = None


def fit(
    model: keras.Model,
    splits: data.Splits,
    *,
    epochs: int | None = None,
    schedule: choices.Schedule = "one-cycle",
    decay: float | None = None,
    every: int | None = None,
    monitor: str | None = None,
    patience: int | None = 10,
    class_weight: ClassWeight = "none",
    max_minutes: float | None = None,
    checkpoint: Path | None = None,
    history_file: Path | None = None,
    log_folder: Path | None = None,
    name: str = "Training",
    callbacks: Sequence[keras.callbacks.Callback] = (),
    watch: bool = False,
    last_epoch: int | None = None,
) -> History:
    """Train a compiled classifier and leave it with the weights of one epoch.

    Among the epochs whose score is within one standard error of the best, that is the one with the
    lowest validation loss, see :func:`kit.evaluation.kept_epoch`. A KeyboardInterrupt leaves it
    with the one kept so far, where one epoch was complete.

    Args:
        model: Compiled, for example by :func:`kit.training.compile_model`.
        splits: The data; the optimizer's learning rate is the peak of the schedule.
        epochs: Passes over the training part; by default about 1,500 steps of them, 10 to 100.
        schedule: How the rate goes from epoch to epoch.
        decay: The schedule's constant, see :class:`kit.settings.Optimization`.
        every: Epochs between the steps of schedule "step".
        monitor: The metric of ``table`` that chooses the epoch; by default the accuracy on
            validation images, balanced where the largest class has over three times as many
            training images as the smallest.
        patience: Epochs of which none is kept before the training stops, counted while the rate
            of a warm-up schedule is falling; None trains to the end.
        class_weight: "balanced" weighs classes by the inverse of their number of images. Mixed
            images have mixed weights.
        max_minutes: Limit for the training, and for calibrating and scoring the model after it. As
            many epochs are trained as fit, of the first as many steps.
        checkpoint: Where the model is saved whenever its epoch is kept.
        history_file: CSV that is written after every epoch.
        log_folder: For TensorBoard.
        name: What the progress bar calls this training.
        callbacks: More of Keras' callbacks.
        watch: Measure what a diagnosis needs (see :class:`kit.monitoring.Monitor`: 3 % of the
            time, and more columns in the table), and say which layer went first where the loss
            explodes.
        last_epoch: End after this one of the ``epochs``, over all of which the schedule is still
            laid out, and keep its weights: for settings whose epoch is known. Nothing stops early
            then, and there may be no validation part.

    Raises:
        SettingError: A setting is out of its range or fits no metric.
        KitError: Training diverged before a single epoch was usable.
    """
    epochs = default_epochs(data.steps(splits)) if epochs is None else epochs
    monitor = default_monitor(splits) if monitor is None else monitor
    check_fit(epochs, monitor, schedule, patience, max_minutes, last_epoch, decay, every)
    held_out = "validation" in splits.parts
    if not held_out:
        if last_epoch is None:
            raise SettingError(
                "There is no validation part, and so nothing that tells which epoch is the best; "
                "give last_epoch."
            )
        monitor, watch = monitor.removeprefix("val_"), False  # a diagnosis compares the two parts
    check_compiled(model)
    check_batches(model, splits, class_weight)
    labels = "binary" if model.output_shape[-1] == 1 else "categorical"
    weights = class_weights(splits) if class_weight == "balanced" else None
    peak = learning_rate(model)
    limit = None if max_minutes is None else 60 * max_minutes
    parts = {part: data.steps(splits, part) for part in splits.parts}
    pace = Pace(
        Schedule(schedule, decay, every),
        peak,
        epochs,
        parts.pop("train"),
        limit,
        last_epoch,
        validated=parts.get("validation", 0),
        scored=2 * parts.get("validation", 0) + parts.get("test", 0),  # twice: to calibrate
    )
    images = worth([*splits.counts("validation").values()], balanced="balanced" in monitor)
    asked = last_epoch is not None
    best = BestWeights(monitor, images, patience, pace, checkpoint, newest=asked)
    watched = Watch(model, splits) if watch else None
    unseen = monitoring.LossGuard(floor=nothing_known(model), look=0)
    guard = unseen if watched is None else watched.guard
    monitors = [] if watched is None else [watched.monitor]
    history, display = HistoryTable(history_file), ShowProgress(pace, monitor, name)
    logs = [keras.callbacks.TensorBoard(log_folder)] if log_folder else []
    start, cpu_start = time.monotonic(), time.process_time()
    with contextlib.ExitStack() as stack:
        stack.callback(display.close)
        stack.callback(setattr, model.optimizer, "learning_rate", peak)  # for another fit
        stack.enter_context(data.named_failures(splits.images))
        stack.enter_context(_best_if_interrupted(model, best))
        model.fit(
            data.training_batches(splits, labels, class_weight=weights),
            validation_data=data.ordered_batches(splits, "validation", labels)
            if held_out
            else None,
            epochs=epochs,
            steps_per_epoch=pace.steps,
            shuffle=False,  # the stream is
            callbacks=[guard, *monitors, best, history, *logs, *callbacks, pace, display],
            verbose=0,
        )
    lower = min(peak / 10, default_rate(model.optimizer.name))
    check_diverged(guard, best, history, f"`learning_rate={lower:.1g}`")
    stopped = _why(guard, best, pace, len(history.rows))
    if stopped:
        progress.say(f"Stopped: {stopped}.")
    return History(
        table=history.table,
        monitor=monitor,
        best_epoch=best.best_epoch + 1,
        stopped=stopped,
        seconds=time.monotonic() - start,
        cpu_seconds=time.process_time() - cpu_start,
        why=""
        if asked
        else evaluation.why_kept(
            history.table.to_dict("records"), best.best_epoch, monitor, images
        ),
        evidence=None
        if watched is None
        else watched.evidence(model, history.table, pace.epochs, schedule),
    )


def default_epochs(steps: int) -> int:
    """Return how many epochs make about 1,500 steps, but 10 to 100."""
    return min(max(round(STEPS / steps), 10), 100)


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
) -> None:
    """Check settings of :func:`fit` before there is a model; None is left to its default.

    Raises:
        SettingError: One is out of its range or does not exist.
    """
    Duration(epochs, max_minutes, patience=patience, last_epoch=last_epoch).verify()
    Schedule(schedule, decay, every).verify()
    if monitor not in (None, *MONITORS):
        raise SettingError(f"monitor must be one of {', '.join(MONITORS)}, not {monitor!r}.")


@contextlib.contextmanager
def _best_if_interrupted(model: keras.Model, best: BestWeights) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if best.best_weights is not None:
            model.set_weights(best.best_weights)
        raise


def check_compiled(model: keras.Model) -> None:
    """Check that a model is compiled with a rate that a schedule can be laid over.

    Raises:
        SettingError: It is not.
    """
    if not model.compiled:
        raise SettingError("The model is not compiled; training.compile_model(model) does it.")
    if not isinstance(model.optimizer._learning_rate, keras.Variable):
        raise SettingError(
            "The model is compiled with a schedule of Keras', and fit has schedules of its own. "
            'Compile it with a number, and choose here: schedule="cosine", for example.'
        )


def _why(guard: monitoring.LossGuard, best: BestWeights, pace: Pace, epochs: int) -> str:
    if guard.stopped:
        return f"{guard.stopped}; the weights of epoch {best.best_epoch + 1} are kept"
    if pace.stopped:
        return pace.stopped
    if best.stopped_epoch and epochs < pace.epochs:
        kept = best.best_epoch + 1
        return f"none of epochs {kept + 1} to {epochs} was better than epoch {kept}"
    return ""


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
        f"{named} diverged: {what}, before one epoch could be used. Try a lower learning rate: "
        f"{advice}."
    )
