"""What stops a run before it starts, and what a person should know about the data."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from kit.data._divide import contradicting
from kit.data._scan import Scan
from kit.errors import DataError

__all__ = ["across", "copies", "lacking", "refuse_broken", "refuse_small", "skipped"]

MOST_BROKEN = 0.05  # a larger share is no accident, but one file always may be
SHOWN = 5  # names in a sentence


def refuse_broken(root: Path, scanned: Scan) -> None:
    """Raise DataError where several images, more than 5 %, cannot be decoded."""
    broken = [one for one in scanned.problems if one.verdict == "broken"]
    images = len(broken) + len(scanned.entries)
    if len(broken) > max(1, MOST_BROKEN * images):
        named = "; ".join(f"{one.file}: {one.reason}" for one in broken[:SHOWN])
        raise DataError(
            f"{root}: {len(broken)} of {images} images cannot be decoded, more than 5 %. Repair "
            f"them or take them out. {named}{'; ...' if len(broken) > SHOWN else ''}"
        )


def refuse_small(root: Path, class_names: Sequence[str], scanned: Scan) -> None:
    """Raise DataError where a class has fewer than two usable images, or one image copied."""
    contents = defaultdict(list)
    for entry, content in zip(scanned.entries, scanned.hashes, strict=True):
        contents[entry.label].append(content)
    small = [
        f"{name} ({len(contents[label])})"
        for label, name in enumerate(class_names)
        if len(contents[label]) < 2
    ]
    if small:
        raise DataError(
            f"{root}: every class needs at least two images that can be decoded; too few in "
            f"{_some(small)}."
        )
    same = [class_names[label] for label, found in contents.items() if len(set(found)) < 2]
    if same:
        raise DataError(
            f"{root}: all images of {_some(same)} are copies of one file; every class needs two "
            "different ones."
        )


def skipped(scanned: Scan) -> list[str]:
    """Return sentences that count what is left out, and name what is broken or refused."""
    notes = []
    for verdict in ("broken", "refused"):
        found = [one for one in scanned.problems if one.verdict == verdict]
        if found:
            named = _some([f"{one.file} ({one.reason})" for one in found])
            notes.append(f"Left out, {verdict}: {len(found)} files: {named}.")
    ignored = [one for one in scanned.problems if one.verdict == "ignored"]
    if ignored:
        kinds = Counter(_kind(one.file) for one in ignored).most_common(SHOWN)
        named = ", ".join(f"{count} {kind}" for kind, count in kinds)
        notes.append(f"Ignored: {len(ignored)} files or folders ({named}).")
    return notes


def copies(scanned: Scan) -> list[str]:
    """Return sentences about files with equal bytes."""
    files = defaultdict(list)
    for entry, content in zip(scanned.entries, scanned.hashes, strict=True):
        files[content].append(entry.found.file)
    notes = []
    spare = len(scanned.hashes) - len(files)
    if spare:
        notes.append(f"{spare} files are exact copies of others; copies are kept in one part.")
    twofold = contradicting([entry.label for entry in scanned.entries], scanned.hashes)
    if twofold:
        example = sorted(files[content][:2] for content in twofold)[0]
        notes.append(
            f"{len(twofold)} images lie in more than one class and cannot be right in both, for "
            f"example {' and '.join(example)}."
        )
    return notes


def across(parts: Sequence[str], hashes: Sequence[str]) -> list[str]:
    """Return sentences about parts that share images, which folders or an old list may do."""
    contents = defaultdict(set)
    for part, content in zip(parts, hashes, strict=True):
        contents[part].add(content)
    return [
        f"{shared} images of the {one} part are in the {other} part too: its score will flatter."
        for other, one in (("train", "validation"), ("train", "test"), ("validation", "test"))
        if (shared := len(contents[one] & contents[other]))
    ]


def lacking(
    root: Path, class_names: Sequence[str], labels: Sequence[int], parts: Sequence[str]
) -> list[str]:
    """Return sentences about classes that validation or test lack.

    Raises:
        DataError: A class has no training image, or nothing is left for validation.
    """
    present = defaultdict(set)
    for label, part in zip(labels, parts, strict=True):
        present[part].add(label)
    notes = []
    for part in ("train", "validation", "test"):
        names = [name for label, name in enumerate(class_names) if label not in present[part]]
        if part == "train" and names:
            raise DataError(f"{root}: no training image for {_some(names)}; add images to it.")
        if part == "validation" and not present[part]:
            raise DataError(f"{root}: no image is left for validation; add images.")
        if names and present[part]:
            notes.append(f"No {part} image for {_some(names)}: nothing is known about it there.")
    return notes


def _kind(file: str) -> str:
    name = PurePosixPath(file).name
    return "hidden" if name.startswith(".") else PurePosixPath(name).suffix.lower() or name


def _some(names: Iterable[str]) -> str:
    names = list(names)
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
