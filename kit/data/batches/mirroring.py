"""Which changes of an image may change its class, as far as the names of the classes tell."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from kit.errors import SettingError

SIDES = ("left", "right", "چپ", "راست")
ENDS = ("up", "down", "top", "bottom", "بالا", "پایین")
TURN = 0.25  # of a full turn: from here on a 6 may come out as a 9


def flips(flip: str, class_names: Sequence[str]) -> bool:
    """Tell whether images are mirrored: "yes", "no", or "auto" by the names of the classes."""
    return may_flip(class_names) if flip == "auto" else flip == "yes"


def may_flip(class_names: Sequence[str]) -> bool:
    """Return whether a mirrored image surely still belongs to its class, as far as names tell.

    It may not where every class is a digit, a number or a single character, or where a name speaks
    of left or right. Names in other words are not understood: say ``flip="no"`` there.
    """
    return not _written(class_names) and not _naming(class_names, SIDES)


def wanted(flip: str | bool | None) -> str:
    """Return what was asked for as "auto", "yes" or "no".

    Raises:
        SettingError: It is none of these, nor True, False or None.
    """
    word = flip if isinstance(flip, str) else {None: "auto", True: "yes", False: "no"}[flip]
    if word not in ("auto", "yes", "no"):
        raise SettingError(f"`flip` takes auto, yes or no, not {flip!r}.")
    return word


def advice(
    class_names: Sequence[str], layers: Mapping[str, Mapping[str, Any]], flip: str
) -> list[str]:
    """Return sentences about changes that may make one class of another.

    Args:
        class_names: The classes.
        layers: What augmentation does: names in ``keras.layers`` and their settings.
        flip: What was asked for; auto leaves mirroring to :func:`may_flip`.
    """
    notes = []
    mode = str(layers.get("RandomFlip", {}).get("mode", ""))
    if "horizontal" in mode and not may_flip(class_names):
        example = _example(class_names, SIDES)
        if flip == "auto":
            notes.append(
                f"Images are not mirrored: {example}, so a mirrored image could show another "
                "class. `flip=yes` mirrors them anyway."
            )
        elif flip == "yes":
            notes.append(
                f"Images are mirrored, but {example}, so mirroring may change the label. Look at "
                "the run's figures/augmentation.png, or use `flip=auto`."
            )
    upside_down = [name for name in class_names if _naming([name], ENDS)]
    if "vertical" in mode and (_written(class_names) or upside_down):
        example = _example(class_names, ENDS)
        notes.append(
            f"Images are turned upside down, but {example}. This may change the label: an "
            "upside-down 6 looks like a 9."
        )
    if _written(class_names) and _turn(layers) >= TURN:
        notes.append(
            f"Images are rotated by up to {360 * _turn(layers):.0f} degrees, but "
            f"{_example(class_names, ())}. This may change the label: a rotated 6 looks like a 9."
        )
    return notes


def _written(class_names: Sequence[str]) -> bool:
    return all(len(name) == 1 or name.isdigit() for name in class_names)


def _naming(class_names: Sequence[str], words: Sequence[str]) -> bool:
    """Tell whether a name holds one of the words: those of sides anywhere, "up" not in "cup"."""
    plain = [unicodedata.normalize("NFC", name).casefold() for name in class_names]
    if words is SIDES:
        return any(word in name for name in plain for word in words)
    return any(word in re.split(r"[\W_]+", name) for name in plain for word in words)


def _example(class_names: Sequence[str], words: Sequence[str]) -> str:
    """Say what the classes look like, with one of their names."""
    if _written(class_names):
        return f'the classes look like digits or letters ("{class_names[0]}")'
    named = next(name for name in class_names if _naming([name], words))
    return f'one class is "{named}"'


def _turn(layers: Mapping[str, Mapping[str, Any]]) -> float:
    """Return the largest rotation, as a share of a full turn."""
    factor = layers.get("RandomRotation", {}).get("factor", 0)
    both = factor if isinstance(factor, list | tuple) else [factor]
    return max((abs(one) for one in both if isinstance(one, int | float)), default=0.0)
