"""Against poor fits: more of what a network learns from, or more to learn it with."""

from collections.abc import Iterable

from kit import architectures
from kit.architectures import backbones
from kit.diagnosis.finding import Finding
from kit.diagnosis.steps.step import Step, has_setting
from kit.diagnosis.training_evidence import Facts

LARGE = 256  # pixels: no network here was trained on more than about as many
FEWEST_PIXELS = 32  # that backbones take
SEEN_MUCH = "Start from a pretrained network."
MORE = Step("Add training images.")


def worthy_weights(finding: Finding, facts: Facts) -> Iterable[Step]:
    """Replace random weights that are frozen."""
    yield from _backbone("Or use pretrained weights, which are worth freezing.", facts)


def against_overfitting(finding: Finding, facts: Facts) -> Iterable[Step]:
    """Vary the images, start from a backbone, regularize; give a head better features."""
    if facts.head:
        yield from _features(facts)
        return
    stronger = {"none": "light", "light": "medium", "medium": "strong"}
    if facts.augmentation in stronger:
        yield Step("Use more augmentation.", f"--augmentation {stronger[facts.augmentation]}")
    yield from _backbone(SEEN_MUCH, facts)
    if facts.dropout < 0.5 and has_setting(facts, "dropout") and not _is_raised(facts):
        yield Step("Use more dropout.", f"--dropout {max(0.3, facts.dropout + 0.2):g}")
    if (facts.settings.get("weight_decay") or 0.0) < 0.1:
        yield Step("Use more weight decay.", "--weight-decay 0.1")


def against_underfitting(finding: Finding, facts: Facts) -> Iterable[Step]:
    """Take a larger network, or show it more of the image; give a head better features."""
    if facts.head:
        yield from _features(facts)
        return
    if facts.architecture in ("linear", "mlp"):
        yield Step("Use a convolutional network.", "--architecture basic_cnn")
    elif not facts.pretrained:
        yield Step("Use a larger network: more filters, or more layers.")
    if facts.dropout > 0.3:
        yield Step("Use less dropout.", "--dropout 0.1")
    yield from _backbone(SEEN_MUCH, facts)
    yield from _larger_images(facts.image_size)


def _features(facts: Facts) -> Iterable[Step]:
    """Yield what gives a head better features: regularizing moves it little (transfer.md)."""
    larger = _larger(facts.settings.get("settings", {}).get("backbone", ""))
    yield Step("Use a larger backbone.", f"--backbone {larger}" if larger else "")
    smote = facts.settings.get("sampling") == "smote"  # it goes with features alone
    if not (facts.settings.get("fine_tune") or facts.settings.get("last_epoch") or smote):
        yield Step("Train the backbone's last layers too.", "--fine-tune 6")
    yield from _larger_images(min(facts.settings.get("image_size") or [0]))


def _larger_images(size: int) -> Iterable[Step]:
    if 0 < size < LARGE:
        yield Step(
            "Use larger images, if the files have more pixels.",
            f"--image-size {min(2 * size, LARGE)}",
        )


def _larger(backbone: str) -> str:
    """Return the next larger of the recommended backbones; "" where this one is none of them."""
    names = backbones.RECOMMENDED  # the best first
    better = names[: names.index(backbone)] if backbone in names else ()
    size = {name: backbones.BACKBONES[name].parameters for name in (*better, backbone) if better}
    return next((name for name in reversed(better) if size[name] > size[backbone]), "")


def _backbone(text: str, facts: Facts) -> Iterable[Step]:
    """Yield the step to a backbone, for images that suit those that it was trained on."""
    small = 0 < facts.image_size < FEWEST_PIXELS
    if not (facts.pretrained or small or facts.channels == 1):
        yield Step(text, "--backbone MobileNet-0.75")


def _is_raised(facts: Facts) -> bool:
    """Tell whether dropout is above the architecture's own already."""
    if facts.architecture not in architectures.names():
        return False
    usual = architectures.settings(facts.architecture).get("dropout")
    return isinstance(usual, float) and facts.dropout > usual
