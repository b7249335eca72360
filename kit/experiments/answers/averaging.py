"""Answers that are averaged: of several runs, and of an image and its mirror image."""

from collections.abc import Mapping, Sequence
from typing import Any

from kit import progress, runs
from kit.errors import SettingError


def check(together: Sequence[runs.Saved], mirrored: bool) -> None:
    """Make sure that the answers of these runs can be averaged, before TensorFlow starts.

    Args:
        together: The runs.
        mirrored: Whether they are asked about mirror images, too.

    Raises:
        SettingError: They cannot.
    """
    first, *others = together
    for other in others:
        check_classes((str(first.folder), str(other.folder)), (first, other))
    unused = [str(one.folder) for one in together if not saw_mirror_images(one.settings)]
    if mirrored and unused:
        raise SettingError(
            f"`mirrored` averages over mirror images, but {progress.some(unused)} was trained "
            "without any: a mirrored digit, for example, is another symbol. Leave it out."
        )


def check_classes(names: Sequence[str], pair: Sequence[runs.Saved]) -> None:
    """Make sure that two runs, called by these names, have the same classes.

    Raises:
        SettingError: They have not.
    """
    known = [set(one.class_names) for one in pair]
    only = [(names[0], known[0] - known[1]), (names[1], known[1] - known[0])]
    told = [f"only {name} has {progress.some(sorted(own))}" for name, own in only if own]
    if told:
        raise SettingError(f"The two runs have different classes: {', '.join(told)}.")


def check_probabilities(known: Mapping[str, bool]) -> None:
    """Make sure that what several runs give are probabilities.

    Args:
        known: Whether they are, by the runs' names.

    Raises:
        SettingError: One of several gives scores.
    """
    scores = [name for name, probable in known.items() if not probable]
    if scores and len(known) > 1:
        raise SettingError(
            f"{scores[0]} returns scores, and only probabilities can be averaged. Leave this run "
            "out."
        )


def saw_mirror_images(settings: Mapping[str, Any]) -> bool:
    """Tell whether a training mirrored its images from left to right."""
    own = (settings.get("augment") or {}).get("RandomFlip")
    if own is not None:
        mode = own.get("mode", "horizontal") if isinstance(own, Mapping) else own
        return "horizontal" in str(mode)
    varied = settings.get("augmentation") not in (None, "none")
    return varied and settings.get("flip") in ("yes", True)
