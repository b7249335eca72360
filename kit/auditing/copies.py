"""Images that are there twice: in one class, under two labels, in two parts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kit.auditing.findings import Finding
from kit.data.division.grouping import crowded
from kit.data.division.near_copies import joined, near

Pixels = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

GUARDED = {"test": 2, "validation": 1}  # a copy leaves the training part first, then validation


@dataclass(frozen=True)
class Copies:
    """What is there twice.

    Attributes:
        findings: File by file.
        groups: A number for each image; copies and near copies share it.
        crowds: Sizes of groups of near copies so large that this is how the data look, and no
            copying; they have no findings.
    """

    findings: tuple[Finding, ...]
    groups: Numbers
    crowds: tuple[int, ...]


@dataclass(frozen=True)
class _Rows:
    """Columns of the images, and ``rank``: of two copies the one with the lower number stays."""

    files: list[str]
    labels: list[str]
    numbers: Numbers
    parts: list[str]
    hashes: list[str]
    rank: Numbers


def copies(
    images: pd.DataFrame,
    thumbs: Pixels,
    class_names: Sequence[str],
    together: Numbers | None = None,
) -> Copies:
    """Compare all images.

    Args:
        images: As :class:`kit.auditing.measuring.Reading` has them.
        thumbs: Their thumbnails.
        class_names: Words for the labels.
        together: A number for each image; near copies that share it, a class and a part are meant.
    """
    rows = _rows(images, class_names)
    same = pd.factorize(images["pixels"])[0].astype(np.int64)
    members = _members(same, rows.rank)
    exact = [found for group in members if len(group) > 1 for found in _exact(rows, group)]
    kept = np.array(sorted(group[0] for group in members), np.int64)
    pairs, correlations = near(thumbs[kept])
    pairs = kept[pairs]
    ties = [(group[0], other) for group in members for other in group[1:]]
    links = np.concatenate([np.array(ties, np.int64).reshape(-1, 2), pairs])
    if together is not None:
        meant = _one_place(rows, pairs) & (together[pairs[:, 0]] == together[pairs[:, 1]])
        pairs, correlations = pairs[~meant], correlations[~meant]
    alike = joined(len(images), pairs)
    crowds, sizes = crowded(alike, rows.numbers)
    large = crowds[alike[pairs[:, 0]]]
    findings = exact + _near(rows, pairs[~large], correlations[~large])
    said = sorted(sizes[np.unique(alike[pairs[large, 0]])].tolist(), reverse=True)
    return Copies(tuple(findings), joined(len(images), links), tuple(said))


def _rows(images: pd.DataFrame, class_names: Sequence[str]) -> _Rows:
    files = images["file"].tolist()
    guarded = images["part"].map(lambda part: GUARDED.get(part, 0)).to_numpy(np.int64)
    area = (images["width"] * images["height"]).to_numpy(np.int64)
    by_name = np.argsort(np.array(files, object), kind="stable")
    place = np.empty(len(files), np.int64)
    place[by_name] = np.arange(len(files))
    rank = np.empty(len(files), np.int64)
    rank[np.lexsort((place, -area, -guarded))] = np.arange(len(files))
    numbers = images["label"].to_numpy(np.int64)
    labels = [class_names[number] for number in numbers]
    return _Rows(files, labels, numbers, images["part"].tolist(), images["hash"].tolist(), rank)


def _members(groups: Numbers, rank: Numbers) -> list[list[int]]:
    """Return the images of each group, the one to keep first."""
    members: dict[int, list[int]] = {}
    for image in np.argsort(rank).tolist():
        members.setdefault(int(groups[image]), []).append(image)
    return list(members.values())


def _exact(rows: _Rows, group: Sequence[int]) -> Iterator[Finding]:
    kept = group[0]
    if len({rows.labels[image] for image in group}) > 1:
        for image in group:
            other = next(one for one in group if rows.labels[one] != rows.labels[image])
            detail = f"{rows.labels[image]} here, {rows.labels[other]} there"
            yield Finding(rows.files[image], "two-labels", rows.files[other], detail, 1.0)
        return
    for image in group[1:]:
        what = "bytes" if rows.hashes[image] == rows.hashes[kept] else "pixels"
        if rows.parts[image] == rows.parts[kept]:
            yield Finding(rows.files[image], "copy", rows.files[kept], f"equal {what}", 1.0)
        else:
            detail = f"equal {what}; {rows.parts[image]} here, {rows.parts[kept]} there"
            yield Finding(rows.files[image], "two-parts", rows.files[kept], detail, 1.0)


def _near(rows: _Rows, pairs: Numbers, correlations: Floats) -> list[Finding]:
    """Return a finding for each file and kind; of a near copy's group the partner is what stays.

    Other partners are the nearest.
    """
    groups = joined(len(rows.files), pairs[_one_place(rows, pairs)])
    keep = {int(groups[group[0]]): group[0] for group in _members(groups, rows.rank)}
    best: dict[tuple[str, int], tuple[bool, float, int]] = {}
    for (one, other), correlation in zip(pairs.tolist(), correlations.tolist(), strict=True):
        for image, partner in ((one, other), (other, one)):
            for kind in _kinds(rows, image, partner, keep[int(groups[image])]):
                stays = kind == "near-copy" and partner == keep[int(groups[image])]
                found = (stays, correlation, partner)
                best[kind, image] = max(best.get((kind, image), (False, 0.0, 0)), found)
    findings = []
    for (kind, image), (_, correlation, partner) in sorted(best.items()):
        words = _words(rows, kind, image, partner, correlation)
        if kind == "near-copy" and partner != keep[int(groups[image])]:
            words += f" with {rows.files[partner]}, which links it to the group"
            partner = keep[int(groups[image])]
        findings.append(Finding(rows.files[image], kind, rows.files[partner], words, correlation))
    return findings


def _one_place(rows: _Rows, pairs: Numbers) -> npt.NDArray[np.bool_]:
    """Return which pairs have one class and lie in one part."""
    same = [
        rows.labels[a] == rows.labels[b] and rows.parts[a] == rows.parts[b]
        for a, b in pairs.tolist()
    ]
    return np.array(same, np.bool_)


def _kinds(rows: _Rows, image: int, partner: int, kept: int) -> Iterator[str]:
    """Yield what an image is, seen beside its partner; one of the two may be nothing."""
    if rows.labels[image] != rows.labels[partner]:
        yield "near-two-labels"
    if rows.parts[image] != rows.parts[partner]:
        if rows.rank[image] > rows.rank[partner]:
            yield "near-two-parts"
    elif rows.labels[image] == rows.labels[partner] and image != kept:
        yield "near-copy"


def _words(rows: _Rows, kind: str, image: int, partner: int, correlation: float) -> str:
    text = f"correlation {correlation:.3f}"
    if kind == "near-copy":
        return text
    said = rows.labels if kind == "near-two-labels" else rows.parts
    return f"{text}; {said[image]} here, {said[partner]} there"
