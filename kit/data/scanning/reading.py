"""The files of one listing, read once: what is known of them, and their pictures in the cache."""

import contextlib
import dataclasses
from collections.abc import Generator, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kit import progress
from kit.data.decoding import opening
from kit.data.listing.folders import Entry, Listing
from kit.data.listing.tree import Problem
from kit.data.scanning import records
from kit.data.scanning.judging import Finding, Judged, Rows, examine
from kit.errors import DataError

Pixels = npt.NDArray[np.uint8]
Known = dict[str, Finding]  # by file name

STATE = 3  # numbers of :attr:`kit.data.listing.tree.Found.state`
SPARE = 1000  # files of other listings of a folder that are remembered, besides as many as here


class Reading:
    """What is known of the files so far; grows as they are read.

    ``known`` holds a finding for each file that was looked at, now or by an earlier scan that saw
    it in the same state; ``thumbnails`` those of files that were decoded now.
    """

    def __init__(self, listed: Listing, rows: Rows, strict: bool) -> None:
        """Recall what the last scan for such pictures found."""
        self.listed, self.rows, self.strict = listed, rows, strict
        self.record = records.recall(listed.root, rows.judged_as())
        self.array_name = ""  # of the array that holds the usable files, once it is there
        self.before: Known = {}
        try:
            self.before = {name: _recalled(row) for name, row in self.record.files.items()}
        except (TypeError, ValueError):  # written by another version of this module
            self.record = records.Record()
        self.same = [
            entry
            for entry in listed.entries
            if self.record.files.get(entry.found.file, ())[:STATE] == entry.found.state
        ]
        limit = opening.max_pixels()
        self.known: Known = {
            name: finding
            for name in (entry.found.file for entry in self.same)
            if _lasts(finding := self.before[name], limit)
        }
        self.thumbnails: dict[str, Pixels] = {}

    def unknown(self) -> list[Entry]:
        """Return the files of which nothing is known yet."""
        return [entry for entry in self.listed.entries if entry.found.file not in self.known]

    def judge(self, entries: Iterable[Entry]) -> None:
        """Read those of these files of which nothing is known, without keeping the pictures."""
        for _ in self.read([one for one in entries if one.found.file not in self.known]):
            pass

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return the files that are known not to be usable."""
        names = (entry.found.file for entry in self.listed.entries)
        found = [(name, self.known[name]) for name in names if name in self.known]
        return tuple(
            Problem(name, finding.verdict, finding.reason)
            for name, finding in found
            if finding.verdict != "used"
        )

    def read(self, entries: Sequence[Entry]) -> Generator[Judged, None, None]:
        """Decode files, learn what they are, and yield the same."""
        files = [self.listed.root / entry.found.file for entry in entries]
        results = examine(files, self.rows)
        with contextlib.closing(results):
            for entry, judged in zip(entries, results, strict=True):
                name, finding = entry.found.file, judged.finding
                if self.strict:
                    problem = Problem(name, finding.verdict, finding.reason)
                    refuse_any(self.listed.root, [problem])
                self.known[name] = finding
                if judged.thumbnail is not None:
                    self.thumbnails[name] = judged.thumbnail
                yield judged

    @property
    def fingerprint(self) -> str:
        """Return a hash over the names and contents of the usable files."""
        digest = blake2b(digest_size=16)
        for entry in self.used():
            name = entry.found.file
            digest.update(f"{name}\0{self.known[name].hash}\n".encode())
        return digest.hexdigest()

    @property
    def changed(self) -> tuple[str, ...]:
        """Return the files whose bytes are others than the last scan found."""
        return tuple(
            name
            for name, finding in self.known.items()
            if name in self.before and "" != self.before[name].hash != finding.hash != ""
        )

    def used(self) -> tuple[Entry, ...]:
        """Return the usable files."""
        return tuple(
            entry for entry in self.listed.entries if self.known[entry.found.file].verdict == "used"
        )

    def remember(self) -> None:
        """Keep what is known for the next scan; of files that are not in this listing, some."""
        here = {
            entry.found.file: [*entry.found.state, *vars(self.known[entry.found.file]).values()]
            for entry in self.listed.entries
        }
        others = [(name, row) for name, row in self.record.files.items() if name not in here]
        stored = dict(others[: len(here) + SPARE]) | here
        array, rows = self.record.array, self.record.rows
        if self.array_name:
            array = self.array_name
            rows = [self.known[entry.found.file].hash for entry in self.used()]
        record = records.Record(stored, array, rows)
        if record == self.record:
            return
        try:
            records.remember(self.listed.root, self.rows.judged_as(), record)
        except OSError as error:
            progress.say(
                f"The cache cannot be written ({error}), so the next run will read all files again."
            )


def _recalled(row: list[Any]) -> Finding:
    if len(row) != STATE + len(dataclasses.fields(Finding)):
        raise ValueError(row)
    return Finding(*row[STATE:])


def _lasts(finding: Finding, limit: int) -> bool:
    """Tell whether a finding holds while the file stays as it is.

    What could not be read may be readable now, and the limit of pixels may be another.
    """
    within = finding.width * finding.height <= limit
    return bool(finding.hash) and finding.verdict != "refused" and within


def refuse_any(root: Path, problems: Iterable[Problem]) -> None:
    """Raise DataError where one of these is broken or refused."""
    for problem in problems:
        if problem.verdict in {"broken", "refused"}:
            raise DataError(
                f"{root / problem.file} is {problem.verdict}: {problem.reason}. Repair or remove "
                "the file, or leave out strict to continue without it."
            )
