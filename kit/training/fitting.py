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
from kit.errors import SettingError
from kit.intervals import worth
from kit.training.callbacks import BestWeights, HistoryTable, ShowProgress
from kit.training.compiling import default_rate
from kit.training.continuation import State
from kit.training.fit_checks import (
    check_diverged,
    check_fit,
    default_epochs,
    default_monitor,
    why_stopped,
)
from kit.training.loop import Loop
from kit.training.schedules import Schedule
from kit.training.watching import Watch, nothing_known


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
    checkpoint: Path | str | None = None,
    history_file: Path | str | None = None,
    log_folder: Path | str | None = None,
    name: str = "Training",
    callbacks: Sequence[keras.callbacks.Callback] = (),
    watch: bool = False,
    last_epoch: int | None = None,
    first: int = 0,
    state: Path | str | None = None,
) -> History:
    """Train a compiled classifier and leave it with the weights of one epoch.

    Among the epochs whose score is within one standard error of the best, that is the one with the
    lowest validation loss, see :func:`kit.evaluation.kept_epoch`. A KeyboardInterrupt leaves it
    with the one kept so far, where one epoch was complete.

    Args:
        model: Compiled, for example by :func:`kit.training.compile_model`.
        splits: The data; the optimizer's learning rate is the peak of the schedule.
        epochs: Passes over the training part; by default about 1,500 steps of them, 10 to 100; with
            ``max_minutes``, as many as fit, at most 100.
        schedule: How the rate goes from epoch to epoch.
        decay: Its constant, see :class:`kit.settings.Optimization`.
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
        first: Epochs that were trained before, after which ``state`` was written. The training
            goes on bit by bit as if it had never ended, on the CPU with an equal number of threads
            and a model that was built in the same way; its clocks count what is trained now.
        state: A file that is written at the end of every epoch where others are left, and read
            where ``first`` is above 0; where it is not there, damaged or of another training, the
            training begins from 0. Not together with ``watch`` or ``max_minutes``.

    Raises:
        SettingError: A setting is out of its range or fits no metric.
        KitError: Training diverged before a single epoch was usable.
    """
    if epochs is None:
        epochs = default_epochs(data.steps(splits), max_minutes)
    monitor = default_monitor(splits) if monitor is None else monitor
    check_fit(epochs, monitor, schedule, patience, max_minutes, last_epoch, decay, every, first)
    if state is not None and (watch or max_minutes is not None):
        raise SettingError("A training with a `state` has no `watch` and no `max_minutes`.")
    asked = last_epoch is not None
    if "validation" not in splits.parts:
        if not asked:
            raise SettingError(
                "There is no validation part, and so nothing that tells which epoch is the best; "
                "give last_epoch."
            )
        monitor, watch = monitor.removeprefix("val_"), False  # a diagnosis compares the two parts

    schedules = Schedule(schedule, decay, every)
    loop = Loop(
        model, splits, epochs, schedules, class_weight, last=last_epoch, max_minutes=max_minutes
    )
    pace, peak = loop.pace, loop.pace.peak
    images = worth([*splits.counts("validation").values()], balanced="balanced" in monitor)
    best = BestWeights(monitor, images, patience, pace, checkpoint, newest=asked)
    watched = Watch(model, splits) if watch else None
    guard = watched.guard if watched else monitoring.LossGuard(floor=nothing_known(model), look=0)
    monitors = [watched.monitor] if watched else []
    history, display = HistoryTable(history_file), ShowProgress(pace, monitor, name)
    logs = [keras.callbacks.TensorBoard(log_folder)] if log_folder else []

    start, cpu_start = time.monotonic(), time.process_time()
    with contextlib.ExitStack() as stack:
        stack.callback(display.close)
        stack.enter_context(_best_if_interrupted(model, best))
        seen = [guard, *monitors, best, history, *logs, *callbacks, pace, display]
        going = None if state is None else State(state, guard, best, history, often=True)
        loop.run(seen, first, going)

    lower = min(peak / 10, default_rate(model.optimizer.name))
    check_diverged(guard, best, history, f"`learning_rate={lower:.1g}`")
    stopped = why_stopped(guard, best, pace, len(history.rows))
    if stopped:
        progress.say(f"Stopped: {stopped}.")
    return History(
        table=history.table,
        monitor=monitor,
        best_epoch=best.best_epoch + 1,
        stopped=stopped,
        seconds=time.monotonic() - start,
        cpu_seconds=time.process_time() - cpu_start,
        why="" if asked else evaluation.why_kept(history.rows, best.best_epoch, monitor, images),
        evidence=watched.evidence(model, history.table, pace.epochs, schedule) if watched else None,
    )


@contextlib.contextmanager
def _best_if_interrupted(model: keras.Model, best: BestWeights) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if best.best_weights is not None:
            model.set_weights(best.best_weights)
        raise
