"""One pass over the files: every one is decoded, judged, hashed, and becomes a row of the cache."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from kit import progress
from kit.data import _cache, decode
from kit.data._folder import Entry, Listing
from kit.data._images import CachedImages, DecodedImages, Images
from kit.data._judge import Finding, examine
from kit.data._tree import Problem

__all__ = ["Scan", "median_size", "scan"]

Pixels = npt.NDArray[np.uint8]
Known = dict[str, Finding]  # by file name

FEW = 0.05  # with so small a share of unknown files these are read first: the array may be there
LARGEST_DEFAULT = 128  # pixels: what a small network on a processor still learns from quickly
HEADERS = 200  # files whose sizes stand for all


@dataclass(frozen=True)
class Rows:
    """How pictures are wanted: ``(height, width)``, color (perhaps ``"auto"``) and the rest."""

    image_size: tuple[int, int]
    color: str
    aspect: str
    equalization: str = "none"

    def resolved(self, findings: Iterable[Finding]) -> str:
        """Return ``"rgb"`` or ``"grayscale"``."""
        if self.color != "auto":
            return self.color
        return "grayscale" if all(finding.gray for finding in findings) else "rgb"

    def name(self, fingerprint: str, color: str) -> str:
        """Return the name in the cache: everything the numbers depend on."""
        return f"{fingerprint}-{color}-{self.judged_as()}"

    def judged_as(self) -> str:
        """Return what findings depend on: a speck of color is gone from a smaller picture."""
        height, width = self.image_size
        rest = "" if self.equalization == "none" else f"{self.equalization}-"
        return f"{height}x{width}-{self.aspect}-{rest}{decode.version()}"


@dataclass(frozen=True)
class Scan:
    """The usable files, in order of their names, and their pictures.

    ``fingerprint`` is a hash over the names and contents of these files.
    """

    entries: tuple[Entry, ...]
    hashes: tuple[str, ...]
    images: Images
    color: str
    fingerprint: str
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def scan(listed: Listing, rows: Rows, cache: bool) -> Scan:
    """Judge every file, and give access to the pictures of the usable ones.

    Files that an earlier scan for such pictures saw with the same size and time of change are not
    read again where their pictures are in the cache or are not wanted there.

    Args:
        listed: The files.
        rows: How pictures are wanted.
        cache: Whether to keep the pictures in the cache.
    """
    recalled, notes = _recall(listed, rows), []
    known = dict(recalled)
    array = None
    height, width = rows.image_size
    if cache:
        unknown = _unknown(listed, known)
        if len(unknown) <= FEW * len(listed.entries):
            known |= _judged(listed, unknown, rows)
            array = _stored(listed, known, rows)
        if array is None and _cache.has_room(len(listed.entries) * height * width * 3):
            array, found = _fill(listed, rows)
            known |= found
        elif array is None:
            notes.append(
                "The decoded images have no room in the cache (KIT_CACHE_LIMIT_GB, or the disk) "
                "and are decoded anew in every epoch."
            )
    known |= _judged(listed, _unknown(listed, known), rows)
    if known != recalled:
        _remember(listed, known, rows)
    return _result(listed, known, rows, array, notes)


def median_size(listed: Listing) -> int:
    """Return the median longer side of evenly spread images, at most 128 pixels."""
    sides = []
    for entry in listed.entries[:: max(1, len(listed.entries) // HEADERS)]:
        try:
            sides.append(max(decode.dimensions(listed.root / entry.found.file)))
        except decode.BrokenImage:
            continue
    return min(LARGEST_DEFAULT, int(np.median(sides))) if sides else LARGEST_DEFAULT


def _unknown(listed: Listing, known: Known) -> list[Entry]:
    return [entry for entry in listed.entries if entry.found.file not in known]


def _judged(listed: Listing, entries: list[Entry], rows: Rows) -> Known:
    files = [listed.root / entry.found.file for entry in entries]
    findings = examine(files, rows.image_size, rows.aspect, equalization=rows.equalization)
    return {entry.found.file: one for entry, one in zip(entries, findings, strict=True)}


def _fill(listed: Listing, rows: Rows) -> tuple[Pixels | None, Known]:
    """Decode all files into the cache; no array where the disk gives out."""
    one_channel = rows.color == "grayscale"
    files = [listed.root / entry.found.file for entry in listed.entries]
    try:
        with _cache.Writer((*rows.image_size, 1 if one_channel else 3)) as writer:
            findings = examine(
                files,
                rows.image_size,
                rows.aspect,
                lambda pixels: writer.add(decode.luma(pixels) if one_channel else pixels),
                rows.equalization,
            )
            names = (entry.found.file for entry in listed.entries)
            known = dict(zip(names, findings, strict=True))
            color, name = _name(listed, known, rows)
            return writer.publish(name, 1 if color == "grayscale" else 3), known
    except OSError as error:  # reading has errors of its own kind: this is the cache's disk
        progress.say(f"The cache cannot be written ({error}): going on without it.")
        return None, {}


def _stored(listed: Listing, known: Known, rows: Rows) -> Pixels | None:
    color, name = _name(listed, known, rows)
    images = len(_used(listed, known))
    return _cache.find(name, (images, *rows.image_size, 1 if color == "grayscale" else 3))


def _name(listed: Listing, known: Known, rows: Rows) -> tuple[str, str]:
    used = _used(listed, known)
    color = rows.resolved(known[entry.found.file] for entry in used)
    return color, rows.name(_fingerprint(used, known), color)


def _used(listed: Listing, known: Known) -> tuple[Entry, ...]:
    return tuple(entry for entry in listed.entries if known[entry.found.file].verdict == "used")


def _fingerprint(used: Iterable[Entry], known: Known) -> str:
    digest = blake2b(digest_size=16)
    for entry in used:
        digest.update(f"{entry.found.file}\0{known[entry.found.file].hash}\n".encode())
    return digest.hexdigest()


def _recall(listed: Listing, rows: Rows) -> Known:
    stored = _cache.recall(listed.root, rows.judged_as())
    known = {}
    for entry in listed.entries:
        file = entry.found
        try:
            size, modified, *finding = stored.get(file.file, (None, None))
            if (size, modified) == (file.size, file.modified):
                known[file.file] = Finding(*finding)
        except (TypeError, ValueError):  # written by another version of this module
            return {}
    return known


def _remember(listed: Listing, known: Known, rows: Rows) -> None:
    stored = {
        entry.found.file: [entry.found.size, entry.found.modified, *vars(finding).values()]
        for entry in listed.entries
        if (finding := known[entry.found.file]).hash  # what cannot be read may be readable later
    }
    try:
        _cache.remember(listed.root, rows.judged_as(), stored)
    except OSError as error:
        progress.say(f"The cache cannot be written ({error}): the next run reads all files again.")


def _result(
    listed: Listing, known: Known, rows: Rows, array: Pixels | None, notes: list[str]
) -> Scan:
    used = _used(listed, known)
    names = tuple(entry.found.file for entry in used)
    color = rows.resolved(known[name] for name in names)
    images: Images
    if array is None:
        images = DecodedImages(
            listed.root, names, rows.image_size, color, rows.aspect, rows.equalization
        )
    else:
        images = CachedImages(array)
    problems = listed.problems + tuple(
        Problem(name, known[name].verdict, known[name].reason)
        for name in (entry.found.file for entry in listed.entries)
        if known[name].verdict != "used"
    )
    hashes = tuple(known[name].hash for name in names)
    fingerprint = _fingerprint(used, known)
    return Scan(used, hashes, images, color, fingerprint, problems, listed.notes + tuple(notes))
