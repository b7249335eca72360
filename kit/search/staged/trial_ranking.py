"""Which trials are best, and whether any has learned anything."""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kit.intervals import luck, standard_error
from kit.search.trials import Trial, rank_key

BEST_SHARE, FEWEST_BEST = 8, 3  # one in 8 trials is among the best, but at least 3
LOSS = "val_data_loss"
MOVED = 1e-3  # of the loss: less is rounding, or learning how frequent the classes are
JUMP = 0.02  # of the loss, in the mean of an epoch: more than it is without learning
RATE = "learning_rate"


@dataclass(frozen=True)
class Chance:
    """What can be reached without learning anything.

    Attributes:
        images: How many validation images the score is measured on.
        score: What guessing scores there: always answering the largest class or, where classes
            count alike, any class.
        error: Standard error of that, see :func:`kit.intervals.guessing`; None takes that of a
            share of the images.
    """

    images: int
    score: float
    error: float | None = None

    @property
    def worth(self) -> float:
        """Return how many images tell as much of a score, see :func:`kit.intervals.worth`."""
        if not self.error:
            return self.images
        return self.score * (1 - self.score) / self.error**2


def chance_level(chance: Chance | None) -> float:
    """Return the highest score that may be luck; -inf where nothing is known."""
    if chance is None:
        return -math.inf
    error = chance.error
    if error is None:
        error = standard_error(chance.score, [max(chance.images, 1)], balanced=False)
    return luck(chance.score, error)


def at_chance(trials: Iterable[Trial], objective: str, chance: Chance | None) -> bool:
    """Tell whether no trial scores better than guessing might.

    Of so few images that all right answers may be luck, scores tell nothing, and this is False.

    Args:
        trials: Any; those that diverged do not count.
        objective: A column of their rows.
        chance: What guessing scores.
    """
    if "loss" in objective:
        return False
    scores = [trial.best(objective)[objective] for trial in trials if trial.feasible]
    return bool(scores) and max(scores) <= chance_level(chance) < 1


def ranked(trials: Iterable[Trial], objective: str, chance: Chance | None = None) -> list[Trial]:
    """Return the feasible trials, best first.

    Those that went further are before those that were stopped earlier. Where no accuracy is above
    what guessing gives, or could be, differences between accuracies are luck, and the loss decides,
    which moves before any image changes its class. Where that has not moved either, the highest
    learning rate is first: it is the next to move, since it did not diverge.

    Args:
        trials: Of the same length and stage, or the comparison is unfair.
        objective: A column of their rows; lower is better where "loss" is in its name.
        chance: What guessing scores; None trusts every accuracy.
    """
    feasible = [trial for trial in trials if trial.feasible]
    luck_alone = "loss" not in objective and chance_level(chance) >= 1
    if luck_alone or at_chance(feasible, objective, chance):
        return _by_loss(feasible)

    def key(trial: Trial) -> tuple[float, ...]:
        return (-len(trial.rows), *rank_key(trial.best(objective), objective), trial.number)

    return sorted(feasible, key=key)


def _by_loss(trials: Sequence[Trial]) -> list[Trial]:
    """Return trials that all guess, those whose loss or, else, whose rate promises most first."""
    losses = {trial.number: rank_key(trial.best(LOSS), LOSS)[0] for trial in trials}
    least: dict[int, float] = {}
    for trial in trials:
        length = len(trial.rows)
        least[length] = min(least.get(length, math.inf), losses[trial.number])

    burst = jumped(trials)

    def key(trial: Trial) -> tuple[float, ...]:
        length, loss = len(trial.rows), losses[trial.number]
        still = loss <= least[length] + MOVED * abs(least[length])
        if still and trial.number not in burst:
            return (-length, 0, -float(trial.values.get(RATE, 0)), loss, trial.number)
        return (-length, 1, loss, 0, trial.number)

    return sorted(trials, key=key)


def jumped(trials: Iterable[Trial]) -> set[int]:
    """Return the trials whose training loss was far above that of others in the first epoch.

    At a rate that is far too high, units may die: then the loss does not move either, but it did.
    """
    feasible = sorted(
        (trial for trial in trials if trial.feasible), key=lambda one: one.values.get(RATE, 0)
    )
    losses = {one.number: one.rows[0].get("data_loss", math.nan) for one in feasible}
    lower = [losses[one.number] for one in feasible[: math.ceil(len(feasible) / 2)]]
    finite = [loss for loss in lower if math.isfinite(loss)]
    calm = statistics.median(finite) if finite else math.nan  # the lowest would be one that learns
    return {number for number, loss in losses.items() if loss > calm + JUMP * abs(calm)}


def best_of(
    ranking: Sequence[Trial], objective: str = "", chance: Chance | None = None
) -> Sequence[Trial]:
    """Return the best few of ranked trials, from which the next range is made.

    Where some score better than guessing might, the others are not among them: what came next to
    these is luck.

    Args:
        ranking: Best first.
        objective: A column of their rows.
        chance: What guessing scores; None where that is not known.
    """
    best = ranking[: max(FEWEST_BEST, math.ceil(len(ranking) / BEST_SHARE))]
    if chance is None or "loss" in objective:
        return best
    level = chance_level(chance)
    return [one for one in best if one.best(objective)[objective] > level] or best
