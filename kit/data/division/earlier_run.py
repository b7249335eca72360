"""The division of an earlier run, read back, so that files keep their side."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from kit.data.division.stratified_draw import PARTS, extend
from kit.data.listing.table_columns import read_columns
from kit.data.scanning.scan import Scan
from kit.errors import DataError, SettingError
from kit.progress import some

NAMES: Mapping[str, tuple[str, ...]] = {"file": (), "split": (), "hash": ()}


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
        raise SettingError(
            f"`split` must be the split.csv of an earlier run, but there is no file {path}."
        )
    columns = read_columns(path, NAMES, ("file", "split"))
    table = columns.values
    hashes = table.get("hash", ("",) * len(columns.places))
    files: dict[str, tuple[str, str]] = {}
    contents: dict[str, str] = {}
    for place, file, part, content in zip(
        columns.places, table["file"], table["split"], hashes, strict=True
    ):
        if part not in PARTS:
            raise DataError(
                f"{path}, {place}: split must be one of {', '.join(PARTS)}; got {part!r}."
            )
        files[file] = (part, content)
        contents[content] = part if contents.get(content, part) == part else "train"
    contents.pop("", None)
    return Earlier(path, files, contents)


def changed(earlier: Earlier, scanned: Scan) -> list[str]:
    """Return the files that have other bytes than they had, in the order of their names."""
    return [
        entry.found.file
        for entry, finding in zip(scanned.entries, scanned.findings, strict=True)
        if earlier.files.get(entry.found.file, ("", ""))[1] not in {"", finding.hash}
    ]


def kept(
    earlier: Earlier,
    scanned: Scan,
    groups: Sequence[str],
    shares: Mapping[str, float],
    seed: int,
    notes: list[str],
    bound: Set[str],
) -> list[str]:
    """Return a part for each usable file: the earlier one, and for new files what is lacking.

    Args:
        earlier: The division to keep.
        scanned: The files.
        groups: The name of the group of each; those of one stay together.
        shares: Part -> share of each class, for new files.
        seed: As for :func:`kit.data.division.stratified_draw.extend`.
        notes: Gets what changed since.
        bound: Groups whose new files train.

    Raises:
        DataError: No file is known.
    """
    names = [entry.found.file for entry in scanned.entries]
    given = [
        earlier.part(name, content) for name, content in zip(names, scanned.hashes, strict=True)
    ]
    if not any(given):
        raise DataError(f"{earlier.path} names none of these files. Was it made from this folder?")
    here = {*names, *(problem.file for problem in scanned.problems)}
    contents = set(scanned.hashes)
    gone = sum(
        name not in here and content not in contents for name, (_, content) in earlier.files.items()
    )
    if gone:
        notes.append(
            f"{gone} of the {len(earlier.files)} files in {earlier.path} are not in this folder."
        )
    there = {entry.part for entry in scanned.entries}
    against = sum(
        bool(part) and entry.part not in ("", part) and (entry.part != "train" or part in there)
        for part, entry in zip(given, scanned.entries, strict=True)
    )
    if against:
        notes.append(
            f"{against} files keep their part from {earlier.path}, though the data assign them to "
            "another."
        )
    # a folder that gives the part speaks for its new files
    given = [part or entry.part for part, entry in zip(given, scanned.entries, strict=True)]
    new = given.count("")
    if new:
        notes.append(f"{new} new files were assigned to the parts that needed most.")
    sides: dict[str, set[str]] = defaultdict(set)
    for part, name in zip(given, groups, strict=True):
        sides[name] |= {part} - {""}
    torn = [
        file
        for file, part, name in zip(names, given, groups, strict=True)
        if not part and len(sides[name]) > 1
    ]
    if torn:
        notes.append(
            f"{len(torn)} new files belong to groups with old files on both sides. They are used "
            f"for training: {some(torn)}. The score of these old images will be too good."
        )
    return extend(given, scanned.labels, groups, shares, seed, bound)
