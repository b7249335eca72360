"""Causes that hide the classes from training: labels, and augmentation."""

import math

from kit.diagnosis import thresholds as limits
from kit.diagnosis.curve_reading import Curves
from kit.diagnosis.finding import Finding
from kit.diagnosis.outcome import at_chance, brief, guess_limit
from kit.diagnosis.training_evidence import Evidence
from kit.intervals import guessing, luck


def strong_augmentation(seen: Evidence, curves: Curves) -> Finding | None:
    """Augmentation that leaves nothing of the classes, or much less than training needs."""
    name, plain, changed = (
        seen.facts.augmentation,
        seen.plain_neighbours,
        seen.augmented_neighbours,
    )
    if name == "none" or not curves.running < limits.POOR:
        return None
    told = (
        f"{curves.measure} {curves.running:.2f} while training, {curves.trained:.2f} on training "
        f"images without augmentation, {curves.validated:.2f} on validation images"
    )
    dropout = f" or the dropout of {seen.facts.dropout:g}" if seen.facts.dropout else ""
    sure = False
    measured = plain is not None and changed is not None
    if plain is not None and changed is not None:
        above = plain - curves.chance
        kept = (changed - curves.chance) / max(above, 1e-9)
        rested = not curves.pace > limits.PACE  # else it may learn yet
        behind = curves.running - curves.chance < limits.BELOW * above
        lost = kept < limits.KEPT or (kept < limits.KEPT_SOME and behind and rested)
        sure = kept < limits.KEPT
        if above < limits.VISIBLE or not lost:
            return None
        told = (
            f"the most similar plain image has the class of {100 * changed:.0f} % of the augmented "
            f"images and of {100 * plain:.0f} % of the plain ones; guessing gives "
            f"{100 * curves.chance:.0f} %; {told}"
        )
    elif (
        seen.facts.mixed
        or not curves.sampled
        or curves.pace > limits.PACE  # a running mean lags behind what still gets better
        or curves.trained - curves.running < limits.HELD_DOWN
    ):
        return None
    return Finding(
        "augmentation too strong",
        "failed" if measured and curves.validated < limits.POOR else "warning",
        f'The augmentation "{name}" changes images so much that little of their classes is left.'
        if sure
        else f'The augmentation "{name}"{dropout} may be too strong: '
        + (
            "the network does worse on augmented images than the most similar plain image does."
            if measured
            else (
                "the network does much better on plain images than on the augmented ones it "
                "trains on."
            )
        ),
        told,
        {"plain": plain, "augmented": changed, "running": curves.running},
    )


def labels_tell_nothing(seen: Evidence, curves: Curves) -> Finding | None:
    """Validation at chance all along, and no rule to be seen in the images."""
    if not at_chance(curves) or brief(seen, curves):
        return None
    similar = seen.neighbours
    if similar is not None and similar > guess_limit(*_guessing(seen, curves)):
        return None
    by_heart = curves.trained > luck(luck(curves.chance, curves.error), curves.error)
    if similar is None and not by_heart:
        return None  # it may simply not have learned
    learns = "memorizes the training images" if by_heart else "finds no rule"
    look = (
        f"; {100 * similar:.0f} % of the sampled validation images have the class of the most "
        "similar training image"
        if similar is not None
        else ""
    )
    return Finding(
        "labels tell nothing",
        "failed",
        f"Nothing shows a connection between labels and images: the network {learns}, but guesses "
        "on validation images. The labels may be shuffled against the files, or the classes may "
        "not be visible.",
        f"validation {curves.measure} {curves.validated:.2f} at the end and {curves.best:.2f} at "
        f"best; guessing gives {curves.chance:.2f}; {curves.trained:.2f} on training images{look}",
        {"validated": curves.validated, "trained": curves.trained, "neighbours": similar},
    )


def wrong_labels(seen: Evidence, curves: Curves) -> Finding | None:
    """Even the surest answers are wrong too often, and neighbours mend each other's labels."""
    if not math.isfinite(curves.sure) or at_chance(curves) or brief(seen, curves):
        return None
    gain = _gain(seen, curves)
    some = f"{sum(seen.sample_counts)} " if seen.sample_counts else ""
    if math.isnan(gain):
        suspected = curves.sure < limits.SURE_ALONE
    else:
        suspected = curves.sure < limits.SURE and gain > limits.VOTES
    if not suspected:
        return None
    votes = (
        f"; a vote of 15 similar images is right {gain:.2f} times as often above chance as the "
        f"most similar one alone; expected below {limits.VOTES:g}"
        if math.isfinite(gain)
        else ""
    )
    return Finding(
        "wrong labels",
        "failed" if _is_sure(seen) else "warning",
        "Many labels seem to be wrong: the network often disagrees with them even where it is most "
        "confident. When a problem is only hard, the easy images come out right.",
        f"{100 * curves.sure:.0f} % right among the quarter of the {some}sampled validation images "
        f"it was most confident of, at its best; expected above {100 * limits.SURE:.0f} %; "
        f"{curves.measure} {curves.validated:.2f} on all{votes}",
        {"sure": curves.sure, "validated": curves.validated, "gain": gain},
    )


def _gain(seen: Evidence, curves: Curves) -> float:
    """Return what voting adds to the most similar image: much where single labels are wrong."""
    one, many = seen.neighbours, seen.voting_neighbours
    if one is None or many is None:
        return math.nan
    chance, error = _guessing(seen, curves)
    if many < luck(chance, error):
        return 0.0  # pixels say too little for a vote to mend
    return (many - chance) / max(one - chance, 0.5 * error)


def _guessing(seen: Evidence, curves: Curves) -> tuple[float, float]:
    """Return what guessing scores on the images that the monitor looks at, and its error."""
    if seen.sample_counts:
        return guessing(seen.sample_counts, balanced=False)
    return curves.chance, curves.error


def _is_sure(seen: Evidence) -> bool:
    """Tell whether the vote is better by more than the number of images makes likely."""
    one, many = seen.neighbours, seen.voting_neighbours
    images = sum(seen.sample_counts) or seen.facts.validation_images
    if one is None or many is None or not images:
        return False
    variance = (one * (1 - one) + many * (1 - many)) / images
    return many - one > 2 * math.sqrt(variance)
