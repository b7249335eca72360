"""How images are arranged in a folder: a sub-folder a class, perhaps within train, val and test."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.data.listing.layout import ARRANGE, ClassFolder, layout
from kit.data.listing.table_columns import SUFFIXES, is_table
from kit.data.listing.tree import EMPTY, Found, Problem, walk
from kit.data.listing.wrapper_folders import class_folders
from kit.errors import DataError, SettingError
from kit.progress import some

ALLOW = "Allow reading it (chmod u+rx), or remove it."


@dataclass(frozen=True)
class Entry:
    """A file that may be an image, its class, its part where that is given, its group likewise."""

    found: Found
    label: int
    part: str
    group: str = ""


@dataclass(frozen=True)
class Listing:
    """A data folder before any file is opened: entries sorted by file name."""

    root: Path
    class_names: tuple[str, ...]
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def listing(
    folder: Path | str,
    known: Sequence[str] | None = None,
    group: str | None = None,
    parts: str | None = None,
) -> Listing:
    """List the files of every class; nothing is opened, nothing is written.

    A table of paths and labels may stand for the folder, see
    :func:`kit.data.listing.tables.list_table`.
    Class folders may hold sub-folders of any depth, and may lie in folders that wrap them.
    ``train/`` beside ``val/`` or ``test/``, or what these are usually called, are parts with the
    same classes in each.

    Args:
        folder: The data: a folder, or a table.
        known: The classes of a model, in its order; the folder may hold one or more of them.
            Left out: the classes are the folder's, two or more.
        group: The column of a table that names the groups, in place of ``group``.
        parts: Which folders are parts, ``"train=Training,test=Testing"``, or ``"none"`` where
            folders that could be parts are classes.

    Raises:
        DataError: The arrangement cannot be meant; the message says what to pass instead.
        SettingError: ``parts`` does not go with the folder.
    """
    if is_table(Path(folder)):
        from kit.data.listing import tables  # it makes what is defined here

        if parts is not None:
            raise SettingError(
                f"`parts` works with folders. In the table {folder}, a column split names the "
                "parts."
            )
        return tables.list_table(Path(folder), known, group)
    root = _root(Path(folder))
    problems: list[Problem] = []
    notes: list[str] = []
    folders = layout(root, known, parts, problems, notes)
    _refuse_lost_folders(root, problems)
    found = {one: _files(root, one.folder, problems) for one in folders}
    names = {one.name for one in folders if one.part in ("", "train") or known is not None}
    class_names = tuple(sorted(names)) if known is None else tuple(known)
    _refuse_strangers(root, found, class_names, known)
    if len(class_names) < 2 and known is None:
        raise DataError(_one_class(root, folders))
    notes += _empty(root, found, known, problems)
    deep = sum(
        one.file.count("/") > place.folder.count("/") + 1
        for place, files in found.items()
        for one in files
    )
    if deep:
        notes.append(f"{deep} files in sub-folders of a class count to that class.")
    numbers = {name: number for number, name in enumerate(class_names)}
    entries = [
        Entry(one, numbers[place.name], place.part)
        for place, files in found.items()
        for one in files
    ]
    entries.sort(key=lambda entry: entry.found.file)
    notes += look_alikes(class_names)
    return Listing(root, class_names, tuple(entries), tuple(problems), tuple(notes))


def _root(folder: Path) -> Path:
    if not folder.exists():
        raise DataError(f"There is no folder {folder}.")
    if not folder.is_dir():
        raise DataError(
            f"{folder} is a file; pass a folder: {ARRANGE}, or a table of paths and labels "
            f"({', '.join(SUFFIXES)}). Unpack an archive first."
        )
    try:
        next(iter(folder.iterdir()), None)
    except OSError as error:
        raise DataError(f"{folder} cannot be opened: {error.strerror}. {ALLOW}") from error
    return Path(os.path.realpath(folder))


def _refuse_lost_folders(root: Path, problems: list[Problem]) -> None:
    """Raise where a class would vanish because its folder was refused."""
    for problem in problems:
        # a name that is no UTF-8 has been spelt out and cannot be looked up: it may be a folder
        folder = os.path.isdir(root / problem.file) or "UTF-8" in problem.reason
        if problem.verdict == "refused" and folder:
            raise DataError(
                f"{root}: {problem.file} is not used: {problem.reason}. Put the folder itself in "
                "its place, or remove it."
            )


def _files(root: Path, folder: str, problems: list[Problem]) -> list[Found]:
    try:
        return list(walk(str(root), folder, problems))
    except OSError as error:
        raise DataError(
            f"{root / folder} cannot be opened: {error.strerror}. Without it, its images would be "
            f"missing silently. {ALLOW}"
        ) from error


def _refuse_strangers(
    root: Path,
    found: Mapping[ClassFolder, Sequence[Found]],
    class_names: Sequence[str],
    known: Sequence[str] | None,
) -> None:
    """Raise where a folder with files is called like no class."""
    strangers = [one for one in found if found[one] and one.name not in class_names]
    if not strangers or not class_names:
        return
    names = some(dict.fromkeys(one.name for one in strangers))
    if known is None:
        train = next(one.folder for one in found if one.part == "train").rpartition("/")[0]
        raise DataError(
            f"{(root / strangers[0].folder).parent} contains {names}, but {train or '.'}/ does "
            "not: every class needs training images."
        )
    raise DataError(
        f"{root} contains {names}, which the model does not know. Its classes are "
        f"{', '.join(known[:10])}{', ...' if len(known) > 10 else ''}. Name the folders like them."
    )


def _empty(
    root: Path,
    found: Mapping[ClassFolder, Sequence[Found]],
    known: Sequence[str] | None,
    problems: list[Problem],
) -> list[str]:
    """Return a sentence about class folders without files; raise where a class cannot be learnt."""
    empty = [one for one, files in found.items() if not files]
    learnt = {one.name for one in found if found[one] and one.part in ("", "train")}
    missing = [
        one.folder
        for one in empty
        if known is None and one.part in ("", "train") and one.name not in learnt
    ]
    if missing:
        inside = tuple(f"{folder}/" for folder in missing)
        lost = [one for one in problems if one.file.startswith(inside) and one.verdict == "refused"]
        why = f" {lost[0].file} is refused: {lost[0].reason}." if lost else ""
        raise DataError(
            f"{root}: no file in {', '.join(missing)}. Add images, or remove the folder.{why}"
        )
    names = [one.folder for one in empty]
    problems += [Problem(name, "ignored", EMPTY) for name in names]
    return [f"No file in {some(names)}."] if names else []


def _one_class(root: Path, folders: Sequence[ClassFolder]) -> str:
    train = [one for one in folders if one.part in ("", "train")]
    if not train:
        return f"{root} has no class folders for training; {ARRANGE}."
    within = root / train[0].folder
    if len(class_folders(root, train[0].folder)) > 1:
        return (
            f"{within.parent} contains only the folder {within.name}, and the classes seem to be "
            f"one level deeper. Pass {within}."
        )
    return f"{within.parent} contains only one class, {within.name}. There must be at least two."


def look_alikes(names: Sequence[str]) -> list[str]:
    """Return a sentence for each group of classes that differ in case, spaces or accents' code."""
    alike = defaultdict(list)
    for name in names:
        alike[unicodedata.normalize("NFC", name).strip().casefold()].append(name)
    return [
        ", ".join(f"'{name}'" for name in group)
        + (
            " are separate classes, though their names differ only in capitals, spaces at the "
            "ends or the encoding of accents. If one class is meant, put its images into one "
            "folder."
        )
        for group in alike.values()
        if len(group) > 1
    ]
