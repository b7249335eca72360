"""What there is to say of the whole data set, and whether a network can be trained on it at all."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from kit.auditing.reports import summary
from kit.data import checking, loading_notes
from kit.data.division.group_rules import ruled, same
from kit.data.division.near_copies import joined
from kit.data.listing.folders import Listing
from kit.data.listing.tree import Problem
from kit.data.scanning.images import DecodedImages
from kit.data.scanning.judging import Finding as Judgement
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
            f"Classes are uneven: {large['class']} has {times:.0f} times the images of "
            f"{small['class']}. Look at recall and balanced accuracy, and try class weights."
        )
    few = table.loc[table["images"] < FEW, "class"].tolist()
    if few:
        more = f" and {len(few) - 5} more" if len(few) > 5 else ""
        notes.append(
            f"Fewer than {FEW} images in {', '.join(few[:5])}{more}: a pretrained backbone needs "
            "least, and the score of so few is uncertain."
        )
    return notes


def crowd(size: int) -> str:
    """Return a sentence about a group of near copies that is too large to be copies."""
    return said(
        f"{size} images resemble one another in chains, more than copying explains: this is how "
        "the data look (digits, a fixed camera). Where they are frames of one scene, name the "
        "scene with `group` when you train."
    )


def judge(
    listed: Listing, images: pd.DataFrame, problems: Sequence[Problem]
) -> tuple[str, list[str]]:
    """Return why a training would end before its first step, or nothing, and what parts lack.

    The rules are the training's own.

    Args:
        listed: The files.
        images: The usable ones, as :class:`kit.auditing.measuring.Reading` has them.
        problems: The others.
    """
    scanned = _as_scan(listed, images, problems)
    root, names, parts = listed.root, listed.class_names, images["part"].tolist()
    try:
        checking.refuse_broken(root, scanned)
        checking.refuse_small(root, names, scanned)
        if all(parts) and "validation" in parts:  # else the lacking part is drawn
            return "", loading_notes.lacking(root, names, images["label"].tolist(), parts)
    except DataError as error:
        return str(error), []
    return "", []


def belonging(
    listed: Listing, images: pd.DataFrame, problems: Sequence[Problem], rule: str | None
) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return a number for each image that those share that a person ties together, and sentences.

    Args:
        listed: The files, with groups where a table gives them.
        images: The usable ones.
        problems: The others.
        rule: As for :func:`kit.data.division.group_rules.ruled`.

    Raises:
        SettingError: No photo says when and by which camera it was taken.
    """
    scanned = _as_scan(listed, images, problems)
    links, notes = [same(entry.group for entry in scanned.entries)], []
    if rule is not None:
        tied, note = ruled(scanned, rule)
        links.append(tied)
        notes.append(note)
    groups = joined(len(images), np.concatenate(links))
    alone = [str(number) for number in range(len(images))]  # equal images are findings already
    notes += loading_notes.across(images["part"].tolist(), alone, [str(one) for one in groups])
    return groups, notes


def _as_scan(listed: Listing, images: pd.DataFrame, problems: Sequence[Problem]) -> Scan:
    """Return what a training's scan would know, but for the pictures."""
    names = tuple(images["file"])
    files = set(names)
    columns = (images[name] for name in ("hash", "pixels", "camera", "taken"))
    return Scan(
        entries=tuple(entry for entry in listed.entries if entry.found.file in files),
        findings=tuple(
            Judgement("used", hash=one, pixels=pixels, camera=camera, taken=taken)
            for one, pixels, camera, taken in zip(*columns, strict=True)
        ),
        images=DecodedImages(listed.root, names, (1, 1), "rgb", "stretch"),
        thumbnails={},
        color="rgb",
        fingerprint="",
        rules="",
        problems=tuple(problems),
        changed=(),
        notes=(),
    )
