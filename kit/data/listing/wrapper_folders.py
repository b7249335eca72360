"""Folders without images of their own, and those that only wrap another."""

import mimetypes
import os
from collections.abc import Collection
from pathlib import Path

from kit.data.decoding.opening import NotAnImage, open_image
from kit.data.listing.tree import LEFT_BY_PROGRAMS, OUTSIDE, Found, Problem, children
from kit.errors import DataError

START = 4096  # bytes that tell an image from what is none


def base(name: str) -> str:
    """Return the last word of a path with slashes."""
    return name.rpartition("/")[2]


def opened(root: Path, name: str, problems: list[Problem]) -> tuple[list[str], list[Found]]:
    """Return what ``tree.children`` does; DataError where it cannot be opened."""
    try:
        return children(str(root), name, problems)
    except OSError as error:
        raise DataError(f"{root / name} cannot be opened: {error.strerror}.") from error


def unwrapped(
    root: Path, folder: str, stop: Collection[str], problems: list[Problem]
) -> tuple[str, list[str], list[Found]]:
    """Go down while there is a single folder and no image beside it, and folders lie in that.

    Returns:
        The folder that was reached, its sub-folders, and the files in it.
    """
    folders, files = opened(root, folder, problems)
    while (
        len(folders) == 1
        and base(folders[0]) not in stop
        and not any(_may_be_image(root / one.file) for one in files)
        and _bare(root / folders[0])
    ):
        problems += [Problem(one.file, "ignored", OUTSIDE) for one in files]
        folder = folders[0]
        folders, files = opened(root, folder, problems)
    return folder, folders, files


def class_folders(root: Path, folder: str) -> list[str]:
    """Return the folders in a folder without images, below all that only wraps them."""
    names = _bare(root / folder)
    while len(names) == 1 and (deeper := _bare(root / folder / names[0])):
        folder, names = f"{folder}/{names[0]}", deeper
    return [f"{folder}/{name}" for name in names]


def _bare(path: Path) -> list[str]:
    """Return the names of the sub-folders; none where a file lies there that may be an image."""
    names = []
    try:
        with os.scandir(path) as entries:  # left at the first image: a class may have 100,000
            for entry in entries:
                if entry.name.startswith(".") or entry.name.lower() in LEFT_BY_PROGRAMS:
                    continue
                if entry.is_dir():
                    names += [] if entry.is_symlink() else [entry.name]
                elif entry.is_file() and _may_be_image(Path(entry.path)):
                    return []
    except OSError:  # said where the folder is read
        return []
    return sorted(names)


def _may_be_image(path: Path) -> bool:
    """Tell by the name, and where that says nothing (README, labels.pkl) by how the file begins."""
    kind, packed = mimetypes.guess_type(path.name)
    if kind or packed:
        return not packed and str(kind).startswith("image/")
    try:
        with path.open("rb") as file:
            open_image(file.read(START))
    except NotAnImage:
        return False
    except (DataError, OSError):  # an image that is damaged, or cut off here
        pass
    return True
