"""How a training came out, as far as every rule asks."""

import math

from kit.diagnosis import thresholds as limits
from kit.diagnosis.curve_reading import Curves
from kit.diagnosis.finding import Severity
from kit.diagnosis.training_evidence import Evidence
from kit.intervals import luck

REBOUND = 1.05  # last validation loss over the lowest: less is the noise of an epoch


def at_chance(curves: Curves) -> bool:
    """Tell whether validation answers are no better than guessing."""
    return curves.chance < 1 and curves.validated < guess_limit(curves.chance, curves.error)


def guess_limit(chance: float, error: float) -> float:
    """Return the score from which on answers are no longer called guesses.

    Of few images even all right answers may be luck. That shows nothing either way, so from half
    way between guessing and no errors on it is not said that a network guesses.
    """
    return min(luck(chance, error), (1 + chance) / 2)


def gap_limit(curves: Curves) -> float:
    """Return the largest gap of training and validation that is usual, or may be luck."""
    # half of an interval is two standard errors
    return max(limits.GAP, curves.half_interval if math.isfinite(curves.half_interval) else 0.0)


def apart(curves: Curves) -> bool:
    """Tell whether training images are known clearly better than others."""
    return curves.gap > gap_limit(curves)


def rested(curves: Curves) -> bool:
    """Tell whether the loss hardly falls any more, which takes three epochs to see."""
    return curves.epochs > 2 and curves.pace < limits.REST


def rises(curves: Curves) -> bool:
    """Tell whether the validation loss ends clearly above its lowest, as in overfitting."""
    return curves.rebound > REBOUND


def collapsed(seen: Evidence, curves: Curves) -> bool:
    """Tell whether nearly all images get one answer, more than have it by right."""
    return curves.commonest > answer_limit(seen)


def answer_limit(seen: Evidence) -> float:
    """Return the largest share of the images looked at that may well get one answer."""
    counts = seen.sample_counts
    largest = max(counts) / sum(counts) if counts else 0.0
    return max(limits.COLLAPSE, (1 + largest) / 2)


def steps(seen: Evidence, curves: Curves) -> int:
    """Return how many steps were taken, 0 where that is not known."""
    facts = seen.facts
    return len(seen.losses) or curves.epochs * math.ceil(sum(facts.train_counts) / facts.batch_size)


def brief(seen: Evidence, curves: Curves) -> bool:
    """Tell whether so few steps were taken that a network may still guess with nothing wrong."""
    return 0 < steps(seen, curves) < limits.BRIEF and not seen.stopped


def poor(curves: Curves) -> bool:
    """Tell whether a training did not learn what it was shown, or diverged."""
    return not curves.finite or curves.trained < limits.POOR or at_chance(curves)


def spoilt(curves: Curves) -> Severity:
    """Return how severe a fault is: it spoilt this training, or may the next."""
    return "failed" if poor(curves) else "warning"
