"""The division of an earlier run, read back, so that files keep their side."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kit.data._divide import PARTS, extend
from kit.data._scan import Scan
from kit.errors import DataError, SettingError

__all__ = ["Earlier", "kept", "read"]


@dataclass(frozen=True)
class Earlier:
    """What a ``split.csv`` says.

    Attributes:
        path: Where it lies.
        files: Name -> part and content hash, ``""`` where the table has no hashes.
        contents: Content hash -> part, training where it had two.
    """

    path: Path
    files: Mapping[str, tuple[str, str]]
    contents: Mapping[str, str]

    def part(self, name: str, content: str) -> str:
        """Return the part of a file, ``""`` where it is new.

        A content keeps its part under another name; a name keeps it with a new content.
        """
        part, before = self.files.get(name, ("", ""))
        if part and before in {content, ""}:
            return part
        return self.contents.get(content, part)


def read(path: Path) -> Earlier:
    """Read a ``split.csv``: columns file, split and, to know renamed files again, hash.

    Raises:
        SettingError: There is no such file.
        DataError: It is no such table.
    """
    if not path.is_file():
        raise SettingError(f"split must be the split.csv of an earlier run; there is no {path}.")
    import pandas as pd  # slow to import, and most loads need no table

    try:
        # read as text: a class may be called None, a file 001
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except ValueError as error:  # pandas' and Unicode's errors alike
        raise DataError(f"{path} cannot be read as a table: {error}") from error
    missing = {"file", "split"} - set(table.columns)
    if missing:
        raise DataError(f"{path} must have the columns file and split; {missing} is missing.")
    strange = sorted(set(table["split"]) - set(PARTS))
    if strange:
        raise DataError(f"{path}: split must be one of {', '.join(PARTS)}, not {strange[0]!r}.")
    if "hash" not in table:
        table["hash"] = ""
    files: dict[str, tuple[str, str]] = {}
    contents: dict[str, str] = {}
    for file, part, content in zip(table["file"], table["split"], table["hash"], strict=True):
        files[file] = (part, content)
        contents[content] = part if contents.get(content, part) == part else "train"
    contents.pop("", None)
    return Earlier(path, files, contents)


def kept(
    earlier: Earlier, scanned: Scan, shares: Mapping[str, float], seed: int, notes: list[str]
) -> list[str]:
    """Return a part for each usable file: the earlier one, and for new files what is lacking.

    Args:
        earlier: The division to keep.
        scanned: The files.
        shares: Part -> share of each class, for new files.
        seed: As for :func:`kit.data._divide.extend`.
        notes: Gets what changed since.

    Raises:
        DataError: No file is known.
    """
    names = [entry.found.file for entry in scanned.entries]
    given = [
        earlier.part(name, content) for name, content in zip(names, scanned.hashes, strict=True)
    ]
    if not any(given):
        raise DataError(f"{earlier.path} names none of these files; was it made from this folder?")
    gone = len(set(earlier.files) - set(names))
    if gone:
        notes.append(f"{gone} of the {len(earlier.files)} files in {earlier.path} are not here.")
    # a folder that gives the part speaks for its new files
    given = [part or entry.part for part, entry in zip(given, scanned.entries, strict=True)]
    new = given.count("")
    if new:
        notes.append(f"{new} files are new and joined the parts that lacked most.")
    return extend(given, [entry.label for entry in scanned.entries], scanned.hashes, shares, seed)
