"""One pass over the files: every one is decoded, judged, hashed, and becomes a row of the cache."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from kit.data.decoding import opening
from kit.data.listing.folders import Entry, Listing
from kit.data.listing.tree import Problem
from kit.data.scanning import filling, pixel_cache
from kit.data.scanning.images import CachedImages, DecodedImages, Images
from kit.data.scanning.judging import Finding, Rows
from kit.data.scanning.reading import Reading, refuse_any

Pixels = npt.NDArray[np.uint8]

LARGEST_DEFAULT = 128  # pixels: what a small network on a processor still learns from quickly
HEADERS = 200  # files whose sizes stand for all


@dataclass(frozen=True)
class Scan:
    """The usable files, in order of their names, and their pictures.

    Attributes:
        entries: The files.
        findings: What each of them turned out to be.
        images: The pictures.
        problems: The other files, with verdict and reason.
        thumbnails: By file name, of those that were decoded just now.
        color: ``"rgb"`` or ``"grayscale"``.
        fingerprint: A hash over the names and contents of these files.
        rules: What the pictures depend on besides.
        changed: Files whose bytes are others than an earlier scan found.
        notes: What a person should know.
    """

    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    images: Images
    problems: tuple[Problem, ...]
    thumbnails: Mapping[str, Pixels] = field(default_factory=dict)
    color: str = "rgb"
    fingerprint: str = ""
    rules: str = ""
    changed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def hashes(self) -> tuple[str, ...]:
        """Return the content hash of each file."""
        return tuple(finding.hash for finding in self.findings)

    @property
    def labels(self) -> list[int]:
        """Return the class number of each file."""
        return [entry.label for entry in self.entries]


def scan(listed: Listing, rows: Rows, cache: bool, strict: bool = False) -> Scan:
    """Judge every file, and give access to the pictures of the usable ones.

    Files that an earlier scan for such pictures saw with the same size and times of change are not
    read again where their pictures are in the cache or are not wanted there.

    Raises:
        DataError: One is, and ``strict`` was asked for.
    """
    reading = Reading(listed, rows, strict)
    if strict:
        refuse_any(listed.root, [*listed.problems, *reading.problems])
    reading.judge(reading.same)  # few, and mostly in vain: those that may be judged otherwise now
    notes: list[str] = []
    array = None
    height, width = rows.image_size
    if cache:
        array = filling.stored(reading) if not reading.unknown() else None
        if array is None and pixel_cache.has_room(len(listed.entries) * height * width * 3):
            array = filling.fill(reading)
        elif array is None:
            notes.append(
                "The decoded images do not fit in the cache (KIT_CACHE_LIMIT_GB, or the disk), so "
                "they are decoded again in every epoch."
            )
    reading.judge(listed.entries)
    reading.remember()
    return _result(listed, reading, rows, array, notes)


def median_size(listed: Listing) -> int:
    """Return the median longer side of evenly spread images, at most 128 pixels."""
    sides = []
    for entry in listed.entries[:: max(1, len(listed.entries) // HEADERS)]:
        try:
            sides.append(max(opening.dimensions(listed.root / entry.found.file)))
        except opening.BrokenImage:
            continue
    return min(LARGEST_DEFAULT, int(np.median(sides))) if sides else LARGEST_DEFAULT


def _result(
    listed: Listing, reading: Reading, rows: Rows, array: Pixels | None, notes: list[str]
) -> Scan:
    used, known = reading.used(), reading.known
    names = tuple(entry.found.file for entry in used)
    color = rows.resolved(known[name] for name in names)
    images: Images
    if array is None:
        images = DecodedImages(
            listed.root, names, rows.image_size, color, rows.aspect, rows.equalization
        )
    else:
        images = CachedImages(array)
    return Scan(
        entries=used,
        findings=tuple(known[name] for name in names),
        images=images,
        thumbnails=reading.thumbnails,
        color=color,
        fingerprint=reading.fingerprint,
        rules=rows.judged_as(),
        problems=listed.problems + reading.problems,
        changed=reading.changed,
        notes=listed.notes + tuple(notes),
    )
