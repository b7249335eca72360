"""Causes that lie in the pace: the learning rate, the size of a batch, the number of epochs.

A rule is a function of what was measured and of the curves that are read from it. It returns the
finding that the numbers speak for, or nothing. Every limit stands in ``thresholds``, with a source.
"""

import math
from typing import Any

from kit.diagnosis import thresholds as limits
from kit.diagnosis.curve_reading import Curves
from kit.diagnosis.finding import Finding, Severity
from kit.diagnosis.outcome import at_chance, brief, poor, rises, steps
from kit.diagnosis.training_evidence import Evidence

NEARLY = 0.8  # of the loss of knowing nothing: above it nothing was learned
DONE = 0.9  # of the way to a loss of 0: what is left is not worth more epochs


def rate_too_high(seen: Evidence, curves: Curves) -> Finding | None:
    """The loss explodes, steps are large beside the weights, units die, or the loss jumps."""
    signs = (_explosion, _large_updates, _dead_units, _jumps)  # the surest first
    return next((found for sign in signs if (found := sign(seen, curves)) is not None), None)


def _explosion(seen: Evidence, curves: Curves) -> Finding | None:
    grown = curves.worst_loss > limits.EXPLODE * max(curves.nothing, curves.first_loss)
    unread = bool(seen.bad_images) and not curves.finite  # it is the images that are no numbers
    if not grown and (unread or (curves.finite and not seen.stopped)):
        return None
    told = [seen.stopped, seen.where] if seen.stopped else [_losses(curves)]
    evidence = [*told, _update(curves, f"below {limits.UPDATE_HIGH:g}")]
    return _too_high(seen, curves, "failed", "is much too high: the loss explodes", evidence)


def _large_updates(seen: Evidence, curves: Curves) -> Finding | None:
    if not curves.update > limits.UPDATE_HIGH:
        return None
    learned = curves.trained >= limits.POOR or curves.pace > limits.PACE
    sentence = (
        f"{'may be' if learned else 'is'} too high: a step changes the weights more than "
        f"usual{', though the training learns' if learned else ''}"
    )
    evidence = [_update(curves, f"below {limits.UPDATE_HIGH:g}"), _losses(curves)]
    return _too_high(seen, curves, "warning" if learned else "failed", sentence, evidence)


def _dead_units(seen: Evidence, curves: Curves) -> Finding | None:
    before = seen.before.get("dead_share", math.nan)
    if not (before <= limits.DEAD < curves.dead and poor(curves)):
        return None
    sentence = (
        "is too high: the ReLU units of a layer died during training, and no gradient passes "
        "through them any more"
    )
    evidence = [
        f"{100 * before:.0f} % of a layer's units output 0 for all images before training, "
        f"{100 * curves.dead:.0f} % at the next measurement",
        _losses(curves),
    ]
    more = {"dead_before": before, "dead_after": curves.dead}
    return _too_high(seen, curves, "failed", sentence, evidence, **more)


def _jumps(seen: Evidence, curves: Curves) -> Finding | None:
    jumps = curves.jump > limits.JUMP and curves.rise > limits.RISE * curves.nothing
    if not jumps or not curves.last_loss > NEARLY * curves.nothing:
        return None
    evidence = [
        _losses(curves),
        f"its largest rise is {curves.jump:.2f} of its whole fall; expected below {limits.JUMP:g}",
    ]
    sentence = "is too high: the loss jumps up and down and does not settle"
    severity: Severity = "warning" if brief(seen, curves) else "failed"
    return _too_high(seen, curves, severity, sentence, evidence)


def _too_high(
    seen: Evidence,
    curves: Curves,
    severity: Severity,
    sentence: str,
    evidence: list[str],
    **more: Any,
) -> Finding:
    return Finding(
        "rate too high",
        severity,
        f"{_rate(seen)} {sentence}.",
        "; ".join(filter(None, evidence)),
        {"update": curves.update, "jump": curves.jump, "worst_loss": curves.worst_loss, **more},
    )


