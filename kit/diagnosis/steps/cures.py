"""What helps against each cause, and what of it to do first."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from kit.diagnosis.finding import Diagnosis, Finding
from kit.diagnosis.steps import fit_steps, rate_steps
from kit.diagnosis.steps.step import Step, is_in_force, rounded, suited
from kit.diagnosis.training_evidence import Facts

Cure: TypeAlias = Step | Callable[[Finding, Facts], Iterable[Step]]

MOST = 5
LOOK = Step("Check the set-up layer by layer before training again.", "kit-check FOLDER")
APART = Step(
    "There is no test part, and the validation images chose the epoch, so their score is "
    "optimistic. Set apart test images that choose nothing.",
    "--test-split 0.15",
)


def next_steps(found: Diagnosis, facts: Facts) -> list[Step]:
    """Return what to do next, the most useful first; nothing where all is well.

    The steps of the first causes come first. More data and stronger regularization come before any
    smaller network, which is never advised (CS231n, Neural Networks part 1, "Setting number of
    layers and their sizes": the way against overfitting is regularization).

    Args:
        found: The diagnosis.
        facts: Settings, so that a step names the numbers to take, and none that is in force.
    """
    steps: list[Step] = []
    for finding in found.findings:
        for cure in CURES.get(finding.cause, (LOOK,)):
            for offered in (cure,) if isinstance(cure, Step) else cure(finding, facts):
                step = suited(offered, facts)
                commands = {one.command for one in steps if one.command}
                known = step in steps or step.command in commands
                if not known and not is_in_force(step, facts):
                    steps.append(step)
    chosen = facts.settings.get("last_epoch") is None and not facts.solved
    if facts.test_images == 0 and chosen:  # by the validation images
        # It must not be lost below five others: no score of this training can be quoted without it.
        steps = [*steps[: MOST - 1], APART]
    return steps[:MOST]


def _groups(finding: Finding, facts: Facts) -> Iterable[Step]:
    if not facts.settings.get("group"):
        yield Step(
            "Keep related images together (patients, series, videos).", "--group '(PATTERN)'"
        )


def _weaker_penalty(finding: Finding, facts: Facts) -> Iterable[Step]:
    ratio = finding.numbers["penalty"] / max(finding.numbers["loss"], 1e-9)
    strengths = {name: getattr(facts, name) / (20 * ratio) for name in ("l1", "l2")}
    in_force = {name: rounded(value) for name, value in strengths.items() if value}
    flags = (f"--{name} {value:g}" for name, value in (in_force or {"l2": 1e-4}).items())
    yield Step("Reduce the penalty to a twentieth of the loss.", " ".join(flags))


def _evenness(finding: Finding, facts: Facts) -> Iterable[Step]:
    """Weights or sampling, where neither is in force: the two exclude each other."""
    ways = {facts.settings.get("class_weight"), facts.settings.get("sampling")}
    if not ways - {None, "none"}:
        yield Step("Weight the classes by the inverse of their size.", "--class-weight balanced")
        yield Step("Or show all classes equally often.", "--sampling balanced")


def _validation(finding: Finding, facts: Facts) -> Iterable[Step]:
    if facts.settings.get("folds") or facts.settings.get("split"):
        return
    if (facts.settings.get("validation_split") or 0.2) < 0.3:
        yield Step(
            "Use more images for validation, unless the folder already says which they are.",
            "--validation-split 0.3",
        )
    if not facts.settings.get("last_epoch") and (facts.settings.get("repeats") or 1) == 1:
        yield Step("Or use every image for validation once.", "--folds 5")


def _weaker_dropout(finding: Finding, facts: Facts) -> Iterable[Step]:
    if facts.dropout > 0.3:
        yield Step("Use less dropout.", "--dropout 0.3")


def _weaker_augmentation(finding: Finding, facts: Facts) -> Iterable[Step]:
    weaker = {"strong": "medium", "randaugment": "medium", "medium": "light", "light": "none"}
    name = weaker.get(facts.augmentation, "light")
    yield Step("Use less augmentation.", f"--augmentation {name}")


START = Step(
    "Start with He's initial weights: leave out initializers of your own, or set he_normal.",
    "--initialization he_normal",
)
SCALE = Step(
    "Scale pixels once, inside the model: give it values of 0 to 255 and let its first layer do "
    "it.",
    "--set scale=unit",
)
LABELS = (
    Step("Look at thirty images with their labels."),
    Step(
        "Compare with a simple method: if it only guesses too, the labels are at fault.",
        "kit-baseline FOLDER",
    ),
    Step("Look for images that appear under two labels.", "kit-audit FOLDER"),
)
CURES: Mapping[str, tuple[Cure, ...]] = {
    "images that are no numbers": (
        Step("Find the files with such values, and leave them out.", "--exclude list.csv"),
    ),
    "weights start at 0": (START,),
    "weights start too large": (START,),
    "weights start too small": (START,),
    "input not scaled": (SCALE,),
    "input scaled twice": (SCALE,),
    "dead units": (
        Step("Start biases at 0 or slightly above."),
        Step("Use an activation whose units cannot die.", "--set activation=leaky_relu"),
    ),
    "frozen layers": (
        Step("Unfreeze the layers: set layer.trainable = True before compile."),
        fit_steps.worthy_weights,
    ),
    "batches of one class": (
        Step(
            "Shuffle the training images anew in every epoch. kit-train does; with your own "
            "tf.data, put dataset.shuffle(len(dataset)) before batch."
        ),
    ),
    "leakage": (
        Step("Let the kit divide all images: it keeps copies together."),
        _groups,
        Step("List copies and near copies.", "kit-audit FOLDER"),
    ),
    "penalty too strong": (_weaker_penalty,),
    "imbalanced classes": (
        Step("Add images of the small classes, if you can get any."),
        _evenness,
        Step(
            "Choose the epoch by a score that counts all classes equally.",
            "--monitor val_balanced_accuracy",
        ),
    ),
    "rate too high": (rate_steps.lower_rate,),
    "rate too low": (rate_steps.higher_rate,),
    "stopped too early": (rate_steps.longer,),
    "batches too small": (Step("Use larger batches.", "--batch-size 32"),),
    "too few validation images": (_validation,),
    "dropout too strong": (_weaker_dropout,),
    "augmentation too strong": (
        Step("Look at the augmented images: can you tell the classes?"),
        _weaker_augmentation,
        _weaker_dropout,
    ),
    "labels tell nothing": LABELS,
    "wrong labels": LABELS,
    "overfitting": (fit_steps.MORE, fit_steps.against_overfitting),
    "limit of the features": (fit_steps.MORE, fit_steps.against_overfitting),
    "network too small": (fit_steps.against_underfitting,),
    "underfitting": (fit_steps.against_underfitting,),
    "noisy validation": (
        Step("Let the learning rate fall to 0 towards the end.", "--schedule one-cycle"),
        _validation,
    ),
}
