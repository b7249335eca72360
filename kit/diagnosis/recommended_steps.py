"""What to do about a diagnosis: at most five steps, each with what does it."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from kit import architectures
from kit.architectures import backbones
from kit.diagnosis.finding import Diagnosis, Finding
from kit.diagnosis.thresholds import limit
from kit.diagnosis.training_evidence import Facts

__all__ = ["MOST", "Step", "next_steps"]

MOST = 5
AIM = 3e-3  # update / weights: within the usual 1e-3 to 1e-2
LARGE = 256  # pixels: no network here was trained on more than about as many
FEWEST_PIXELS = 32  # that backbones take


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        text: What, and why.
        command: Flags of ``kit-train``, or another command, that do it; "" where only the user can.
    """

    text: str
    command: str

    def __str__(self) -> str:
        """Return both on a line."""
        return f"{self.text} {self.command}".strip()


MORE = Step("Add training images: the one cure without a price.", "")
APART = Step(
    "There is no test part: the validation images chose the epoch, so their score is optimistic. "
    "Set some apart that choose nothing.",
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
        for step in STEPS.get(finding.cause, _look)(finding, facts):
            commands = {one.command for one in steps if one.command}
            if step not in steps and step.command not in commands and not _in_force(step, facts):
                steps.append(step)
    if facts.test_images == 0 and facts.settings.get("last_epoch") is None:
        # It must not be lost below five others: no score of this training can be quoted without it.
        steps = [*steps[: MOST - 1], APART]
    return steps[:MOST]


def _images(finding: Finding, facts: Facts) -> list[Step]:
    return [Step("Find the files whose values are no numbers, and leave them out.",
                 "--exclude list.csv")]  # fmt: skip


def _weights(finding: Finding, facts: Facts) -> list[Step]:
    return [Step("Start with He's initial weights: leave out what sets kernels, or set them so.",
                 _setting(facts, "initialization", "he"))]  # fmt: skip


def _scaled(finding: Finding, facts: Facts) -> list[Step]:
    return [Step("Scale pixels once, in the model: give it values of 0 to 255 and let its first "
                 "layer do it.", _setting(facts, "scale", "unit"))]  # fmt: skip


def _dead(finding: Finding, facts: Facts) -> list[Step]:
    return [
        Step("Start biases at 0 or a little above.", ""),
        Step("Use an activation that never dies.", _setting(facts, "activation", "leaky_relu")),
    ]


def _frozen(finding: Finding, facts: Facts) -> list[Step]:
    return [
        Step("Let the layers learn: set layer.trainable = True before compile.", ""),
        *_backbone("Or take weights that are worth freezing.", facts),
    ]


def _sorted(finding: Finding, facts: Facts) -> list[Step]:
    return [Step("Shuffle the training images anew in every epoch: kit-train does; with your own "
                 "tf.data, dataset.shuffle(len(dataset)) before batch.", "")]  # fmt: skip


def _leak(finding: Finding, facts: Facts) -> list[Step]:
    return [
        Step("Let the parts be drawn from all images: copies are kept together then.", ""),
        *([] if facts.settings.get("group") else [
            Step("Keep together what belongs together (patients, series, videos).",
                 "--group '(PATTERN)'")]),
        Step("List copies and near copies.", "kit-audit FOLDER"),
    ]  # fmt: skip


def _penalty(finding: Finding, facts: Facts) -> list[Step]:
    ratio = finding.numbers["penalty"] / max(finding.numbers["loss"], 1e-9)
    value = _round(facts.l2 / (20 * ratio)) if facts.l2 else 1e-4
    return [Step("Weaken the penalty to a twentieth of the loss.", f"--l2 {value:g}")]


def _imbalance(finding: Finding, facts: Facts) -> list[Step]:
    ways = [facts.settings.get("class_weight"), facts.settings.get("sampling")]
    even = [
        Step("Weigh the classes by the inverse of their size.", "--class-weight balanced"),
        Step("Or show them equally often.", "--sampling balanced"),
    ]
    return [
        Step("Add images of the small classes, if there are any to be had.", ""),
        *([] if set(ways) - {None, "none"} else even),  # the two exclude each other
        Step("Choose the epoch by a score that counts classes alike.",
             "--monitor val_balanced_accuracy"),
    ]  # fmt: skip


def _lower(finding: Finding, facts: Facts) -> list[Step]:
    rate = facts.learning_rate or 1e-2
    update = finding.numbers.get("update", math.nan)
    factor = AIM / update if update and math.isfinite(update) and update > AIM else 0.1
    lower = _round(rate * min(factor, 0.1 if finding.severity == "failed" else 0.5))
    return [Step("Lower the learning rate.", f"--{_rate(facts)} {lower:g}")]


def _higher(finding: Finding, facts: Facts) -> list[Step]:
    rate = facts.learning_rate or 1e-5
    update = finding.numbers.get("update", math.nan)
    factor = AIM / update if update and math.isfinite(update) and update < AIM else 10
    return [Step("Raise the learning rate.", f"--{_rate(facts)} {_round(rate * factor):g}")]


def _rate(facts: Facts) -> str:
    return "fine-tune-rate" if facts.epochs_before else "learning-rate"


def _longer(finding: Finding, facts: Facts) -> list[Step]:
    """Return how to train on: by raising what ended the training."""
    minutes, patience = facts.settings.get("max_minutes"), facts.settings.get("patience")
    last, flag = facts.settings.get("last_epoch"), "epochs"
    asked = last or facts.settings.get("epochs")
    if facts.epochs_before:
        asked, flag = facts.settings.get("fine_tune_epochs"), "fine-tune-epochs"
    epochs = finding.numbers.get("epochs", 0)
    waiting = 0 if last else patience or 0
    if waiting and epochs < facts.planned_epochs and (not minutes or epochs > waiting):
        return [Step("Wait longer for a better epoch.", f"--patience {2 * waiting}")]
    if minutes and epochs < (asked or math.inf):
        return [Step("Give it more time.", f"--max-minutes {3 * minutes:g}")]
    times = math.ceil(3 * max(limit("brief") / finding.numbers.get("steps", math.inf), 1))
    epochs = times * max(finding.numbers.get("epochs", facts.planned_epochs), 1)
    both = f" --last-epoch {epochs}" if last else ""
    return [Step("Train longer.", f"--{flag} {epochs}{both}")]


def _batch(finding: Finding, facts: Facts) -> list[Step]:
    return [Step("Take larger batches.", "--batch-size 32")]


def _validation(finding: Finding, facts: Facts) -> list[Step]:
    if facts.settings.get("folds") or facts.settings.get("split"):
        return []
    single = facts.settings.get("last_epoch") or (facts.settings.get("repeats") or 1) > 1
    share = facts.settings.get("validation_split") or 0.2
    more = Step("Give validation more images, where the folder gives it none.",
                "--validation-split 0.3")  # fmt: skip
    return [
        *([more] if share < 0.3 else []),
        *([] if single else [Step("Or let every image be validated once.", "--folds 5")]),
    ]


def _dropout(finding: Finding, facts: Facts) -> list[Step]:
    return [Step("Weaken the dropout.", "--dropout 0.3")] if facts.dropout > 0.3 else []


def _augment(finding: Finding, facts: Facts) -> list[Step]:
    weaker = {"strong": "medium", "randaugment": "medium", "medium": "light"}
    name = weaker.get(facts.augmentation, "none" if facts.augmentation == "light" else "light")
    return [
        Step("Look at the augmented images: can you tell the classes?", ""),
        Step("Weaken the augmentation.", f"--augmentation {name}"),
        *_dropout(finding, facts),
    ]


def _labels(finding: Finding, facts: Facts) -> list[Step]:
    return [
        Step("Look at thirty images with their labels.", ""),
        Step("Compare with a simple method: if it guesses too, the labels are at fault.",
             "kit-baseline FOLDER"),
        Step("Look for images that stand under two labels.", "kit-audit FOLDER"),
    ]  # fmt: skip


def _overfit(finding: Finding, facts: Facts) -> list[Step]:
    if facts.head:
        return [MORE, *_features(finding, facts)]
    stronger = {"none": "light", "light": "medium", "medium": "strong"}
    steps = [MORE]
    if facts.augmentation in stronger:
        steps.append(
            Step("Vary the images more.", f"--augmentation {stronger[facts.augmentation]}")
        )
    steps += _backbone("Start from a network that has seen many images.", facts)
    if facts.dropout < 0.5 and _has(facts, "dropout") and not _raised(facts):
        steps.append(Step("Drop more in training.", f"--dropout {max(0.3, facts.dropout + 0.2):g}"))
    if (facts.settings.get("weight_decay") or 0.0) < 0.1:
        steps.append(Step("Let weights decay faster.", "--weight-decay 0.1"))
    return steps


def _features(finding: Finding, facts: Facts) -> list[Step]:
    """Return what gives a head better features: regularizing moves it little (transfer.md)."""
    larger = _larger(facts.settings.get("settings", {}).get("backbone", ""))
    steps = [Step("Take a larger backbone.", f"--backbone {larger}" if larger else "")]
    smote = facts.settings.get("sampling") == "smote"  # it goes with features alone
    if not (facts.settings.get("fine_tune") or facts.settings.get("last_epoch") or smote):
        steps.append(Step("Let the backbone's last layers learn, too.", "--fine-tune 6"))
    size = min(facts.settings.get("image_size") or [0])
    if 0 < size < LARGE:
        steps.append(
            Step("Show it more of the image, where the files have more pixels.",
                 f"--image-size {min(2 * size, LARGE)}")
        )  # fmt: skip
    return steps


def _larger(backbone: str) -> str:
    """Return the next larger of the recommended backbones; "" where this one is none of them."""
    names = backbones.RECOMMENDED  # the best first
    better = names[: names.index(backbone)] if backbone in names else ()
    size = {name: backbones.BACKBONES[name].parameters for name in (*better, backbone) if better}
    return next((name for name in reversed(better) if size[name] > size[backbone]), "")


def _underfit(finding: Finding, facts: Facts) -> list[Step]:
    if facts.head:
        return _features(finding, facts)
    steps = []
    if facts.architecture in ("linear", "mlp"):
        steps.append(Step("Take a network of convolutions.", "--architecture basic_cnn"))
    elif not facts.pretrained:
        steps.append(Step("Take a larger network: more filters, or more layers.", ""))
    if facts.dropout > 0.3:
        steps.append(Step("Weaken the dropout.", "--dropout 0.1"))
    steps += _backbone("Start from a network that has seen many images.", facts)
    if 0 < facts.image_size < LARGE:
        steps.append(
            Step("Show it more of the image, where the files have more pixels.",
                 f"--image-size {min(2 * facts.image_size, LARGE)}")
        )  # fmt: skip
    return steps


def _noisy(finding: Finding, facts: Facts) -> list[Step]:
    return [
        Step("Let the rate fall to 0 towards the end.", "--schedule one-cycle"),
        *_validation(finding, facts),
    ]


def _look(finding: Finding, facts: Facts) -> list[Step]:
    return [Step("Check the set-up layer by layer before training again.", "kit-check FOLDER")]


STEPS: Mapping[str, Callable[[Finding, Facts], Sequence[Step]]] = {
    "images that are no numbers": _images,
    "weights start at 0": _weights,
    "weights start too large": _weights,
    "weights start too small": _weights,
    "input not scaled": _scaled,
    "input scaled twice": _scaled,
    "dead units": _dead,
    "frozen layers": _frozen,
    "batches of one class": _sorted,
    "leakage": _leak,
    "penalty too strong": _penalty,
    "imbalanced classes": _imbalance,
    "rate too high": _lower,
    "rate too low": _higher,
    "stopped too early": _longer,
    "batches too small": _batch,
    "too few validation images": _validation,
    "dropout too strong": _dropout,
    "augmentation too strong": _augment,
    "labels tell nothing": _labels,
    "wrong labels": _labels,
    "overfitting": _overfit,
    "limit of the features": _features,
    "network too small": _underfit,
    "underfitting": _underfit,
    "noisy validation": _noisy,
}


def _setting(facts: Facts, name: str, value: str) -> str:
    """Return the flag for a setting, where the architecture has it or is not known."""
    return f"--set {name}={value}" if _has(facts, name) else ""


def _backbone(text: str, facts: Facts) -> list[Step]:
    """Return the step to a backbone, for images that suit those that it was trained on."""
    small = 0 < facts.image_size < FEWEST_PIXELS
    if facts.pretrained or small or facts.channels == 1:
        return []
    return [Step(text, "--backbone MobileNet-0.75")]


def _raised(facts: Facts) -> bool:
    """Tell whether dropout is above the architecture's own already."""
    if facts.architecture not in architectures.names():
        return False
    usual = architectures.settings(facts.architecture).get("dropout")
    return isinstance(usual, float) and facts.dropout > usual


def _in_force(step: Step, facts: Facts) -> bool:
    """Tell whether a step asks for what is set already."""
    flag, _, value = step.command.partition(" ")
    known = facts.settings
    if flag == "--set":
        flag, _, value = value.partition("=")
        known = known.get("settings", {})
    name = flag.removeprefix("--").replace("-", "_")
    now = known.get(name, getattr(facts, name, None))
    try:
        return float(now) == float(value)
    except (TypeError, ValueError):
        return str(now) == value


def _has(facts: Facts, name: str) -> bool:
    known = facts.architecture in architectures.names()
    return not known or name in architectures.settings(facts.architecture)


def _round(value: float) -> float:
    return float(f"{value:.1g}")
