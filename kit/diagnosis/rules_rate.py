"""Causes that lie in the pace: the rate, the size of a batch, the number of epochs."""

import math

from kit.diagnosis.curve_reading import Curves
from kit.diagnosis.finding import Finding
from kit.diagnosis.outcome import at_chance, brief, poor, steps
from kit.diagnosis.thresholds import limit
from kit.diagnosis.training_evidence import Evidence


def rate_too_high(seen: Evidence, curves: Curves) -> Finding | None:
    """The loss explodes, jumps, or the steps are large beside the weights."""
    rate = seen.facts.learning_rate
    named = "The learning rate" if rate is None else f"The learning rate of {rate:g}"
    numbers = {"update": curves.update, "jump": curves.jump, "worst_loss": curves.worst_loss}
    update = _update(curves, "update_high", "below")
    grown = curves.worst_loss > limit("explode") * max(curves.nothing, curves.first_loss)
    unread = bool(seen.bad_images) and not curves.finite  # it is the images that are no numbers
    exploded = grown or ((not curves.finite or bool(seen.stopped)) and not unread)
    if exploded:
        told = [seen.stopped, seen.where] if seen.stopped else [_losses(curves)]
        return Finding(
            "rate too high",
            "failed",
            f"{named} is much too high: the loss explodes.",
            "; ".join(filter(None, [*told, update])),
            numbers,
        )
    if curves.update > limit("update_high"):
        learned = curves.trained >= limit("poor") or curves.pace > limit("pace")
        return Finding(
            "rate too high",
            "warning" if learned else "failed",
            f"{named} {'may be' if learned else 'is'} too high: a step changes the weights by more "
            "than is usual" + (", though the training learns." if learned else "."),
            "; ".join(filter(None, [update, _losses(curves)])),
            numbers,
        )
    alive = seen.before.get("dead_share", math.nan)
    if alive <= limit("dead") < curves.dead and poor(curves):
        return Finding(
            "rate too high",
            "failed",
            f"{named} is too high: the ReLU units of a layer died in training, and no gradient "
            "passes them any more.",
            f"{100 * alive:.0f} % of a layer's units answered 0 to all images before training, "
            f"{100 * curves.dead:.0f} % when they were measured next; {_losses(curves)}",
            {**numbers, "dead_before": alive, "dead_after": curves.dead},
        )
    jumps = curves.jump > limit("jump") and curves.rise > limit("rise") * curves.nothing
    if jumps and curves.last_loss > 0.8 * curves.nothing:
        return Finding(
            "rate too high",
            "warning" if brief(seen, curves) else "failed",
            f"{named} is too high: the loss jumps up and down and does not settle.",
            f"{_losses(curves)}; its largest rise is {curves.jump:.2f} of its whole fall, expected "
            f"below {limit('jump'):g}",
            numbers,
        )
    return None


def rate_too_low(seen: Evidence, curves: Curves) -> Finding | None:
    """The weights hardly move, or the loss falls in a straight line and has not come far."""
    rate = seen.facts.learning_rate
    named = "The learning rate" if rate is None else f"The learning rate of {rate:g}"
    if math.isfinite(curves.update):
        slow = curves.update < limit("update_low") and curves.pace > limit("pace")
        slow |= curves.update < limit("update_low") and curves.learned < 0.1
    else:  # from the curve alone
        slow = curves.epochs > 2 and curves.learned < 0.05 and 0.7 < curves.pace < 1.3
    if not slow or seen.facts.frozen_share == 1:
        return None
    return Finding(
        "rate too low",
        "failed" if curves.trained < limit("poor") else "warning",
        f"{named} is too low: "
        + ("the weights hardly move, and " if math.isfinite(curves.update) else "")
        + f"the loss {'hardly falls' if curves.learned < 0.1 else 'still falls as at first'}.",
        "; ".join(filter(None, [_update(curves, "update_low", "above"), _losses(curves)])),
        {"update": curves.update, "pace": curves.pace, "learned": curves.learned},
    )


def stopped_early(seen: Evidence, curves: Curves) -> Finding | None:
    """The loss was still falling when the training ended, or it had hardly begun."""
    if at_chance(curves) and brief(seen, curves):
        taken = steps(seen, curves)
        return Finding(
            "stopped too early",
            "warning",
            f"The training ended after {taken} steps, while the network still guesses: too few to "
            "say whether anything is wrong.",
            f"{taken} steps in {curves.epochs} epochs, expected {limit('brief'):g} or more; "
            f"validation {curves.measure} {curves.validated:.2f}, guessing gives "
            f"{curves.chance:.2f}",
            {"pace": curves.pace, "epochs": curves.epochs, "steps": taken},
        )
    if curves.epochs < 2 or not curves.pace > limit("pace") or curves.learned > 0.9:
        return None
    if curves.rebound > 1.05 or curves.update < limit("update_low"):
        return None
    return still_falling(curves, "pace")


def still_falling(curves: Curves, expected: str) -> Finding:
    """Say that a training ended while its loss fell faster than the limit of that name."""
    epochs = "1 epoch" if curves.epochs == 1 else f"{curves.epochs} epochs"
    fell = f"in the last third the loss fell at {curves.pace:.2f} of its mean pace, expected below "
    pace = f"{fell}{limit(expected):g}; " if curves.pace > limit(expected) else ""
    return Finding(
        "stopped too early",
        "warning",
        f"The training ended after {epochs} while the loss was still falling.",
        pace + _losses(curves),
        {"pace": curves.pace, "epochs": curves.epochs},
    )


def small_batches(seen: Evidence, curves: Curves) -> Finding | None:
    """Steps on so few images that they are mostly noise."""
    if seen.facts.batch_size > limit("batch"):
        return None
    return Finding(
        "batches too small",
        "warning",
        f"A step sees {seen.facts.batch_size} images only, so its direction is mostly chance, as "
        "are the means of batch normalization where there is any.",
        f"batches of {seen.facts.batch_size}; expected 16 or more"
        + (
            f"; late validation {curves.measure} wobbles by {curves.wobble:.3f} from epoch to epoch"
            if math.isfinite(curves.wobble)
            else ""
        ),
        {"batch_size": seen.facts.batch_size, "wobble": curves.wobble},
    )


def _update(curves: Curves, name: str, side: str) -> str:
    if not math.isfinite(curves.update):
        return ""
    return (
        f"an update moves the middle layer's weights by {curves.update:.2g} of their size at most, "
        f"expected {side} {limit(name):g}"
    )


def _losses(curves: Curves) -> str:
    return (
        f"loss {curves.first_loss:.3g} at first, {curves.last_loss:.3g} at the end "
        f"(knowing nothing: {curves.nothing:.3g})"
    )
