"""The steps that loading for a training and for a score share: list, read, put together."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kit import progress
from kit.data.capacity import check_memory
from kit.data.checking import refuse_broken
from kit.data.listing import exclusion
from kit.data.listing.folders import Listing, listing
from kit.data.listing.table_columns import is_table
from kit.data.scanning.rows import Rows
from kit.data.scanning.scan import Scan, scan
from kit.data.splits import Indices, Splits
from kit.setting_names import said


def listed_files(
    source: Path | str,
    exclude: Path | str | None,
    known: Sequence[str] | None = None,
    group: str | None = None,
    parts: str | None = None,
) -> Listing:
    """List the files of a folder or a table, without those that a person's list names."""
    excluded = None if exclude is None else exclusion.read_excluded(Path(exclude))
    listed = listing(source, known, group, parts)
    return listed if excluded is None else exclusion.without(listed, excluded)


def scanned_files(
    listed: Listing, batch_size: int, rows: Rows, cache: bool, strict: bool = False
) -> Scan:
    """Read all files, unless the memory or too many of them forbid it."""
    check_memory(rows.image_size, min(batch_size, len(listed.entries)))
    scanned = scan(listed, rows, cache, strict)
    refuse_broken(listed.root, scanned)
    return scanned


def assembled(
    folder: Path | str,
    listed: Listing,
    scanned: Scan,
    parts: Mapping[str, Indices],
    notes: Sequence[str],
    **settings: Any,
) -> Splits:
    """Say the notes, and put together what both ways of loading know."""
    notes = [said(note) for note in notes]
    for note in notes:
        progress.say(progress.clean(note))  # one line, whatever the names of files hold
    return Splits(
        folder=listed.root if is_table(Path(folder)) else Path(folder),
        class_names=listed.class_names,
        files=tuple(entry.found.file for entry in scanned.entries),
        hashes=scanned.hashes,
        labels=np.array([entry.label for entry in scanned.entries], np.int64),
        parts=parts,
        images=scanned.images,
        color=scanned.color,
        fingerprint=scanned.fingerprint,
        problems=scanned.problems,
        notes=tuple(notes),
        **settings,
    )
