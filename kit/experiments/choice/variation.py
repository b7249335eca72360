"""What ``train`` checks and says about augmentation, mixing and sampling, without TensorFlow."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kit import data
from kit.data.batches import mixing, offered_layers
from kit.data.features import smote
from kit.errors import SettingError
from kit.experiments.choice.method import Method
from kit.experiments.choice.network_choice import Choice
from kit.intervals import is_imbalanced
from kit.settings.texts import assignments

__all__ = ["all_to_learn_from", "check", "imbalance", "layers", "unused"]


def layers(texts: Sequence[str] | Mapping[str, Any]) -> dict[str, Any]:
    """Return the layers that ``augment`` names, and the values given for them.

    Raises:
        SettingError: A text is no LAYER=VALUE, or there is no such layer.
    """
    given = assignments(texts, "augment", "LAYER=VALUE")
    offered_layers.rows(given)
    return given


def check(choice: Choice, method: Method, given: Mapping[str, Any]) -> None:
    """Check that what varies the training batches goes together, and with the network.

    Args:
        choice: The network.
        method: How it is trained.
        given: All settings of ``train``.

    Raises:
        SettingError: Something does not.
    """
    wanted = layers(given["augment"])
    mixed = mixing.mix(given["mix"], given["mix_alpha"])
    if wanted and not method.augments(choice):
        raise SettingError(
            "`augment` changes images, and a head on a frozen backbone sees each image once, as it "
            "is; add `views=4`, for example, or `fine_tune`."
        )
    if mixed is not None:
        if choice.frozen and method.fine_tune is None:
            raise SettingError(
                f"`mix={mixed.kind}` mixes images, and a head on a frozen backbone learns from "
                "features of whole ones; leave it out, add `fine_tune`, which sees images, or take "
                "a network that is trained as a whole: `architecture=basic_cnn`."
            )
        head = str(choice.settings.get("head", "softmax"))
        mixing.check_loss(head, given["loss"] or "")
    _check_sampling(choice, method, given["sampling"], given["class_weight"])


def unused(choice: Choice, method: Method, given: Mapping[str, Any]) -> str:
    """Say which of the flags that change images has no effect; nothing where all have."""
    strength, flip = given["augmentation"], given["flip"]
    flags = [f"`augmentation={strength}`"] if strength not in (None, "none") else []
    flags += ["`flip`"] if flip == "yes" else []
    if not flags or method.augments(choice):
        return ""
    return (
        f"{' and '.join(flags)} changes nothing: a head on a frozen backbone sees each image once, "
        "as it is. With `views=4`, for example, or `fine_tune` it would."
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
        f'Imbalanced: {counts[largest]} training images of "{largest}", {counts[smallest]} of '
        f'"{smallest}". Always answering "{largest}" would be right for {100 * share:.0f} % of the '
        f"{'validation' if part == 'validation' else 'training'} images: look at the balanced "
        "accuracy."
    )
    if class_weight == "none" and splits.sampling == "none":
        text += (
            " `class_weight=balanced` or `sampling=balanced` (on a frozen backbone also smote) "
            "makes small classes count as much as large ones."
        )
    return text


def all_to_learn_from(splits: data.Splits) -> data.Splits:
    """Return the data with the validation images among the training images."""
    parts = dict(splits.parts)
    parts["train"] = np.sort(np.concatenate([parts["train"], parts.pop("validation")]))
    return dataclasses.replace(splits, parts=parts)


def _check_sampling(choice: Choice, method: Method, sampling: str, class_weight: str) -> None:
    if sampling == "none":
        return
    if class_weight != "none":
        raise SettingError(
            f"`sampling={sampling}` and `class_weight={class_weight}` both even out the classes; "
            "together they would favour the small ones. Leave one out."
        )
    if sampling != "smote":
        return
    if not choice.frozen:
        raise SettingError(
            f"`sampling=smote` makes vectors between vectors, and {choice.label} is trained on "
            "images, between which lie no images; take `sampling=balanced`, or a `backbone`."
        )
    if method.fine_tune is not None:
        raise SettingError(
            "`sampling=smote` is for features, and `fine_tune` goes on with images; take "
            "`sampling=balanced`."
        )
    smote.check_installed()
