"""Learning-rate schedules: pure functions of how much of the training is done.

They are plain functions and not Keras' ``LearningRateSchedule`` objects because the number of
epochs may be fixed only after some steps were timed (``max_minutes``), and because Keras has no
one-cycle schedule. ``done`` runs from 0 (before the first step) to 1 (after the last). "geometric"
alone counts epochs instead: it is the same however many of them are planned.
"""

import math
from collections.abc import Callable

__all__ = ["NAMES", "counts_from", "factor"]

ONE_CYCLE_RISE = (
    0.3  # of the training; Smith & Topin 2018 rise for a little under half, fastai 0.25
)
ONE_CYCLE_START = 1 / 25
WARM_UP = 0.05
EACH_EPOCH = 0.9  # of the epoch before; CS231n, "Hyperparameter search", decays its rate so


def _constant(done: float) -> float:
    return 1.0


def _step(done: float) -> float:
    # He et al., Deep Residual Learning, CVPR 2016, section 4.2: divided by 10 at a half and at
    # three quarters of the training.
    return 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01


def _exponential(done: float) -> float:
    return math.exp(-5 * done)  # ends below a hundredth


def _inverse(done: float) -> float:
    return 1 / (1 + 10 * done)


def _cosine(done: float) -> float:
    if done < WARM_UP:
        return done / WARM_UP
    return _half_cosine((done - WARM_UP) / (1 - WARM_UP))


def _one_cycle(done: float) -> float:
    # Smith & Topin, Super-Convergence, 2018, with cosine in place of straight flanks.
    if done < ONE_CYCLE_RISE:
        return 1 - (1 - ONE_CYCLE_START) * _half_cosine(done / ONE_CYCLE_RISE)
    return _half_cosine((done - ONE_CYCLE_RISE) / (1 - ONE_CYCLE_RISE))


def _half_cosine(share: float) -> float:
    return (1 + math.cos(math.pi * share)) / 2


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": _constant,
    "step": _step,
    "geometric": _constant,  # within an epoch
    "exponential": _exponential,
    "1/t": _inverse,
    "cosine": _cosine,
    "one-cycle": _one_cycle,
}
WITH_WARM_UP = ("cosine", "one-cycle")
NAMES = tuple(SCHEDULES)


def factor(schedule: str, done: float, epoch: int = 0) -> float:
    """Return the share of the peak learning rate at this point of the training.

    Args:
        schedule: One of ``NAMES``.
        done: Share of all steps that were taken, 0 to 1.
        epoch: How many are complete; only "geometric" asks.
    """
    done = min(max(done, 0.0), 1.0)
    share = SCHEDULES[schedule](done)
    if schedule == "geometric":
        share *= EACH_EPOCH**epoch
    return share


def counts_from(schedule: str) -> float:
    """Return the share of the training after which early stopping may count epochs.

    A schedule with a warm-up holds the validation score down while the rate is high and lifts it
    at the end: patience before the rate has fallen to half its peak would stop good trainings.
    """
    if schedule not in WITH_WARM_UP:
        return 0.0
    return next(n / 100 for n in range(50, 101) if factor(schedule, n / 100) <= 0.5)
