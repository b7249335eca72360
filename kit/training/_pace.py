"""How fast a training learns, and how long it lasts."""

import math
import time
from typing import Any

import keras

from kit.training import _schedules

__all__ = ["Pace", "minutes_left"]

LEAST = 0.05  # minutes that are always left: what is begun is finished, if with one epoch


def minutes_left(limit: float | None, start: float) -> float | None:
    """Return what is left of a limit in minutes, for what began at ``time.monotonic() == start``.

    At least three seconds, but never more than the limit; None where there is no limit.
    """
    if limit is None:
        return None
    return min(limit, max(LEAST, limit - (time.monotonic() - start) / 60))


class Pace(keras.callbacks.Callback):
    """Sets the learning rate of every step, and fixes the number of epochs under a time limit.

    Args:
        schedule: Name in ``_schedules.NAMES``.
        peak: The schedule's highest rate.
        epochs: How many epochs were asked for.
        steps: Steps of one epoch.
        max_seconds: Limit for the training. After the first epoch was timed, as many epochs as fit
            are trained, and the schedule ends with them.
        last: The epoch (from 1) after which the training ends, though the schedule goes on; None
            for the end of the schedule.
        first: Epochs that were trained before this training goes on.
    """

    def __init__(
        self,
        schedule: str,
        peak: float,
        epochs: int,
        steps: int,
        max_seconds: float | None,
        last: int | None = None,
        first: int = 0,
    ) -> None:
        super().__init__()
        self.last = last
        self.schedule, self.peak, self.epochs, self.steps = schedule, peak, epochs, steps
        self.max_seconds = max_seconds
        self.clock = time.monotonic
        self.stopped = ""
        self.taken = first * steps
        self.start = self.first_step_done = self.batches_done = 0.0

    @property
    def end(self) -> int:
        """Return how many epochs are trained."""
        return self.epochs if self.last is None else min(self.epochs, self.last)

    def counts_from(self) -> int:
        """Return the first epoch (from 0) that early stopping may count."""
        return math.floor(_schedules.counts_from(self.schedule) * self.epochs)

    def on_train_begin(self, logs: Any = None) -> None:
        """Start the clock."""
        self.start = self.clock()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Set the rate of this step."""
        done = (self.taken + 0.5) / (self.epochs * self.steps)  # the middle of the step: never 0
        share = _schedules.factor(self.schedule, done, self.epochs)
        self.model.optimizer.learning_rate = self.peak * share
        self.taken += 1

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Note when the first step was done, and stop a first epoch that alone is too long."""
        self.batches_done = self.clock()
        if self.taken == 1:
            self.first_step_done = self.batches_done
        if self.taken < self.steps and self._over():
            self.model.stop_training = True
            self.epochs = 1
            self.stopped = (
                f"the time limit came after {self.taken} of the {self.steps} steps of the first "
                "epoch"
            )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Fix the number of epochs after the first, and end after the last."""
        if epoch == 0 and self.max_seconds is not None and not self.stopped:
            fitting = self._epochs_that_fit()
            if fitting < self.end:
                self.stopped = f"the time limit allows {fitting} of {self.end} epochs"
                self.epochs = fitting
        if epoch + 1 >= self.end:
            self.model.stop_training = True
        elif self._over():  # the machine became slower after the first epoch
            self.model.stop_training = True
            self.stopped = f"the time limit came after epoch {epoch + 1} of {self.end}"

    def _over(self) -> bool:
        return self.max_seconds is not None and self.clock() - self.start > self.max_seconds

    def _epochs_that_fit(self) -> int:
        now = self.clock()
        step = (self.batches_done - self.first_step_done) / max(self.steps - 1, 1)
        epoch = step * self.steps + (now - self.batches_done)  # the rest: validation, saving
        left = float(self.max_seconds or 0) - (now - self.start)
        return 1 + max(0, math.floor(left / max(epoch, 1e-6)))
