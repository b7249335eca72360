"""How images are arranged in a folder: a sub-folder a class, perhaps within train, val and test."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kit.data._columns import SUFFIXES, is_table
from kit.data._parts import find_parts, opened
from kit.data._tree import Found, Problem, children, walk
from kit.errors import DataError

__all__ = ["Entry", "Listing", "listing", "look_alikes"]

ALLOW = "Allow reading it (chmod u+rx), or take it away."
ARRANGE = "images belong into one sub-folder for each class, FOLDER/<class>/photo.jpg"


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
    folder: Path | str, known: Sequence[str] | None = None, group: str | None = None
) -> Listing:
    """List the files of every class; nothing is opened, nothing is written.

    A table of paths and labels may stand for the folder, see :func:`kit.data._table.list_table`.
    Class folders may hold sub-folders of any depth. ``train/`` beside ``val/`` (``valid``,
    ``validation``) or ``test/``, in any case of letters, are parts with the same classes in each.

    Args:
        folder: The data: a folder, or a table.
        known: The classes of a model, in its order; the folder may hold one or more of them.
            Left out: the classes are the folder's, two or more.
        group: The column of a table that names the groups, in place of ``group``.

    Raises:
        DataError: The arrangement cannot be meant; the message says what to pass instead.
    """
    if is_table(Path(folder)):
        from kit.data import _table  # it makes what is defined here

        return _table.list_table(Path(folder), known, group)
    root = _root(Path(folder))
    problems: list[Problem] = []
    notes: list[str] = []
    folders, loose = children(str(root), "", problems)
    _refuse_lost_folders(root, problems)
    if not folders:
        raise DataError(_without_folders(root, len(loose)))
    parts = find_parts(root, folders, notes)
    aside = set(folders) - set(parts.values()) if parts else set()
    problems += [Problem(name, "ignored", "no part of the data") for name in sorted(aside)]
    problems += [Problem(one.file, "ignored", "outside the class folders") for one in loose]
    if loose:
        notes.append(f"{len(loose)} files beside the class folders are not used.")
    classes = _classes(root, folders, parts, problems)
    _refuse_lost_folders(root, problems)
    class_names = tuple(sorted(classes[""] if "" in classes else classes["train"]))
    if known is not None:
        _refuse_strangers(root, class_names, known)
        class_names = tuple(known)
    elif len(class_names) < 2:
        raise DataError(_one_class(root, parts.get("train", ""), class_names))
    entries = _entries(root, classes, class_names, problems, notes)
    notes += look_alikes(class_names)
    return Listing(root, class_names, entries, tuple(problems), tuple(notes))


def _root(folder: Path) -> Path:
    if not folder.exists():
        raise DataError(f"{folder}: there is no such folder.")
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
                "its place, or take it out."
            )


def _without_folders(root: Path, loose: int) -> str:
    if not loose:
        return f"{root} holds no folders and no images; {ARRANGE}."
    return (
        f"{root} holds {loose} files and no class folders: {ARRANGE}. If these are the images of "
        f"one class, pass the folder above, {root.parent}."
    )


def _classes(
    root: Path, folders: list[str], parts: Mapping[str, str], problems: list[Problem]
) -> dict[str, dict[str, str]]:
    """Return part (``""`` without parts) -> class name -> folder."""
    if not parts:
        return {"": {name: name for name in folders}}
    classes = {}
    for part, folder in parts.items():
        inner, loose = opened(root, folder, problems)
        problems += [Problem(one.file, "ignored", "outside the class folders") for one in loose]
        classes[part] = {Path(name).name: name for name in inner}
        strangers = sorted(set(classes[part]) - set(classes["train"])) if "train" in classes else []
        if strangers:
            raise DataError(
                f"{root / folder} holds {', '.join(strangers)}, which {parts['train']}/ does not: "
                "every class needs training images."
            )
    return classes


def _entries(
    root: Path,
    classes: Mapping[str, Mapping[str, str]],
    class_names: tuple[str, ...],
    problems: list[Problem],
    notes: list[str],
) -> tuple[Entry, ...]:
    entries = []
    empty, deep = [], 0
    for part, folders in classes.items():
        for name, folder in folders.items():
            try:
                found = list(walk(str(root), folder, problems))
            except OSError as error:
                raise DataError(
                    f"{root / folder} cannot be opened: {error.strerror}. Its images would be "
                    f"missing without a word. {ALLOW}"
                ) from error
            deep += sum(one.file.count("/") > folder.count("/") + 1 for one in found)
            empty += [] if found or part in {"validation", "test"} else [folder]
            entries += [Entry(one, class_names.index(name), part) for one in found]
    if empty:
        inside = tuple(f"{folder}/" for folder in empty)
        lost = [one for one in problems if one.file.startswith(inside) and one.verdict == "refused"]
        why = f" {lost[0].file} is refused: {lost[0].reason}." if lost else ""
        raise DataError(
            f"{root}: no file in {', '.join(empty)}; add images, or take the folder away.{why}"
        )
    if deep:
        notes.append(f"{deep} files in sub-folders of a class belong to that class.")
    return tuple(sorted(entries, key=lambda entry: entry.found.file))


def _one_class(root: Path, inside: str, names: tuple[str, ...]) -> str:
    if not names:
        return f"{root / inside} holds no class folders; {ARRANGE}."
    within = root / inside / names[0]
    deeper, _ = opened(within, "", [])
    if len(deeper) > 1:
        return (
            f"{root / inside} holds one folder only, {names[0]}, and the classes seem to lie one "
            f"level deeper: pass {within}."
        )
    return f"{root / inside} holds one class only, {names[0]}; there must be two or more."


def _refuse_strangers(root: Path, names: Sequence[str], known: Sequence[str]) -> None:
    strangers = [name for name in names if name not in known]
    if strangers:
        raise DataError(
            f"{root} holds {', '.join(strangers[:5])}, which the model does not know. Its classes "
            f"are {', '.join(known[:10])}{', ...' if len(known) > 10 else ''}: name the folders so."
        )


def look_alikes(names: Sequence[str]) -> list[str]:
    """Return a sentence for each group of classes that differ in case, spaces or accents' code."""
    alike = defaultdict(list)
    for name in names:
        alike[unicodedata.normalize("NFC", name).strip().casefold()].append(name)
    return [
        ", ".join(f"'{name}'" for name in group)
        + " are classes of their own, though their names differ only in capitals, spaces at the "
        "ends or the coding of accents. Where one is meant, put its images into one folder."
        for group in alike.values()
        if len(group) > 1
    ]
