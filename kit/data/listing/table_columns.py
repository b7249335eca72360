"""Columns of text out of a CSV, TSV or Parquet file, with the places for messages."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.errors import DataError

SUFFIXES = (".csv", ".tsv", ".parquet")
SHOWN = 10  # column names in a message


@dataclass(frozen=True)
class Columns:
    """The asked-for columns of a table.

    Attributes:
        values: Column -> text of each row; a column that the table lacks is not there.
        places: Where each row stands, as in "line 7".
        taken: Sentences for columns that have another name in the table.
    """

    values: Mapping[str, tuple[str, ...]]
    places: tuple[str, ...]
    taken: tuple[str, ...]


def is_table(path: Path | str) -> bool:
    """Tell whether a path is a file that is called like a table."""
    path = Path(path)
    return path.suffix.lower() in SUFFIXES and path.is_file()


def read_columns(path: Path, names: Mapping[str, Sequence[str]], needed: Sequence[str]) -> Columns:
    """Read columns as text: nothing becomes a number or a missing value, 001 stays 001.

    CSV is UTF-8, with or without a byte order mark, with commas or semicolons. In a Parquet file
    the columns hold text or whole numbers.

    Args:
        path: The table; it must be there.
        names: Column -> other names for it, in lower case. Letter case and spaces around names
            do not count.
        needed: Columns that must be there.

    Raises:
        DataError: The file is no such table; the message names the line.
    """
    if path.suffix.lower() == ".parquet":
        return _parquet(path, names, needed)
    return _csv(path, names, needed)


def other_columns(path: Path, names: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the columns of a table that are none of these, as they are called there.

    Raises:
        DataError: The file is no such table.
    """
    header: Sequence[str]
    if path.suffix.lower() == ".parquet":
        with _parquet_file(path) as file:
            header = file.schema_arrow.names
    else:
        with _csv_rows(path) as reader:
            header = next(reader, [])
    chosen, _ = _chosen(path, header, names, ())
    return tuple(name for place, name in enumerate(header) if place not in chosen.values())


def _csv(path: Path, names: Mapping[str, Sequence[str]], needed: Sequence[str]) -> Columns:
    rows, places = [], []
    with _csv_rows(path) as reader:
        header: list[str] = next(reader, [])
        chosen, taken = _chosen(path, header, names, needed)
        for place, row in _numbered(reader):
            if len(row) != len(header):
                raise DataError(
                    f"{path}, {place}: there must be {len(header)} values, as in the first line; "
                    f"got {len(row)}. Put quotes around a value that contains the delimiter."
                )
            rows.append([row[column] for column in chosen.values()])
            places.append(place)
    columns = list(zip(*rows, strict=True)) or [()] * len(chosen)
    return Columns(dict(zip(chosen, columns, strict=True)), tuple(places), taken)


@contextmanager
def _csv_rows(path: Path) -> Iterator[Any]:
    """Open a CSV file for its reader; what goes wrong meanwhile becomes a DataError."""
    line = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            reader = csv.reader(
                file,
                delimiter=_delimiter(path, first),
                skipinitialspace=", " in first,
                strict=True,
            )
            try:
                yield reader
            finally:
                line = reader.line_num
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path} must be UTF-8 text, but byte {error.start} is not. Save it as UTF-8: "
            'spreadsheet programs call that "CSV UTF-8".'
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be opened: {error.strerror}.") from error
    except csv.Error as error:
        raise DataError(f"{path}, line {line}, is not CSV: {error}.") from error


def _numbered(reader: Any) -> Iterator[tuple[str, list[str]]]:
    """Yield each row that is not empty, with the line on which it begins."""
    line = reader.line_num + 1
    for row in reader:
        if row:
            yield f"line {line}", row
        line = reader.line_num + 1


def _delimiter(path: Path, header: str) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    return ";" if ";" in header and "," not in header else ","


def _parquet(path: Path, names: Mapping[str, Sequence[str]], needed: Sequence[str]) -> Columns:
    with _parquet_file(path) as file:
        header = file.schema_arrow.names
        chosen, taken = _chosen(path, header, names, needed)
        wanted = [header[column] for column in chosen.values()]
        table = file.read(columns=wanted)
    values = {
        name: tuple(_texts(path, column, table.column(column).to_pylist()))
        for name, column in zip(chosen, wanted, strict=True)
    }
    return Columns(values, tuple(f"row {number + 1}" for number in range(len(table))), taken)


@contextmanager
def _parquet_file(path: Path) -> Iterator[Any]:
    """Open a Parquet file; what goes wrong meanwhile becomes a DataError."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise DataError(
            f"{path}: reading Parquet needs a package that is not installed: pip install pyarrow. "
            "Or save the table as CSV."
        ) from error
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path} cannot be read as Parquet: {error}.") from error


def _texts(path: Path, column: str, values: Sequence[object]) -> Iterator[str]:
    for number, value in enumerate(values):
        if not isinstance(value, str | int | None):
            raise DataError(
                f"{path}, row {number + 1}: {column} must be text or a whole number; got type "
                f"{type(value).__name__}."
            )
        yield "" if value is None else str(value)


def _chosen(
    path: Path, header: Sequence[str], names: Mapping[str, Sequence[str]], needed: Sequence[str]
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return where each asked-for column is, and what is to be said about names."""
    plain = [name.strip().casefold() for name in header]
    found, taken = {}, []
    for name, others in names.items():
        # the name itself goes before its synonyms
        known = [one for one in ((name,) if name in plain else others) if one in plain]
        if known and plain.count(known[0]) > 1:
            raise DataError(f"{path} has more than one column {known[0]}. Keep one.")
        if len(known) > 1:
            raise DataError(
                f"{path}: {' and '.join(known)} could each be the column {name}. Name one of them "
                f"{name}."
            )
        if known:
            found[name] = plain.index(known[0])
        if known and known[0] != name:
            taken.append(f'{path.name}: the column "{header[found[name]]}" is used as {name}.')
    missing = [name for name in needed if name not in found]
    if missing:
        there = ", ".join(header[:SHOWN]) + (", ..." if len(header) > SHOWN else "")
        raise DataError(
            f"{path} must have the column{'s' if len(needed) > 1 else ''} {' and '.join(needed)} "
            f"in its first line; {' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} "
            f"missing. Its columns are: {there or 'none'}."
        )
    return found, tuple(taken)
