"""A data source, a folder or a table: its files listed and read, and what is known before that."""

from collections.abc import Sequence
from pathlib import Path

from kit.data.capacity import check_memory
from kit.data.checking import refuse_broken
from kit.data.division import group_rules
from kit.data.listing import exclusion, tables
from kit.data.listing.folders import Listing, listing
from kit.data.listing.table_columns import is_table
from kit.data.scanning.judging import Rows
from kit.data.scanning.scan import Scan, scan


def image_folders(source: Path | str) -> tuple[Path, ...]:
    """Return the folders that hold the images, which are only read.

    That is a data folder itself. A table may lie beside other things: here it is those of the
    folders beside it that hold images, or the table's folder where some lie there.

    Raises:
        DataError: The table cannot be read.
    """
    source = Path(source)
    return tables.folders_of(source) if is_table(source) else (source,)


def given_parts(source: Path | str, parts: str | None = None) -> frozenset[str]:
    """Return which of ``train``, ``validation``, ``test`` the folders or the table give.

    Args:
        source: The data.
        parts: As for :func:`kit.data.load`.

    Raises:
        DataError: The data cannot be used.
        SettingError: ``parts`` does not go with the folder.
    """
    return frozenset(entry.part for entry in listing(source, parts=parts).entries) - {""}


def listed_files(
    source: Path | str,
    exclude: Path | str | None,
    group: str | None = None,
    parts: str | None = None,
    known: Sequence[str] | None = None,
) -> tuple[Listing, str | None]:
    """List the files of a folder or a table, without those that a person's list names.

    Args:
        source: The data.
        exclude: The list.
        group: A column of the table, or a rule for groups.
        parts: As for :func:`kit.data.load`.
        known: The classes of a model, in its order.

    Returns:
        The listing, and ``group`` where it is a rule, which some file obeys.
    """
    excluded = None if exclude is None else exclusion.read_excluded(Path(exclude))
    column = None
    if group is not None and is_table(source):
        column = tables.group_column(Path(source), group)
    listed = listing(source, known, column, parts)
    if excluded is not None:
        listed = exclusion.without(listed, excluded)
    if group is None or column is not None:
        return listed, None
    group_rules.check(group, [entry.found.file for entry in listed.entries])
    return listed, group


def scanned_files(
    listed: Listing, batch_size: int, rows: Rows, cache: bool, strict: bool = False
) -> Scan:
    """Read all files, unless the memory or too many of them forbid it."""
    check_memory(rows.image_size, min(batch_size, len(listed.entries)))
    scanned = scan(listed, rows, cache, strict)
    refuse_broken(listed.root, scanned)
    return scanned
