"""What is known of a data source, a folder or a table, before its images are read."""

from pathlib import Path

from kit.data.listing.folders import listing
from kit.data.listing.table_columns import is_table


def image_folders(source: Path | str) -> tuple[Path, ...]:
    """Return the folders that hold the images, which are only read.

    That is a data folder itself. A table may lie beside other things: here it is those of the
    folders beside it that hold images, or the table's folder where some lie there.

    Raises:
        DataError: The table cannot be read.
    """
    source = Path(source)
    if not is_table(source):
        return (source,)
    from kit.data.listing import tables

    return tables.folders_of(source)


def group_column(source: Path, rule: str | None) -> str | None:
    """Return the column of a table that a rule for groups names; None where it names none.

    Raises:
        DataError: The table cannot be read.
    """
    if rule is None or not is_table(source):
        return None
    from kit.data.listing import tables

    return tables.group_column(source, rule)


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
