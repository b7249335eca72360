"""Causes that show in how training and validation compare."""

import math

import numpy as np

from kit.diagnosis import thresholds as limits
from kit.diagnosis.curve_reading import Curves
from kit.diagnosis.finding import Finding
from kit.diagnosis.outcome import (
    REBOUND,
    answer_limit,
    apart,
    at_chance,
    brief,
    collapsed,
    gap_limit,
    rested,
    rises,
)
from kit.diagnosis.rules_rate import still_falling
from kit.diagnosis.training_evidence import Evidence


def overfitting(seen: Evidence, curves: Curves) -> Finding | None:
    """Training images are known much better than others."""
    if not apart(curves) or at_chance(curves):
        return None
    since, told = _since(curves)
    plain = "without augmentation, in inference" if curves.sampled else "as augmented for training"
    rising = (
        f"; the validation loss was lowest in epoch {curves.lowest_validation} and ends "
        f"{curves.rebound:.2f} times as high"
        if rises(curves)
        else ""
    )
    sentence = (
        f"The network overfits: {told} it does better on training images than on validation "
        f"images, at the end by {100 * curves.gap:.0f} points."
    )
    features = seen.facts.head and curves.rebound <= REBOUND
    if features:
        sentence = (
            "The head does better on training images than on validation images, by "
            f"{100 * curves.gap:.0f} points, as most heads on a frozen backbone do. Its validation "
            "loss hardly rises, so this costs little: the features are the limit."
        )
    return Finding(
        "limit of the features" if features else "overfitting",
        "warning",
        sentence,
        f"{curves.measure} {curves.trained:.2f} on training images ({plain}), "
        f"{curves.validated:.2f} on validation images; expected less than {gap_limit(curves):.2g} "
        f"between them{rising}",
        {"gap": curves.gap, "since": since, "rebound": curves.rebound},
    )


def _since(curves: Curves) -> tuple[int, str]:
    """Return the epoch from which all gaps that were measured are large, and say it."""
    measured = np.flatnonzero(np.isfinite(curves.gaps))
    small = measured[curves.gaps[measured] <= gap_limit(curves)]
    before = int(small[-1]) + 1 if len(small) else 0
    since = int(next((one for one in measured if one >= before), measured[-1])) + 1
    named = curves.before + since
    if since <= before:
        return named, "in the last epochs"
    if since == before + 1:
        return named, f"from epoch {named} on"
    earlier = f", and not yet in epoch {curves.before + before}" if before else ""
    return named, f"measured in epoch {named}{earlier},"


def underfitting(seen: Evidence, curves: Curves) -> Finding | None:
    """No gap and poor on both: at rest nothing more comes, else more time may help."""
    if not curves.trained < limits.POOR or apart(curves) or at_chance(curves):
        return None
    if not rested(curves):
        early = curves.pace > 0 and (curves.epochs == 1 or curves.pace <= limits.PACE)
        return still_falling(curves, limits.REST) if early else None
    return Finding(
        "underfitting",
        "warning",
        f"The {'head' if seen.facts.head else 'network'} underfits: it does not do clearly better "
        "on its training images than on others, and the loss hardly falls any more.",
        f"{curves.measure} {curves.trained:.2f} on training images, {curves.validated:.2f} on "
        f"validation images; expected above {limits.POOR:g} on training images; in the last third "
        f"the loss fell at {curves.pace:.2f} times its mean rate"
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
        "The network guesses to the end. Many causes lead to such curves: wrong labels, dead "
        "units, frozen layers, bad initial weights, wrongly scaled pixels, a learning rate that is "
        "far too high or low.",
        f"validation {curves.measure} {curves.validated:.2f}; guessing gives {curves.chance:.2f}; "
        f"{curves.trained:.2f} on training images",
        {"validated": curves.validated, "trained": curves.trained},
    )


def collapse(seen: Evidence, curves: Curves) -> Finding | None:
    """One answer to everything, for a reason that was not seen."""
    if not collapsed(seen, curves) or brief(seen, curves):
        return None
    return Finding(
        "one answer to everything",
        "failed",
        "The network gives nearly all images the same answer.",
        f"{100 * curves.commonest:.0f} % of the sampled validation images get the most common "
        f"answer; expected below {100 * answer_limit(seen):.0f} %",
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
        "The network gives every image the same output: nothing of the image reaches it.",
        f"the outputs differ by {spread[-1]:.1g} between images; expected above 1e-6",
        {"spread": spread[-1]},
    )


def noisy_validation(seen: Evidence, curves: Curves) -> Finding | None:
    """A late validation curve that goes up and down."""
    if not curves.wobble > limits.WOBBLE:
        return None
    return Finding(
        "noisy validation",
        "warning",
        "The validation score still goes up and down at the end, so the choice of the best epoch "
        "is partly luck.",
        f"it changes by {curves.wobble:.2f} from epoch to epoch in the second half; expected below "
        f"{limits.WOBBLE:g}",
        {"wobble": curves.wobble},
    )
