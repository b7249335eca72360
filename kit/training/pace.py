"""How fast a training learns, and how long it lasts."""

import math
import time
from typing import Any

import keras

from kit.training.schedules import Schedule

LEAST = 0.05  # minutes that are always left: what is begun is finished, if with a few steps
TIMED = 5  # steps before the first plan; the very first is not among them, since it compiles
FORWARD = 1 / 3  # of a training step: what answering a batch takes, until a validation was timed
STEEPEST = 2  # how many times the rate may grow from one step to the next after a plan has changed


def minutes_left(limit: float | None, start: float) -> float | None:
    """Return what is left of a limit in minutes, for what began at ``time.monotonic() == start``.

    At least three seconds, but never more than the limit; None where there is no limit.
    """
    if limit is None:
        return None
    return min(limit, max(LEAST, limit - (time.monotonic() - start) / 60))


class Pace(keras.callbacks.Callback):
    """Sets the learning rate of every step, and plans under a time limit how many epochs fit.

    The plan is made after the first steps were timed, anew after every further step of the first
    epoch and after every epoch. The schedule then goes on from where it is and ends with the plan.

    Args:
        schedule: How the rate changes.
        peak: The schedule's highest rate.
        epochs: How many epochs were asked for.
        steps: Steps of one epoch.
        max_seconds: Limit for the training and for scoring what came of it.
        last: The epoch (from 1) after which the training ends, though the schedule goes on; None
            for the end of the schedule.
        validated: Batches of the validation after each epoch.
        scored: Batches that are answered once after the training, for which time is left.
    """

    def __init__(
        self,
        schedule: Schedule,
        peak: float,
        epochs: int,
        steps: int,
        max_seconds: float | None,
        last: int | None = None,
        validated: int = 0,
        scored: int = 0,
    ) -> None:
        super().__init__()
        self.last = last
        self.schedule, self.peak, self.epochs, self.steps = schedule, peak, epochs, steps
        self.max_seconds, self.validated, self.scored = max_seconds, validated, scored
        self.clock = time.monotonic
        self.stopped = ""
        self.asked, self.total = epochs, epochs * steps
        self.taken = 0  # those of earlier epochs, too, where this training goes on
        self.changed = (0, 0.0)  # when the plan was: the steps taken, the share of the schedule
        self.share = math.inf  # of the step before
        self.step = 0.0  # seconds of a step of the first epoch
        self.start = self.first_step_done = self.batches_done = self.first_epoch_done = 0.0

    @property
    def end(self) -> int:
        """Return how many epochs are trained."""
        return self.epochs if self.last is None else min(self.epochs, self.last)

    def counts_from(self) -> int:
        """Return the first epoch (from 0) that early stopping may count."""
        taken, done = self.changed
        ahead = max(0.0, self.schedule.counts_from() - done) / (1 - done)
        return math.floor(taken / self.steps + ahead * (self.epochs - taken / self.steps))

    def on_train_begin(self, logs: Any = None) -> None:
        """Start the clock."""
        self.start = self.clock()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Set the rate of this step."""
        done = self._done(self.taken + 0.5)  # the middle of the step: never 0
        share = self.schedule.factor(done, self.taken // self.steps)
        if self.max_seconds is not None:
            share = self.share = min(share, STEEPEST * self.share)
        self.model.optimizer.learning_rate = self.peak * share
        self.taken += 1

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Under a limit, plan with what the steps of the first epoch took, and end in time."""
        self.batches_done = self.clock()
        if self.max_seconds is None:
            return
        if self.taken == 1:
            self.first_step_done = self.batches_done
        elif self.taken <= self.steps:
            self.step = (self.batches_done - self.first_step_done) / (self.taken - 1)
            if self.taken < self.steps and (self.taken > TIMED or self._left() < 0):
                self._plan_first_epoch()
        elif self._left() < 0:  # the machine became slower
            epoch = (self.taken - 1) // self.steps + 1
            self.stopped = f"the time limit was reached in epoch {epoch} of {self.end}"
            self.model.stop_training = True
        if self.taken >= self.total:
            self.model.stop_training = True

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Plan with what the epochs took, and end after the last."""
        now, limited = self.clock(), self.max_seconds is not None
        if epoch == 0:
            self.first_epoch_done = now
        if limited and self.taken < self.total and not self.model.stop_training:
            rest = now - self.batches_done  # validation, saving
            each = (now - self.first_epoch_done) / max(epoch, 1) or self.step * self.steps + rest
            scoring = self.scored * (rest / self.validated if self.validated else self._answering())
            self._plan(epoch + 1 + max(0, math.floor((self._left() - scoring) / max(each, 1e-6))))
        if epoch + 1 >= self.end:
            self.model.stop_training = True

    def _plan_first_epoch(self) -> None:
        """Plan in the first epoch; where less than that fits, as many of its steps as do."""
        validation = self.validated * self._answering()
        ahead = (self.steps - self.taken) * self.step + validation
        left = self._left() - ahead - self.scored * self._answering()
        if left >= 0:
            self._plan(1 + math.floor(left / max(self.steps * self.step + validation, 1e-6)))
            return
        fitting = max(self.taken, self.steps + math.floor(left / max(self.step, 1e-6)))
        self._plan(1, fitting)
        limit = float(self.max_seconds or 0)
        self.stopped = (
            f"the time limit allows {fitting} of the {self.steps} steps of the first epoch, which "
            f"needs {_minutes(limit - left)}; {_minutes(limit)} were left for this training"
        )

    def _plan(self, epochs: int, steps: int | None = None) -> None:
        """Let the schedule go on from here and end with so many epochs, or steps."""
        wanted = self.asked if self.last is None else min(self.asked, self.last)
        fits = epochs >= wanted and steps is None
        self.stopped = "" if fits else f"the time limit allows {epochs} of {wanted} epochs"
        epochs = self.asked if fits else epochs
        total = epochs * self.steps if steps is None else steps
        if total != self.total and total > self.taken:
            self.changed = (self.taken, self._done(self.taken))
        self.epochs, self.total = epochs, total

    def _done(self, taken: float) -> float:
        """Return the share of the schedule that is done after so many steps."""
        since, done = self.changed
        return done + (1 - done) * ((taken - since) / (self.total - since))

    def _answering(self) -> float:
        """Return what answering a batch takes in seconds, as long as none was timed."""
        return FORWARD * self.step

    def _left(self) -> float:
        return float(self.max_seconds or 0) - (self.clock() - self.start)


def _minutes(seconds: float) -> str:
    return f"{math.ceil(seconds / 6) / 10:g} minutes"
