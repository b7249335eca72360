"""Causes that show in how training and validation compare."""

import math

import numpy as np

from kit.checks._curves import Curves
from kit.checks._evidence import Evidence
from kit.checks._finding import Finding
from kit.checks._outcome import at_chance, brief
from kit.checks._thresholds import limit

__all__ = ["blind", "collapse", "learns_nothing", "noisy_validation", "overfitting", "underfitting"]


def overfitting(seen: Evidence, curves: Curves) -> Finding | None:
    """Training images are known much better than others."""
    if not curves.gap > limit("gap") or at_chance(curves):
        return None
    known = np.flatnonzero(np.nan_to_num(curves.gaps, nan=-1.0) > limit("gap"))
    since = int(known[0]) + 1 if len(known) else curves.epochs
    rising = (
        f"; the validation loss was lowest in epoch {curves.lowest_validation} and ends "
        f"{curves.rebound:.2f} times as high"
        if curves.rebound > 1.05
        else ""
    )
    return Finding(
        "overfitting",
        "warning",
        f"The network overfits: from epoch {since} on it knows its training images better than "
        f"others, at the end by {100 * curves.gap:.0f} points.",
        f"{curves.measure} {curves.trained:.2f} on training images (plain, in inference), "
        f"{curves.validated:.2f} on validation images; expected less than {limit('gap'):g} "
        f"between them{rising}",
        {"gap": curves.gap, "since": since, "rebound": curves.rebound},
    )


def underfitting(seen: Evidence, curves: Curves) -> Finding | None:
    """No gap and poor on both, at rest: nothing more comes."""
    if curves.trained >= limit("poor") or curves.gap > limit("gap") or at_chance(curves):
        return None
    if curves.pace > limit("pace"):
        return None  # more may come
    return Finding(
        "underfitting",
        "warning",
        "The network underfits: it does no better on its training images than on others, and the "
        "loss has come to rest. It is too small for this problem, or sees too little.",
        f"{curves.measure} {curves.trained:.2f} on training images, {curves.validated:.2f} on "
        f"validation images; expected above {limit('poor'):g} on the first"
        + (f"; {seen.facts.parameters:,} weights" if seen.facts.parameters else ""),
        {"trained": curves.trained, "validated": curves.validated},
    )


def learns_nothing(seen: Evidence, curves: Curves) -> Finding | None:
    """Guessing to the end, for a reason that was not seen."""
    if not at_chance(curves) or brief(seen, curves):
        return None
    return Finding(
        "nothing is learned",
        "failed",
        "The network guesses to the end. Many causes look like this in curves: labels, dead units, "
        "frozen layers, first weights, pixels that are scaled wrongly, a rate far too high or low.",
        f"validation {curves.measure} {curves.validated:.2f}, guessing gives {curves.chance:.2f}; "
        f"{curves.trained:.2f} on training images",
        {"validated": curves.validated, "trained": curves.trained},
    )


def collapse(seen: Evidence, curves: Curves) -> Finding | None:
    """One answer to everything, for a reason that was not seen."""
    if not curves.commonest > limit("collapse") or brief(seen, curves):
        return None
    return Finding(
        "one answer to everything",
        "failed",
        "The network gives one and the same answer to nearly all images.",
        f"{100 * curves.commonest:.0f} % of the validation images get the commonest answer; "
        f"expected below {100 * limit('collapse'):.0f} %",
        {"commonest": curves.commonest},
    )


def blind(seen: Evidence, curves: Curves) -> Finding | None:
    """Outputs that do not depend on the image."""
    measured = seen.table.get("output_spread", ())
    spread = [one for one in measured if one is not None and math.isfinite(one)]
    if not spread or spread[-1] > 1e-6:
        return None
    return Finding(
        "answers do not depend on the image",
        "failed",
        "The network answers the same to every image: nothing of it reaches the output.",
        f"the outputs differ by {spread[-1]:.1g} between images; expected above 1e-6",
        {"spread": spread[-1]},
    )


def noisy_validation(seen: Evidence, curves: Curves) -> Finding | None:
    """A late validation curve that goes up and down."""
    if not curves.wobble > limit("wobble"):
        return None
    return Finding(
        "noisy validation",
        "warning",
        "The validation score still goes up and down at the end, so which epoch is best is partly "
        "luck.",
        f"it moves by {curves.wobble:.2f} from epoch to epoch in the second half; expected below "
        f"{limit('wobble'):g}",
        {"wobble": curves.wobble},
    )
