"""What a training checks and says, without TensorFlow, of what its network learns from.

That is augmentation, mixing and sampling, and what there is besides the labels.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from kit import data
from kit.data.batches import mixing, offered_layers
from kit.data.features import smote
from kit.errors import DataError, SettingError
from kit.experiments.choice.network_choice import Choice
from kit.intervals import is_imbalanced
from kit.settings import Optimization, Transfer, Variation
from kit.settings.texts import assignments


def varies_images(transfer: Transfer, choice: Choice) -> bool:
    """Tell whether training sees augmented images: one view of each is the image as it is."""
    return not choice.frozen or transfer.views > 1 or _tunes_on_images(transfer)


def tuned_on(variation: Variation, transfer: Transfer) -> Literal["auto", "maps", "images"]:
    """Return what fine-tuning learns from: images where only these can be changed as asked."""
    if transfer.fine_tune is None or transfer.fine_tune_on != "auto":
        return transfer.fine_tune_on
    changed = variation.augmentation not in (None, "none") or variation.flip == "yes"
    changed = (changed or bool(variation.augment)) and transfer.views == 1
    return "images" if changed or variation.mix != "none" else "maps"


def _tunes_on_images(transfer: Transfer) -> bool:
    return transfer.fine_tune is not None and transfer.fine_tune_on != "maps"


def layers(texts: Sequence[str] | Mapping[str, Any]) -> dict[str, Any]:
    """Return the layers that ``augment`` names, and the values given for them."""
    given = assignments(texts, "augment", "LAYER=VALUE")
    offered_layers.rows(given)
    return given


def check(
    choice: Choice, variation: Variation, optimization: Optimization, transfer: Transfer
) -> None:
    """Check that what varies the training batches goes together, and with the network."""
    mixed = mixing.mix(variation.mix, variation.mix_alpha)
    if layers(variation.augment) and not varies_images(transfer, choice):
        raise SettingError(
            "`augment` changes images, but a head on a frozen backbone sees each image once, "
            "unchanged. Add `views=4`, for example, or `fine_tune`."
        )
    if mixed is not None:
        if choice.frozen and not _tunes_on_images(transfer):
            raise SettingError(
                f"`mix={mixed.kind}` mixes images, but a head on a frozen backbone learns from "
                "features of whole images. Leave it out, add `fine_tune`, on images, or train a "
                "whole network: `architecture=basic_cnn`."
            )
        head = str(choice.settings.get("head", "softmax"))
        mixing.check_loss(head, optimization.loss or "")
    _check_sampling(choice, transfer, variation.sampling, optimization.class_weight)


def check_transfer(transfer: Transfer, choice: Choice, style: str, varied: bool) -> None:
    """Check what can be told without TensorFlow; ``varied`` images differ from view to view."""
    for flag, used in (
        ("`views`", transfer.views > 1),
        ("`fine_tune`", transfer.fine_tune is not None),
    ):
        if used and not choice.frozen:
            raise SettingError(
                f"{flag} applies to a pretrained backbone, but {choice.label} is trained as a "
                "whole. Leave it out, or choose a `backbone`."
            )
    if transfer.views < 1 or (transfer.views > 1 and not varied):
        raise SettingError(
            "`views` must be at least 1, and exactly 1 with `augmentation=none`; got "
            f"{transfer.views}."
        )
    if transfer.pretrain != "none" and choice.frozen:
        raise SettingError(
            "`pretrain` teaches a network to see, which a pretrained backbone already does. Leave "
            "one of the two out."
        )
    if transfer.unlabelled is not None and not transfer.unlabelled.is_dir():
        raise DataError(f"`unlabelled`: {transfer.unlabelled} is not a folder of images.")
    if transfer.auxiliary and choice.architecture != "googlenet":
        raise SettingError(
            f"`auxiliary`: {choice.label} has no places for auxiliary classifiers; "
            "`architecture=googlenet` has."
        )
    if transfer.auxiliary and style != "functional":
        raise SettingError(
            "`auxiliary`: these classifiers branch off in the middle of a network, but a "
            "Sequential model is one chain. Use `style=functional`."
        )


def unused(choice: Choice, variation: Variation, transfer: Transfer) -> str:
    """Say which of the flags that change images has no effect; nothing where all have."""
    strength = variation.augmentation
    flags = [f"`augmentation={strength}`"] if strength not in (None, "none") else []
    flags += ["`flip`"] if variation.flip == "yes" else []
    if not flags or varies_images(transfer, choice):
        return ""
    return (
        f"{' and '.join(flags)} has no effect: a head on a frozen backbone sees each image once, "
        "unchanged. Add `views=4`, for example, or `fine_tune`."
    )


def imbalance(splits: data.Splits, class_weight: str) -> str:
    """Return what to know where some classes are much larger than others; else nothing."""
    counts = splits.counts("train")
    largest, smallest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    if not is_imbalanced(counts.values()):
        return ""
    part = "validation" if "validation" in splits.parts else "train"
    scored = splits.counts(part)
    share = scored[largest] / sum(scored.values())
    text = (
        f'Class sizes differ: "{largest}" has {counts[largest]} training images, "{smallest}" '
        f'has {counts[smallest]}. Always answering "{largest}" would be right for '
        f"{100 * share:.0f} % of the {'validation' if part == 'validation' else 'training'} "
        "images, so look at the balanced accuracy."
    )
    if class_weight == "none" and splits.sampling == "none":
        text += (
            " `class_weight=balanced` or `sampling=balanced` (on a frozen backbone also smote) "
            "makes all classes count equally."
        )
    return text


def _check_sampling(choice: Choice, transfer: Transfer, sampling: str, class_weight: str) -> None:
    if sampling == "none":
        return
    if class_weight != "none":
        raise SettingError(
            f"`sampling={sampling}` and `class_weight={class_weight}` both balance the classes; "
            "together they would favor the small ones. Leave one out."
        )
    if sampling != "smote":
        return
    if not choice.frozen:
        raise SettingError(
            f"`sampling=smote` interpolates between vectors, but {choice.label} is trained on "
            "images, which cannot be interpolated. Use `sampling=balanced`, or a `backbone`."
        )
    if transfer.fine_tune is not None:
        raise SettingError(
            "`sampling=smote` works on features, but `fine_tune` trains on maps or images. Use "
            "`sampling=balanced`."
        )
    smote.check_installed()
