"""Causes that lie in the images and labels before the first step."""

from kit.checks.start.inputs_seen import is_centred
from kit.diagnosis import thresholds as limits
from kit.diagnosis.curve_reading import Curves
from kit.diagnosis.finding import Finding
from kit.diagnosis.outcome import brief, collapsed, spoilt
from kit.diagnosis.training_evidence import Evidence
from kit.intervals import is_imbalanced


def bad_images(seen: Evidence, curves: Curves) -> Finding | None:
    """Images with NaN or infinity in them."""
    share = seen.inputs.get("finite", 1.0)
    if not seen.bad_images and share == 1.0:
        return None
    count = f"{seen.bad_images} images contain" if seen.bad_images else "Some images contain"
    return Finding(
        "images that are no numbers",
        "failed",
        f"{count} values that are not numbers (NaN or infinite); one such batch can spoil all "
        "weights.",
        f"{seen.bad_images or 'some'} images not finite; expected none"
        + (f"; {seen.stopped}" if seen.stopped else ""),
        {"bad_images": seen.bad_images, "finite": share},
    )


def input_range(seen: Evidence, curves: Curves) -> Finding | None:
    """Pixels that were not scaled, or twice."""
    if not seen.inputs or seen.facts.pretrained:
        return None
    least, greatest = seen.inputs["least"], seen.inputs["greatest"]
    between = f"values from {least:.3g} to {greatest:.3g} reach the first layer with weights"
    centred = is_centred(seen.inputs["mean"], seen.inputs["deviation"], least)
    if max(abs(least), abs(greatest)) > limits.INPUT_HIGH and not centred:
        return Finding(
            "input not scaled",
            spoilt(curves),
            "The pixels reach the network unscaled, so the first layer's steps are far too large.",
            f"{between}; expected within about 1 of 0",
            dict(seen.inputs),
        )
    if greatest - least < limits.INPUT_LOW:
        return Finding(
            "input scaled twice",
            spoilt(curves),
            "The pixels are scaled twice, so all images look black to the network.",
            f"{between}; expected a range of 1 or 2",
            dict(seen.inputs),
        )
    return None


def sorted_batches(seen: Evidence, curves: Curves) -> Finding | None:
    """Batches of one class each, because nothing was shuffled."""
    purity = seen.batch_purity
    counts = seen.facts.train_counts or (1,) * seen.facts.classes
    commonest = max(counts) / max(sum(counts), 1)
    if purity is None or purity < limits.PURITY or commonest > 0.8 or seen.facts.batch_size < 4:
        return None
    return Finding(
        "batches of one class",
        "failed",
        "Nearly every batch contains images of one class only. The network learns to answer this "
        "class and forgets it with the next batch. Batch normalization, if there is any, sees one "
        "class only.",
        f"the most common class makes up {100 * purity:.0f} % of a batch; expected about "
        f"{100 * commonest:.0f} % or a little more, shuffled; {curves.measure} "
        f"{curves.running:.2f} while training, {curves.trained:.2f} afterwards",
        {"batch_purity": purity},
    )


def leakage(seen: Evidence, curves: Curves) -> Finding | None:
    """Validation images that are in training too."""
    if seen.overlap is None or seen.overlap <= limits.OVERLAP:
        return None
    return Finding(
        "leakage",
        "failed",
        "Validation images are in the training part too, so the validation score measures memory, "
        "not how well new images are recognized.",
        f"{100 * seen.overlap:.0f} % of the validation images; expected none",
        {"overlap": seen.overlap},
    )


def imbalance(seen: Evidence, curves: Curves) -> Finding | None:
    """Classes of unlike size, of which the small ones are recognised worse."""
    counts = [one for one in seen.facts.train_counts if one > 0]
    if not counts or not is_imbalanced(counts):
        return None
    one_answer = collapsed(seen, curves)
    hidden = curves.plain - curves.validated >= limits.GAP
    if not one_answer and not hidden:
        return None
    share = max(counts) / sum(counts)
    told = [
        "nearly all images get the same answer, though the largest class has only "
        f"{100 * share:.0f} % of the training images"
        if one_answer
        else "",
        "small classes are recognized worse than large ones, which accuracy hides"
        if hidden
        else "",
    ]
    return Finding(
        "imbalanced classes",
        "failed" if one_answer and not brief(seen, curves) else "warning",
        f"Class sizes differ a lot: {', and '.join(filter(None, told))}.",
        f"{max(counts)} training images in the largest class, {min(counts)} in the smallest; "
        f"accuracy {curves.plain:.2f}, balanced accuracy {curves.validated:.2f}",
        {"counts": counts, "balanced": curves.validated, "commonest": curves.commonest},
    )


def few_validation(seen: Evidence, curves: Curves) -> Finding | None:
    """A score of so few images that it says little."""
    counts = [one for one in seen.facts.validation_counts if one > 0]
    if len(counts) == 1 < seen.facts.classes:
        return Finding(
            "too few validation images",
            "failed",
            "All validation images are of one class. A network that always answers that class gets "
            "them all right, so their score says nothing.",
            f"{counts[0]} validation images of one class; expected some of each of the "
            f"{seen.facts.classes}",
            {"images": counts[0]},
        )
    if not curves.half_interval > limits.INTERVAL:
        return None
    least = f" and only {min(counts)} of the smallest class" if counts else ""
    return Finding(
        "too few validation images",
        "warning",
        f"{seen.facts.validation_images} validation images{least} are too few to compare most "
        "trainings: the curve moves by chance.",
        f"{curves.measure} {curves.validated:.2f} ± {curves.half_interval:.2f} (95 % interval); "
        f"expected within {limits.INTERVAL:g}",
        {"images": seen.facts.validation_images, "half_interval": curves.half_interval},
    )
