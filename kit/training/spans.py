"""A span of a training's epochs, after which another process may go on as if it had never ended."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from kit import choices, data, monitoring
from kit.choices import ClassWeight
from kit.errors import SettingError
from kit.training.callbacks import HistoryTable
from kit.training.compiling import measure_data_loss
from kit.training.continuation import State
from kit.training.fit_checks import check_fit
from kit.training.loop import Halfway, Loop
from kit.training.schedules import Schedule
from kit.training.watching import nothing_known


@dataclass(frozen=True)
class Span:
    """What a span of a training gave.

    Attributes:
        rows: One for each epoch: ``epoch`` (from 1), ``loss``, ``data_loss`` (without penalties,
            every image counted once, whatever its class weighs), ``accuracy``,
            ``balanced_accuracy``, the same with ``val_`` before them, ``learning_rate``,
            ``seconds`` and ``cpu_seconds`` (of all threads), validation included. Of an epoch that
            was stopped halfway it has what was trained of it, and nothing of validation.
        stopped: Why it was stopped, in words; empty where all its epochs were trained.
        first: How many epochs had been trained when it began: 0 where it should have gone on and
            there was nothing to go on from.
    """

    rows: tuple[Mapping[str, float], ...]
    stopped: str = ""
    first: int = 0


def fit_span(
    model: keras.Model,
    splits: data.Splits,
    *,
    first: int,
    last: int,
    epochs: int,
    schedule: choices.Schedule = "one-cycle",
    decay: float | None = None,
    every: int | None = None,
    class_weight: ClassWeight = "none",
    share: float = 1.0,
    report: Callable[[Mapping[str, float]], None] | None = None,
    state: Path | str | None = None,
) -> Span:
    """Train some epochs of a training, quietly, and leave the model as it is after the last.

    Trained in several spans, by the same or by other processes, a model has the same weights and
    rows, bit by bit, as trained in one, on the CPU with an equal number of threads. What ran
    earlier in the process changes nothing, where the model was built after
    ``keras.utils.set_random_seed``. It is stopped where the smoothed ``data_loss`` is over 3 times
    what it began with, or what it has where nothing is known, whichever is more, in whatever span,
    and where a loss or a weight is no number.

    Args:
        model: Compiled, for example by :func:`kit.training.compile_model`, and not trained; built
            anew for each span. It is compiled again for other metrics.
        splits: The data; the optimizer's learning rate is the peak of the schedule.
        first: Epochs that were trained before.
        last: The epoch (from 1) to end with.
        epochs: What the schedule runs over; at least ``last``.
        schedule: How the rate goes from epoch to epoch.
        decay: Its constant, as in :func:`kit.training.fit`.
        every: Epochs between the steps of schedule "step".
        class_weight: As in :func:`kit.training.fit`.
        share: Of the steps of an epoch that are done, for a training of one epoch; at least one is.
        report: Called with each row as soon as it is there.
        state: A file, read where ``first`` is above 0 and written at the end where epochs are left.
            Where it is not there, damaged or of another training, the training begins from 0.
            That it cannot be written is said, and no error.

    Raises:
        SettingError: A setting is out of its range.
    """
    check_span(first, last, epochs, schedule, share, decay=decay, every=every)
    schedules = Schedule(schedule, decay, every)
    loop = Loop(model, splits, epochs, schedules, class_weight, last=last, share=share)
    measure_data_loss(model)
    guard = _guard(model)
    rows = _Rows(guard, report)
    going = None if state is None else State(state, guard)
    first = loop.run([guard, rows, loop.pace], first, going)
    return Span(tuple(rows.rows), guard.stopped, first)


def check_span(
    first: int,
    last: int,
    epochs: int,
    schedule: str,
    share: float = 1.0,
    decay: float | None = None,
    every: int | None = None,
) -> None:
    """Check settings of :func:`fit_span` before there is a model.

    Raises:
        SettingError: One is out of its range or does not exist.
    """
    check_fit(epochs, None, schedule, None, None, last, decay, every, first)
    if not 0 < share <= 1 or (share < 1 and epochs != 1):
        raise SettingError(
            f"share must be above 0 and at most 1, and 1 where there is more than one epoch; it is "
            f"{share} of {epochs}."
        )


class _Rows(HistoryTable):
    """Makes a row of each epoch, and ends the training where the guard before it says so."""

    def __init__(
        self,
        guard: monitoring.LossGuard,
        report: Callable[[Mapping[str, float]], None] | None,
    ) -> None:
        super().__init__(None)
        self.guard, self.report = guard, report
        self.epoch, self.cpu_begun = 0, 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the epoch's clocks."""
        super().on_epoch_begin(epoch, logs)
        self.epoch, self.cpu_begun = epoch, time.process_time()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """End an epoch that has gone wrong."""
        if self.guard.stopped:
            self.on_epoch_end(self.epoch, logs)
            raise Halfway

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add the row, with the processor time, and report it."""
        super().on_epoch_end(epoch, logs)
        self.rows[-1]["cpu_seconds"] = round(time.process_time() - self.cpu_begun, 3)
        if self.report is not None:
            self.report(self.rows[-1])


def _guard(model: keras.Model) -> monitoring.LossGuard:
    floor = nothing_known(model)
    return monitoring.LossGuard(floor=floor, log="data_loss", each_epoch=True, look=0)
