"""What there is to say of the whole data set, and whether a network can be trained on it at all."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from kit.auditing.reports import summary
from kit.data import checking, loading_notes
from kit.data.division.group_rules import ruled, same
from kit.data.division.near_copies import joined
from kit.data.scanning.scan import Scan
from kit.errors import DataError
from kit.intervals import is_imbalanced
from kit.setting_names import said

FEW = 50  # images of a class, below which one network or another is luck


def balance(images: pd.DataFrame, class_names: Sequence[str]) -> list[str]:
    """Return sentences about uneven and small classes."""
    table = summary.classes(images, class_names)
    counts = table["images"].to_numpy(int)
    small, large = table.iloc[int(np.argmin(counts))], table.iloc[int(np.argmax(counts))]
    notes = []
    if is_imbalanced(np.maximum(counts, 1)):
        times = large["images"] / max(1, small["images"])
        notes.append(
            f"Class sizes differ: {large['class']} has {times:.0f} times the images of "
            f"{small['class']}. Look at recall and balanced accuracy, and try class weights."
        )
    few = table.loc[table["images"] < FEW, "class"].tolist()
    if few:
        more = f" and {len(few) - 5} more" if len(few) > 5 else ""
        notes.append(
            f"Fewer than {FEW} images in {', '.join(few[:5])}{more}: a pretrained backbone needs "
            "the fewest images, and a score on so few is uncertain."
        )
    return notes


def crowd(size: int) -> str:
    """Return a sentence about a group of near copies that is too large to be copies."""
    return said(
        f"{size} images resemble one another in chains, more than copies would explain. Digits and "
        "fixed cameras look like this. If they are frames of one scene, name the scene with "
        "`group` for the training."
    )


def judge(
    root: Path, class_names: Sequence[str], scanned: Scan, parts: Sequence[str]
) -> tuple[str, list[str]]:
    """Return why a training would end before its first step, or nothing, and what parts lack.

    The rules are the training's own.
    """
    try:
        checking.refuse_broken(root, scanned)
        checking.refuse_small(root, class_names, scanned)
        if all(parts) and "validation" in parts:  # else the lacking part is drawn
            return "", loading_notes.lacking(root, class_names, scanned.labels, parts)
    except DataError as error:
        return str(error), []
    return "", []


def belonging(
    scanned: Scan, parts: Sequence[str], rule: str | None
) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return a number for each image that those share that a person ties together, and sentences.

    Raises:
        SettingError: No photo says when and by which camera it was taken.
    """
    links, notes = [same(entry.group for entry in scanned.entries)], []
    if rule is not None:
        tied, note = ruled(scanned, rule)
        links.append(tied)
        notes.append(note)
    groups = joined(len(parts), np.concatenate(links))
    alone = [str(number) for number in range(len(parts))]  # equal images are findings already
    notes += loading_notes.across(parts, alone, [str(one) for one in groups])
    return groups, notes
