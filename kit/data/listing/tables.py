"""A table of paths and labels as data, in place of folders of classes."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from kit.data.division.stratified_draw import PARTS
from kit.data.listing.folders import Entry, Listing, look_alikes
from kit.data.listing.paths import located
from kit.data.listing.table_columns import other_columns, read_columns
from kit.data.listing.table_rows import LONGEST, Row, read_rows
from kit.data.listing.tree import Problem
from kit.errors import DataError
from kit.progress import some

PATHS = ("file", "filename", "file_name", "filepath", "file_path", "image", "image_path")
NAMES = {
    "path": PATHS,
    "label": ("class", "class_name", "category"),
    "split": ("subset", "part"),
}
GROUP = "group"
LOST = 0.05  # as for images that cannot be decoded: a larger share is no accident
SHOWN = 5  # names in a sentence


def list_table(path: Path, known: Sequence[str] | None = None, group: str | None = None) -> Listing:
    """List the images of a table with the columns path, label and perhaps split and group.

    Paths are relative to the table's folder, or absolute and within it. ``split`` is train, val
    (valid, validation) or test; rows where it is empty are drawn. Images of one ``group`` belong
    together.

    Args:
        path: CSV, TSV or Parquet.
        known: The classes of a model, in its order. Left out: the classes are the table's.
        group: A column that names the groups in place of ``group``.

    Raises:
        DataError: The table cannot be used, or several of its rows, more than 5 %; the message
            names them.
    """
    root = Path(os.path.realpath(path.parent))
    grouping = _plain(group or GROUP)
    columns = read_columns(path, {**NAMES, grouping: ()}, ("path", "label"))
    rows = read_rows(path, root, columns, grouping)
    lost = [row for row in rows if row.reason]
    usable = {row.file: row for row in rows if not row.reason}
    _refuse_lost(path, root, lost, len(rows))
    class_names = _classes(path, usable.values(), lost, known)
    numbers = {name: number for number, name in enumerate(class_names)}
    entries = tuple(
        Entry(row.found, numbers[row.label], row.part, row.group)
        for _, row in sorted(usable.items())
        if row.found is not None
    )
    problems = {row.file: Problem(row.file, "refused", row.reason) for row in lost}
    notes = [*columns.taken, *_notes(path, usable.values(), len(rows) - len(lost))]
    notes += _grouped(path, group, usable.values())
    notes += look_alikes(class_names)
    return Listing(root, class_names, entries, tuple(problems.values()), tuple(notes))


def group_column(path: Path, text: str) -> str | None:
    """Return the column of a table that is called so, None where there is none.

    The columns of paths, labels and parts name no groups.

    Raises:
        DataError: It is no such table.
    """
    names = {_plain(name): name for name in other_columns(path, NAMES)}
    return names.get(_plain(text))


def folders_of(path: Path) -> tuple[Path, ...]:
    """Return the folders beside a table that hold its images, or its own where some lie there.

    Raises:
        DataError: It is no such table.
    """
    root = Path(os.path.realpath(path.parent))
    tops = set()
    for text in read_columns(path, NAMES, ("path", "label")).values["path"]:
        head, slash, _ = located(root, text).file.partition("/")
        tops.add(head if slash else "")
    tops -= {".."}
    return (root,) if "" in tops or not tops else tuple(root / top for top in sorted(tops))


def _plain(name: str) -> str:
    return name.strip().casefold()


def _refuse_lost(path: Path, root: Path, lost: Sequence[Row], rows: int) -> None:
    if len(lost) <= max(1, LOST * rows):
        return
    raise DataError(
        f"{path}: {len(lost)} of {rows} rows cannot be used, more than 5 %. Correct or remove "
        f"them. Paths are relative to {root}. {_named(lost)}"
    )


def _classes(
    path: Path, usable: Iterable[Row], lost: Sequence[Row], known: Sequence[str] | None
) -> tuple[str, ...]:
    """Return the class names; raise where one would vanish, is unknown, or is alone."""
    names = {row.label for row in usable}
    labels = [row for row in lost if row.label.strip() and len(row.label) <= LONGEST]
    gone = [row for row in labels if row.label not in names]
    if gone and known is None:
        classes = some(sorted({row.label for row in gone}))
        raise DataError(f"{path}: no row of {classes} can be used. {_named(gone)}")
    if known is not None:
        strangers = sorted(names - set(known))
        if strangers:
            raise DataError(
                f"{path} contains {some(strangers)}, which the model does not know. Its classes "
                f"are {some(known)}. Name the labels like them."
            )
        return tuple(known)
    if len(names) < 2:
        raise DataError(
            f"{path} contains only one class, {some(sorted(names))}. There must be at least two."
        )
    return tuple(sorted(names))


def _notes(path: Path, usable: Iterable[Row], rows: int) -> list[str]:
    parts = Counter(row.part for row in usable)
    notes = []
    repeated = rows - parts.total()
    if repeated:
        notes.append(f"Rows of {path.name} that repeat others: {repeated}.")
    given = [part for part in PARTS if part in parts]
    if given:
        notes.append(f"Parts set by {path.name}: {', '.join(given)}.")
    if given and parts[""]:
        notes.append(f"Rows without a part, assigned to the parts that need most: {parts['']}.")
    return notes


def _grouped(path: Path, column: str | None, usable: Iterable[Row]) -> list[str]:
    """Say how many groups a table gives; raise where the column that was asked for is empty."""
    sizes = Counter(row.group for row in usable)
    alone = sizes.pop("", 0)
    if not sizes and column is not None:
        raise DataError(
            f"{path}: the column {column} is empty in every row, so there are no groups."
        )
    rest = f"; {alone} rows have no group" if alone else ""
    called = f"the column {column or GROUP} of {path.name}"
    return [f"{len(sizes)} groups by {called}{rest}."] if sizes else []


def _named(rows: Sequence[Row]) -> str:
    named = "; ".join(f"{row.place}, {row.file}: {row.reason}" for row in rows[:SHOWN])
    return named + ("; ..." if len(rows) > SHOWN else "")
