"""All files of a data set measured, once: what is unchanged comes from the cache."""

from dataclasses import astuple, dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kit import progress
from kit.auditing.image_measures import RULES, Measures, measure
from kit.data.decoding import decoder, opening
from kit.data.decoding.thread_pool import by_file
from kit.data.division.near_copies import SIDE
from kit.data.listing.folders import Listing
from kit.data.listing.tree import Problem
from kit.data.scanning import pixel_cache, records
from kit.data.scanning.images import DecodedImages
from kit.data.scanning.judging import content_hash
from kit.data.scanning.scan import Scan

Pixels = npt.NDArray[np.uint8]
Known = dict[str, tuple[Measures, Pixels]]  # by file name: what it is like, and its thumbnail

CHUNK = 16  # files per task: decoding a small one costs less than handing over a task


@dataclass(frozen=True)
class Reading:
    """What the files are like.

    Attributes:
        scanned: What a training's scan would know of them.
        images: One row for each usable file, in the order of the listing: ``file``, ``label``,
            ``part``, ``bytes`` and the columns of :class:`Measures`.
        thumbs: Their gray thumbnails, ``(images, 32, 32)``.
    """

    scanned: Scan
    images: pd.DataFrame
    thumbs: Pixels


def read(listed: Listing, cache: bool) -> Reading:
    """Measure every file that is not known with the same size and time of change.

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
    files = [entry.found.file for entry in listed.entries]
    others = [(file, known[file][0]) for file in files if known[file][0].verdict != "used"]
    entries = [one for one in listed.entries if known[one.found.file][0].verdict == "used"]
    names = tuple(entry.found.file for entry in entries)
    measures = [known[name][0] for name in names]
    rows = [
        {
            "file": entry.found.file,
            "label": entry.label,
            "part": entry.part,
            "bytes": entry.found.size,
            **vars(one),
        }
        for entry, one in zip(entries, measures, strict=True)
    ]
    columns = ["file", "label", "part", "bytes", *Measures.__dataclass_fields__]
    thumbs = np.array([known[name][1] for name in names], np.uint8).reshape(-1, SIDE, SIDE)
    scanned = Scan(
        entries=tuple(entries),
        findings=tuple(measures),
        images=DecodedImages(listed.root, names, (1, 1), "rgb", "stretch"),
        problems=(*listed.problems, *(Problem(file, x.verdict, x.reason) for file, x in others)),
    )
    return Reading(scanned, pd.DataFrame(rows, columns=columns), thumbs)


def _rules() -> str:
    return f"audit{RULES}-{decoder.version()}-{opening.max_pixels()}"


def _recall(listed: Listing) -> Known:
    record = records.recall(listed.root, _rules())
    thumbs = pixel_cache.find(record.array, (len(record.files), SIDE, SIDE))
    if thumbs is None:
        return {}
    states = {entry.found.file: entry.found.state for entry in listed.entries}
    try:
        return {
            file: (Measures(*row[3:]), thumb)
            for (file, row), thumb in zip(record.files.items(), thumbs, strict=True)
            if row[:3] == states.get(file)
        }
    except TypeError:  # written by another version of this module
        return {}


def _remember(listed: Listing, known: Known) -> None:
    rows, thumbs = {}, []
    for entry in listed.entries:
        measures, thumb = known[entry.found.file]
        if measures.hash:  # what cannot be read may be readable later
            rows[entry.found.file] = [*entry.found.state, *astuple(measures)]
            thumbs.append(thumb)
    name = f"thumbs-{content_hash(repr((_rules(), rows)).encode())}"
    try:
        if not pixel_cache.has_room(len(thumbs) * SIDE * SIDE):
            raise OSError("no room")
        with pixel_cache.Writer((SIDE, SIDE)) as writer:
            for thumb in thumbs:
                writer.add(thumb)
            writer.publish(name)
        records.remember(listed.root, _rules(), records.Record(rows, name))
    except OSError as error:
        progress.say(
            f"The cache cannot be written ({error}), so the next audit will measure all files "
            "again."
        )
