"""All files of a data set measured, once: what is unchanged comes from the cache."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import pandas as pd

from kit import progress
from kit.auditing.image_measures import RULES, Measures, measure
from kit.data.decoding import decoder, opening
from kit.data.decoding.thread_pool import by_file
from kit.data.division.near_copies import SIDE
from kit.data.listing.folders import Entry, Listing
from kit.data.scanning import pixel_cache, records

Pixels = npt.NDArray[np.uint8]
Known = dict[str, tuple[Measures, Pixels | None]]  # by file name

CHUNK = 16  # files per task: decoding a small one costs less than handing over a task


@dataclass(frozen=True)
class Reading:
    """What the files are like.

    Attributes:
        images: One row for each usable file, in the order of the listing: ``file``, ``label``,
            ``part``, ``bytes`` and the columns of :class:`Measures`.
        thumbs: Their gray thumbnails, ``(images, 32, 32)``.
        unusable: The other files and what is known of them.
    """

    images: pd.DataFrame
    thumbs: Pixels
    unusable: Mapping[str, Measures]


def read(listed: Listing, cache: bool) -> Reading:
    """Measure every file that is not known with the same size and time of change.

    Args:
        listed: The files.
        cache: Whether to use, and to leave, what was measured in the user's cache folder.

    Raises:
        DataError: There is a HEIC photo and the package that reads these is missing.
        KitError: The memory gave out.
    """
    known = _recall(listed) if cache else {}
    unknown = [entry for entry in listed.entries if entry.found.file not in known]
    if unknown:
        files = [listed.root / entry.found.file for entry in unknown]
        measured = by_file(measure, files, CHUNK, "Measuring images", "files measured")
        for entry, found in zip(unknown, measured, strict=True):
            known[entry.found.file] = found
        if cache:
            _remember(listed, known)
    return _reading(listed, known)


def _reading(listed: Listing, known: Known) -> Reading:
    used = [entry for entry in listed.entries if known[entry.found.file][0].verdict == "used"]
    rows = [
        {
            "file": entry.found.file,
            "label": entry.label,
            "part": entry.part,
            "bytes": entry.found.size,
            **vars(known[entry.found.file][0]),
        }
        for entry in used
    ]
    columns = ["file", "label", "part", "bytes", *Measures.__dataclass_fields__]
    thumbs = np.empty((len(used), SIDE, SIDE), np.uint8)
    for row, entry in enumerate(used):
        thumb = known[entry.found.file][1]
        if thumb is not None:
            thumbs[row] = thumb
    unusable = {
        entry.found.file: measures
        for entry in listed.entries
        if (measures := known[entry.found.file][0]).verdict != "used"
    }
    return Reading(pd.DataFrame(rows, columns=columns), thumbs, unusable)


def _rules() -> str:
    return f"audit{RULES}-{decoder.version()}-{opening.max_pixels()}"


def _recall(listed: Listing) -> Known:
    record = records.recall(listed.root, _rules())
    known: Known = {}
    try:
        stored = {name: (row[:3], Measures(*row[3:])) for name, row in record.files.items()}
    except TypeError:  # written by another version of this module
        return {}
    used = [name for name, (_, measures) in stored.items() if measures.verdict == "used"]
    thumbs = pixel_cache.find(record.array, (len(used), SIDE, SIDE)) if used else None
    if used and thumbs is None:
        return {}
    rows = {name: row for row, name in enumerate(used)}
    for entry in listed.entries:
        file = entry.found
        status, measures = stored.get(file.file, (None, None))
        if measures is not None and status == file.state:
            picture = thumbs[rows[file.file]] if thumbs is not None and file.file in rows else None
            known[file.file] = measures, picture
    return known


def _remember(listed: Listing, known: Known) -> None:
    lasting = [
        entry
        for entry in listed.entries
        if known[entry.found.file][0].hash  # what cannot be read may be readable later
    ]
    with contextlib.ExitStack() as stack:
        stack.enter_context(_said_if_impossible())
        array = _stored_thumbs([known[entry.found.file][1] for entry in lasting], lasting, known)
        rows = {
            entry.found.file: [*entry.found.state, *astuple(known[entry.found.file][0])]
            for entry in lasting
        }
        records.remember(listed.root, _rules(), records.Record(rows, array))


def _stored_thumbs(thumbs: Sequence[Pixels | None], entries: Sequence[Entry], known: Known) -> str:
    """Write the thumbnails of the usable files to the cache, and return the array's name."""
    digest = blake2b(_rules().encode(), digest_size=16)
    for entry in entries:
        digest.update(known[entry.found.file][0].pixels.encode() + b"\n")
    name = f"thumbs-{digest.hexdigest()}"
    if not pixel_cache.has_room(len(thumbs) * SIDE * SIDE):
        raise OSError("no room")
    with pixel_cache.Writer((SIDE, SIDE)) as writer:
        for thumb in thumbs:
            if thumb is not None:
                writer.add(thumb)
        writer.publish(name)
    return name


@contextlib.contextmanager
def _said_if_impossible() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        progress.say(
            f"The cache cannot be written ({error}): the next audit measures all files again."
        )
