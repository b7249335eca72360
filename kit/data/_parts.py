"""Folders called train, val and test: parts of the data, or classes with these names."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from kit.data._tree import Found, Problem, children
from kit.errors import DataError

__all__ = ["find_parts", "opened"]

PART_FOLDERS = {
    "train": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}


def find_parts(root: Path, folders: list[str], notes: list[str]) -> dict[str, str]:
    """Return part -> folder where the sub-folders are parts, else nothing.

    A class may be called train: it is a part only where class folders lie in it, and where
    another part, or nothing at all, lies beside it.
    """
    named = defaultdict(list)
    for name in folders:
        if name.lower() in PART_FOLDERS:
            named[PART_FOLDERS[name.lower()]].append(name)
    alone = len(named) == 1 and len(folders) > 1
    if "train" not in named or alone or not opened(root, named["train"][0], [])[0]:
        _question(root, folders, named, notes)
        return {}
    parts = {}
    for part, names in named.items():
        if len(names) > 1:
            raise DataError(f"{root}: {', '.join(names)} all name the {part} part; leave one.")
        inner, files = opened(root, names[0], [])
        if inner:
            parts[part] = names[0]
        else:
            notes.append(
                f"{names[0]}/ has no class folders: its {len(files)} files have no labels."
            )
    notes.append("Parts as given by the folders: " + ", ".join(parts.values()) + ".")
    aside = [name for name in folders if name.lower() not in PART_FOLDERS]
    if aside:
        notes.append(f"Not used, beside the parts: {', '.join(aside)}.")
    return parts


def _question(
    root: Path, folders: list[str], named: Mapping[str, list[str]], notes: list[str]
) -> None:
    """Say that folders called like parts are taken for classes, or raise where that is nonsense."""
    called = [name for names in named.values() for name in names]
    if len(named) > 1 and len(called) == len(folders):
        raise DataError(
            f"{root} holds {', '.join(called)}, which are parts, but no train/ with a sub-folder "
            "for each class: images belong into train/<class>/photo.jpg, and so in every part."
        )
    notes.extend(
        f"{name}/ is taken for a class. Were it a part of the data, train/ with a sub-folder for "
        "each class would have to lie beside val/ or test/, or alone."
        for name in called
    )


def opened(root: Path, name: str, problems: list[Problem]) -> tuple[list[str], list[Found]]:
    """Return what :func:`kit.data._tree.children` does; DataError where it cannot be opened."""
    try:
        return children(str(root), name, problems)
    except OSError as error:
        raise DataError(f"{root / name} cannot be opened: {error.strerror}.") from error
