"""Files to leave out: a list that a person, or the audit, has written."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.data.listing.folders import Listing
from kit.data.listing.paths import within
from kit.data.listing.table_columns import is_table, read_columns
from kit.data.listing.tables import PATHS
from kit.data.listing.tree import Problem
from kit.errors import DataError, SettingError
from kit.progress import some

NAMES = {"file": ("path", *(name for name in PATHS if name != "file"))}


@dataclass(frozen=True)
class Excluded:
    """Names of files to leave out, as they are written, and what the list is called."""

    name: str
    files: Sequence[str]


def read_excluded(path: Path) -> Excluded:
    """Read a list of files: a CSV with a column ``file``, or plain text with one path a line.

    Paths are relative to the data folder. A ``.csv``, ``.tsv`` or ``.parquet`` is read as a table;
    its other columns do not count, so the list that ``kit-audit --fix-list`` writes will do.

    Raises:
        SettingError: There is no such file.
        DataError: It cannot be read as such a list.
    """
    if not path.is_file():
        raise SettingError(f"`exclude` must be a list of files, but there is no file {path}.")
    if is_table(path):
        files: Sequence[str] = read_columns(path, NAMES, ("file",)).values["file"]
    else:
        try:
            # not splitlines, nor text mode: a name may hold a separator that ends no line here
            text = path.read_bytes().decode("utf-8-sig")
            files = [line.removesuffix("\r") for line in text.split("\n")]
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path} must be UTF-8 text with one path per line, or a table (.csv); byte "
                f"{error.start} is not UTF-8."
            ) from error
        except OSError as error:
            raise DataError(f"{path} cannot be opened: {error.strerror}.") from error
    return Excluded(path.name, tuple(dict.fromkeys(file for file in files if file.strip())))


def without(listed: Listing, excluded: Excluded) -> Listing:
    """Return the listing without the files that a list names; these become excluded.

    What is left out is no problem any more, whatever it was. A name that is not in the data is
    counted in a note. Backslashes are taken for slashes where no file has that name otherwise.
    """
    there = {entry.found.file for entry in listed.entries}
    there |= {problem.file for problem in listed.problems}
    named = {text: _meant(listed.root, text, there) for text in excluded.files}
    out = {file for file in named.values() if file is not None}
    unknown = [text for text, file in named.items() if file is None]
    notes = list(listed.notes)
    if out:
        notes.append(f"Left out by {excluded.name}: {len(out)} of {len(there)} files.")
    if unknown:
        notes.append(
            f"{len(unknown)} of the {len(named)} files in {excluded.name} are not in the data: "
            f"{some(unknown)}. Paths are relative to {listed.root}."
        )
    reason = f"listed in {excluded.name}"
    rest = tuple(problem for problem in listed.problems if problem.file not in out)
    return dataclasses.replace(
        listed,
        entries=tuple(entry for entry in listed.entries if entry.found.file not in out),
        problems=rest + tuple(Problem(file, "excluded", reason) for file in sorted(out)),
        notes=tuple(notes),
    )


def _meant(root: Path, text: str, there: set[str]) -> str | None:
    if text in there:
        return text
    names = (within(root, text), within(root, text.replace("\\", "/")))
    return next((name for name in names if name in there), None)
