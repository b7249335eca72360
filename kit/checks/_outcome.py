"""How a training came out, as far as every rule asks."""

from kit.checks._curves import Curves
from kit.checks._finding import Severity
from kit.checks._thresholds import limit

__all__ = ["at_chance", "poor", "spoilt"]


def at_chance(curves: Curves) -> bool:
    """Tell whether validation answers are no better than guessing."""
    return curves.balanced < curves.chance + limit("chance") * curves.error


def poor(curves: Curves) -> bool:
    """Tell whether a training did not learn what it was shown, or diverged."""
    return (
        not curves.finite
        or curves.trained < limit("poor")
        or curves.balanced < curves.chance + limit("chance") * curves.error
    )


def spoilt(curves: Curves) -> Severity:
    """Return how severe a fault is: it spoilt this training, or may the next."""
    return "failed" if poor(curves) else "warning"
