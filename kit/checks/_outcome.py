"""How a training came out, as far as every rule asks."""

import math

from kit.checks._curves import Curves
from kit.checks._evidence import Evidence
from kit.checks._finding import Severity
from kit.checks._thresholds import limit

__all__ = ["at_chance", "brief", "poor", "spoilt", "steps"]


def at_chance(curves: Curves) -> bool:
    """Tell whether validation answers are no better than guessing."""
    return curves.validated < curves.chance + limit("chance") * curves.error


def steps(seen: Evidence, curves: Curves) -> int:
    """Return how many steps were taken, 0 where that is not known."""
    facts = seen.facts
    return len(seen.losses) or curves.epochs * math.ceil(sum(facts.train_counts) / facts.batch_size)


def brief(seen: Evidence, curves: Curves) -> bool:
    """Tell whether so few steps were taken that a network may still guess with nothing wrong."""
    return 0 < steps(seen, curves) < limit("brief") and not seen.stopped


def poor(curves: Curves) -> bool:
    """Tell whether a training did not learn what it was shown, or diverged."""
    return (
        not curves.finite
        or curves.trained < limit("poor")
        or curves.validated < curves.chance + limit("chance") * curves.error
    )


def spoilt(curves: Curves) -> Severity:
    """Return how severe a fault is: it spoilt this training, or may the next."""
    return "failed" if poor(curves) else "warning"
