"""From the numbers of a training to causes in sentences, the most probable first."""

import math
from collections.abc import Callable, Sequence

from kit.diagnosis import rules_data as data
from kit.diagnosis import rules_fit as fit
from kit.diagnosis import rules_labels as labels
from kit.diagnosis import rules_network as network
from kit.diagnosis import rules_rate as rate
from kit.diagnosis import thresholds as limits
from kit.diagnosis.curve_reading import Curves, read
from kit.diagnosis.finding import Diagnosis, Finding
from kit.diagnosis.outcome import at_chance, guess_limit
from kit.diagnosis.training_evidence import Evidence

Rule = Callable[[Evidence, Curves], Finding | None]

# What explains the others stands before them: an image of NaN makes a loss explode, not the
# reverse. What was measured directly stands before what a curve suggests.
RULES: Sequence[Rule] = (
    data.bad_images,
    network.bad_weights,
    data.input_range,
    network.tiny_network,  # a layer of one unit dies as a whole
    network.dead_units,
    network.frozen_layers,
    data.sorted_batches,
    data.leakage,
    network.penalty,
    data.imbalance,
    rate.rate_too_high,
    rate.rate_too_low,
    network.strong_dropout,
    labels.strong_augmentation,
    data.few_validation,
    rate.small_batches,
    labels.labels_tell_nothing,
    rate.stopped_early,
    labels.wrong_labels,
    fit.overfitting,
    fit.blind,
    fit.collapse,
    fit.learns_nothing,
    fit.underfitting,
    fit.noisy_validation,
)

OF_SOLVED = (  # what can be wrong with a head that has no epochs, steps or rates
    *(data.leakage, data.imbalance, data.few_validation, labels.wrong_labels, fit.overfitting),
    *(fit.collapse, fit.learns_nothing, fit.underfitting),
)


def diagnose(seen: Evidence) -> Diagnosis:
    """Name what is wrong with a training, from its curves and what was measured beside them.

    Only a table of losses and accuracies and the number of classes are needed; whatever else is
    known makes it surer. A history without a single epoch gives no finding.

    Args:
        seen: See :func:`kit.diagnosis.evidence`.
    """
    curves = read(seen)
    if not curves.epochs:
        return Diagnosis((), "No epoch was trained, so there is nothing to diagnose.")
    rules = OF_SOLVED if seen.facts.solved else RULES
    found = tuple(finding for rule in rules if (finding := rule(seen, curves)) is not None)
    best = "" if seen.facts.solved else f" at best, in epoch {curves.best_epoch}"
    return Diagnosis(found, _summary(found, curves, best))


def _summary(found: Sequence[Finding], curves: Curves, best: str) -> str:
    reached = (
        f"validation {curves.measure} {curves.best:.3f}{best}"
        if math.isfinite(curves.best)
        else "no validation score is known"
    )
    if not found:
        suits = (
            f"; the learning rate suits: updates are {curves.update:.1g} of the weights "
            f"({limits.UPDATE_LOW:g} to {limits.UPDATE_HIGH:g} is usual)"
            if limits.UPDATE_LOW <= curves.update <= limits.UPDATE_HIGH
            else ""
        )
        return f"No problem found in this training: {reached}{suits}."
    failed = next((one for one in found if one.severity == "failed"), None)
    if failed is not None:
        return f"This training has a problem ({reached}): {failed.cause}."
    if at_chance(curves) and curves.best < guess_limit(curves.chance, curves.error):
        return f"This training learned nothing ({reached}): {found[0].cause}."
    return f"This training works ({reached}), but: {found[0].cause}."
