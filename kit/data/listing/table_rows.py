"""The rows of a table of images: what each says, and why one cannot be used."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from kit import progress
from kit.data.listing.parts import USUAL, part_named
from kit.data.listing.paths import Place, located
from kit.data.listing.table_columns import Columns
from kit.data.listing.tree import Found
from kit.errors import DataError

MANY = 20_000  # rows, from which looking at the files may take seconds
LONGEST = 255  # characters of a label, as of a folder's name


@dataclass(frozen=True)
class Row:
    """What a row says, and why it is not used, or ``""``."""

    place: str
    file: str
    label: str
    part: str
    group: str
    found: Found | None
    reason: str


def read_rows(path: Path, root: Path, columns: Columns, grouping: str) -> list[Row]:
    """Return all rows, those refused that say different things of one file: which is right?

    Raises:
        DataError: There is no row, or a part that there is not.
    """
    texts, places = columns.values, columns.places
    if not places:
        raise DataError(f"{path} has no rows; there must be one row for each image.")
    empty = ("",) * len(places)
    split, group = texts.get("split", empty), texts.get(grouping, empty)
    each: Iterable[tuple[str, ...]] = zip(
        places, texts["path"], texts["label"], split, group, strict=True
    )
    if len(places) > MANY:
        each = progress.track(each, len(places), f"Looking up {path.name}", "files looked up")
    folders: dict[str, str] = {}
    rows = [
        _row(place, located(root, text, folders), label, _part(path, place, text, part), group)
        for place, text, label, part, group in each
    ]
    by_file = defaultdict(list)
    for row in rows:
        by_file[row.file].append(row)
    return list(_settled(by_file.values()))


def _row(place: str, at: Place, label: str, part: str, group: str) -> Row:
    reason = at.reason
    if not reason and not label.strip():
        reason = "it has no label"
    elif not reason and len(label) > LONGEST:
        reason = f"its label has {len(label)} characters, more than {LONGEST}"
    return Row(place, at.file, label, part, group.strip(), at.found, reason)


def _part(path: Path, place: str, file: str, text: str) -> str:
    part = part_named(text)
    if text.strip() and not part:
        raise DataError(
            f"{path}, {place}, {file}: split must be one of {USUAL}, or empty to be drawn; got "
            f"{text!r}."
        )
    return part


def _settled(groups: Iterable[list[Row]]) -> Iterator[Row]:
    for rows in groups:
        first = rows[0]
        for column in ("label", "part", "group"):
            other = next((r for r in rows if getattr(r, column) != getattr(first, column)), None)
            if other is not None and not first.reason:
                word = "split" if column == "part" else column
                reason = f"{first.place} and {other.place} give it different {word}s"
                rows = [replace(row, reason=reason) for row in rows]
                break
        yield from rows
