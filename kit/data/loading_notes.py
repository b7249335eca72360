"""What a person should know about the data, in sentences."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from PIL import Image

from kit.data.capacity import enlarged
from kit.data.division.stratified_draw import contradicting
from kit.data.listing.tree import TOLD
from kit.data.scanning.scan import Scan
from kit.errors import DataError
from kit.progress import some

SHOWN = 5  # names in a sentence
TOGETHER = "They stay in one part."
LITTLE_RANGE = 0.25  # what 14 of 16 bits hold: below it a picture is darker than any photo
SLIMMEST = 20  # times as long as wide: resized to a square nothing of it can be seen
SMALLEST = 4  # pixels
ALIKE = {"MPO": "JPEG", "DIB": "BMP", "AVIF": "HEIF"}  # formats that share their names' endings


def of_files(
    scanned: Scan,
    changed: Sequence[str],
    groups: Sequence[str] = (),
    image_size: tuple[int, int] | None = None,
) -> list[str]:
    """Return all sentences about the files of a data set."""
    sizes = [(one.height, one.width) for one in scanned.findings]
    return [
        *scanned.notes,
        *skipped(scanned),
        *odd(scanned),
        *(enlarged(image_size, sizes) if image_size else []),
        *copies(scanned),
        *groups,
        *_changed(changed),
    ]


def skipped(scanned: Scan) -> list[str]:
    """Return sentences that count what is left out, and name what is broken or refused."""
    notes = []
    for verdict in ("broken", "refused"):
        found = [one for one in scanned.problems if one.verdict == verdict]
        if found:
            named = some([f"{one.file} ({one.reason})" for one in found])
            notes.append(f"Left out, {verdict}: {len(found)} files: {named}.")
    ignored = [
        one for one in scanned.problems if one.verdict == "ignored" and one.reason not in TOLD
    ]
    if ignored:
        kinds = Counter(_kind(one.file) for one in ignored).most_common(SHOWN)
        named = ", ".join(f"{count} {kind}" for kind, count in kinds)
        notes.append(f"Left out, ignored: {len(ignored)} files or folders ({named}).")
    return notes


def copies(scanned: Scan) -> list[str]:
    """Return sentences about files of equal bytes or equal pixels."""
    files = defaultdict(list)
    for entry, finding in zip(scanned.entries, scanned.findings, strict=True):
        files[finding.pixels].append(entry.found.file)
    notes = []
    spare = len(scanned.findings) - len(set(scanned.hashes))
    if spare:
        notes.append(f"{spare} files are exact copies of others. {TOGETHER}")
    equal = len(set(scanned.hashes)) - len(files)
    if equal > 0:
        notes.append(f"{equal} files look exactly like another at this size. {TOGETHER}")
    twofold = contradicting(scanned.labels, [one.pixels for one in scanned.findings])
    if twofold:
        example = sorted(files[content][:2] for content in twofold)[0]
        notes.append(
            f"{len(twofold)} images are in more than one class, and at most one label can be "
            f"right, for example {' and '.join(example)}."
        )
    return notes


def odd(scanned: Scan) -> list[str]:
    """Return sentences about files that are used, but perhaps not as their owner thinks."""
    files = [entry.found.file for entry in scanned.entries]
    found = list(zip(files, scanned.findings, strict=True))
    others = [f"{file} ({one.format})" for file, one in found if misnamed(file, one.format)]
    notes = []
    if others:
        notes.append(
            f"{len(others)} files have another format than their names say and are read by their "
            f"content: {some(others)}."
        )
    dark = [
        f"{file} ({one.range_used:.0%})" for file, one in found if one.range_used <= LITTLE_RANGE
    ]
    if dark:
        notes.append(
            f"{len(dark)} images of 16 bits use less than a quarter of their range, so they are "
            f"nearly black: {some(dark)}. `equalization=contrast` stretches every image."
        )
    slim = [
        f"{file} ({one.width}x{one.height})"
        for file, one in found
        if min(one.width, one.height) * SLIMMEST < max(one.width, one.height)
        or max(one.width, one.height) < SMALLEST
    ]
    if slim:
        notes.append(
            f"{len(slim)} images have hardly any pixels, or are more than {SLIMMEST} times as long "
            f"as wide: {some(slim)}. Do they belong in the data?"
        )
    for count, what in (
        (sum(one.animated for one in scanned.findings), "animated; the first frame is used"),
        (sum(one.transparent for one in scanned.findings), "transparent; they are put on white"),
    ):
        if count:
            notes.append(f"{count} of {len(files)} images are {what}.")
    return notes


def _changed(files: Sequence[str]) -> list[str]:
    """Return a sentence about files whose bytes are others than before."""
    if not files:
        return []
    return [
        f"{len(set(files))} files have changed since they were last read: "
        f"{some(sorted(set(files)))}. If nobody changed them, restore them from a copy: a disk or "
        "a transfer may have damaged them."
    ]


def across(parts: Sequence[str], hashes: Sequence[str], groups: Sequence[str]) -> list[str]:
    """Return sentences about parts that share images, which folders or an old list may do."""
    contents, tied = defaultdict(set), defaultdict(set)
    for part, content, name in zip(parts, hashes, groups, strict=True):
        contents[part].add(content)
        tied[part].add(name)
    group_of = dict(zip(hashes, groups, strict=True))
    notes = []
    for other, one in (("train", "validation"), ("train", "test"), ("validation", "test")):
        equal = contents[one] & contents[other]
        if equal:
            notes.append(
                f"{len(equal)} images of the {one} part are also in the {other} part, so its score "
                "will be too good."
            )
        related = (tied[one] & tied[other]) - {group_of[content] for content in equal}
        if related:
            notes.append(
                f"{len(related)} groups of related images are in both the {other} and the {one} "
                "part, so its score will be too good."
            )
    return notes


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
            raise DataError(f"{root}: no training image for {some(names)}. Add images.")
        if part == "validation" and not present[part]:
            raise DataError(f"{root}: no image is left for validation. Add images.")
        if names and present[part]:
            notes.append(f"No {part} image for {some(names)}, so their score is unknown there.")
    return notes


def misnamed(file: str, kind: str) -> bool:
    """Tell whether a name ends as those of another format do."""
    Image.init()
    said = Image.registered_extensions().get(PurePosixPath(file).suffix.lower(), kind)
    return bool(kind) and ALIKE.get(said, said) != ALIKE.get(kind, kind)


def _kind(file: str) -> str:
    name = PurePosixPath(file).name
    return "hidden" if name.startswith(".") else PurePosixPath(name).suffix.lower() or name
