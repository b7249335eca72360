"""Learning-rate schedules: pure functions of how much of the training is done.

They are plain functions and not Keras' ``LearningRateSchedule`` objects because the number of
epochs may be fixed only after some steps were timed (``max_minutes``), and because Keras has no
one-cycle schedule.
"""

import math
from dataclasses import dataclass
from typing import Any, get_args

from kit import choices
from kit.errors import SettingError, nearest
from kit.settings import Optimization

NAMES = get_args(choices.Schedule)
WITH_WARM_UP = ("cosine", "one-cycle")
ONE_CYCLE_RISE = 0.3  # of the training; Smith & Topin rise for a little under half, fastai 0.25
ONE_CYCLE_START = 1 / 25
WARM_UP = 0.05


@dataclass(frozen=True)
class Schedule:
    """How the learning rate changes.

    Attributes:
        name: One of ``NAMES``.
        decay: The constant of the schedules that have one; None is that of ``choices.DECAYS``.
        every: Epochs between two steps of "step"; None steps at a half and at three quarters of
            the training (He et al., "Deep Residual Learning", CVPR 2016, section 4.2).
    """

    name: Any = "one-cycle"  # of a user, until it is verified
    decay: float | None = None
    every: int | None = None

    def verify(self) -> None:
        """Check that there is such a schedule, and that it has these constants.

        Raises:
            SettingError: There is none, or it has not.
        """
        if self.name not in NAMES:
            hint = nearest(self.name, NAMES)
            raise SettingError(
                f"There is no schedule {self.name!r}. Choose from {', '.join(NAMES)}.{hint}"
            )
        Optimization(schedule=self.name, decay=self.decay, every=self.every).verify()

    def factor(self, done: float, epoch: int = 0) -> float:
        """Return the share of the peak learning rate at this point of the training.

        Args:
            done: Share of all steps that were taken, 0 (before the first) to 1 (after the last).
            epoch: How many are complete. Only "geometric", and "step" with ``every``, ask: they
                are the same however many epochs are planned.
        """
        done = min(max(done, 0.0), 1.0)
        decay = choices.DECAYS.get(self.name, 1.0) if self.decay is None else self.decay
        match self.name:
            case "step":
                steps = (done >= 0.5) + (done >= 0.75)
                times = steps if self.every is None else epoch // self.every
                return float(f"{decay**times:.12g}")  # 0.01, not 0.010000000000000002
            case "geometric":
                return float(decay**epoch)
            case "exponential":
                return math.exp(-decay * done)
            case "1/t":
                return 1 / (1 + decay * done)
            case "cosine":
                return _peaking(done, WARM_UP, 0.0, straight=True)
            case "one-cycle":  # Smith & Topin, "Super-Convergence", 2018; their flanks are straight
                return _peaking(done, ONE_CYCLE_RISE, ONE_CYCLE_START, straight=False)
        return 1.0

    def counts_from(self) -> float:
        """Return the share of the training after which early stopping may count epochs.

        A schedule with a warm-up holds the validation score down while the rate is high and lifts
        it at the end: patience before the rate has fallen to half its peak would stop good
        trainings.
        """
        if self.name not in WITH_WARM_UP:
            return 0.0
        return next(n / 100 for n in range(50, 101) if self.factor(n / 100) <= 0.5)


def _peaking(done: float, rise: float, start: float, *, straight: bool) -> float:
    """Rise to 1 in this share of the training, and fall to 0 along half a cosine."""
    if done >= rise:
        return _half_cosine((done - rise) / (1 - rise))
    return done / rise if straight else 1 - (1 - start) * _half_cosine(done / rise)


def _half_cosine(share: float) -> float:
    return (1 + math.cos(math.pi * share)) / 2