def rate_too_low(seen: Evidence, curves: Curves) -> Finding | None:
    """The weights hardly move, or the loss falls in a straight line and has not come far."""
    measured = math.isfinite(curves.update)
    if measured:
        slow = curves.update < limits.UPDATE_LOW and (
            curves.pace > limits.PACE or curves.learned < 0.1
        )
    else:  # from the curve alone
        slow = curves.epochs > 2 and curves.learned < 0.05 and 0.7 < curves.pace < 1.3
    if not slow or seen.facts.frozen_share == 1:
        return None
    falls = "hardly falls" if curves.learned < 0.1 else "still falls as at the start"
    return Finding(
        "rate too low",
        "failed" if curves.trained < limits.POOR else "warning",
        f"{_rate(seen)} is too low: {'the weights hardly move, and ' if measured else ''}the loss "
        f"{falls}.",
        "; ".join(filter(None, [_update(curves, f"above {limits.UPDATE_LOW:g}"), _losses(curves)])),
        {"update": curves.update, "pace": curves.pace, "learned": curves.learned},
    )


def stopped_early(seen: Evidence, curves: Curves) -> Finding | None:
    """The loss was still falling when the training ended, or it had hardly begun."""
    if at_chance(curves) and brief(seen, curves):
        taken = steps(seen, curves)
        return Finding(
            "stopped too early",
            "warning",
            f"The training ended after {taken} steps, while the network was still guessing. These "
            "are too few steps to tell whether anything is wrong.",
            f"{taken} steps in {curves.epochs} epochs; expected {limits.BRIEF:g} or more; "
            f"validation {curves.measure} {curves.validated:.2f}; guessing gives "
            f"{curves.chance:.2f}",
            {"pace": curves.pace, "epochs": curves.epochs, "steps": taken},
        )
    falling = curves.epochs > 1 and curves.pace > limits.PACE and not curves.learned > DONE
    if not falling or rises(curves) or curves.update < limits.UPDATE_LOW:
        return None
    return still_falling(curves, limits.PACE)


def still_falling(curves: Curves, expected: float) -> Finding:
    """Say that a training ended while its loss fell faster than expected."""
    epochs = "1 epoch" if curves.epochs == 1 else f"{curves.epochs} epochs"
    fell = (
        f"in the last third the loss fell at {curves.pace:.2f} times its mean rate; expected below "
    )
    pace = f"{fell}{expected:g}; " if curves.pace > expected else ""
    return Finding(
        "stopped too early",
        "warning",
        f"The training ended after {epochs} while the loss was still falling.",
        pace + _losses(curves),
        {"pace": curves.pace, "epochs": curves.epochs},
    )


def small_batches(seen: Evidence, curves: Curves) -> Finding | None:
    """Steps on so few images that they are mostly noise."""
    size = seen.facts.batch_size
    if size > limits.BATCH:
        return None
    wobble = (
        f"; late validation {curves.measure} changes by {curves.wobble:.3f} from epoch to epoch"
        if math.isfinite(curves.wobble)
        else ""
    )
    return Finding(
        "batches too small",
        "warning",
        f"A step sees only {size} images, so its direction is mostly chance, and so are the means "
        "of batch normalization, if there is any.",
        f"batches of {size}; expected 16 or more{wobble}",
        {"batch_size": size, "wobble": curves.wobble},
    )


def _rate(seen: Evidence) -> str:
    rate = seen.facts.learning_rate
    return "The learning rate" if rate is None else f"The learning rate of {rate:g}"


def _update(curves: Curves, expected: str) -> str:
    if not math.isfinite(curves.update):
        return ""
    return (
        f"an update changes the middle layer's weights by at most {curves.update:.2g} of their "
        f"size; expected {expected}"
    )


def _losses(curves: Curves) -> str:
    return (
        f"loss {curves.first_loss:.3g} at first, {curves.last_loss:.3g} at the end (guessing gives "
        f"{curves.nothing:.3g})"
    )
