"""Files that a list names: where they are, or why they cannot be used."""

import os
import stat
from dataclasses import dataclass

from kit.data.listing.tree import Found


@dataclass(frozen=True)
class Place:
    """A file that was looked up.

    Attributes:
        file: Its name relative to the root, with slashes; as written where it is not within.
        found: The file, None where it cannot be used.
        reason: Why it cannot, or ``""``.
    """

    file: str
    found: Found | None
    reason: str


def within(root: str | os.PathLike[str], text: str) -> str | None:
    """Return a path relative to a folder, with slashes; None where it leads out of it or is empty.

    Nothing needs to be there. ``root`` must be free of links.

    Args:
        root: The folder.
        text: Relative to it, or absolute.
    """
    if not text or "\0" in text:
        return None
    full = os.path.normpath(os.path.join(root, text))
    inside = os.path.join(root, "")
    if full.startswith(inside):  # as nearly all: what follows costs many times as much
        return full[len(inside) :].replace(os.sep, "/")
    try:
        name = os.path.relpath(full, root)
        if name.split(os.sep)[0] == os.pardir:  # perhaps it came through a link
            head, tail = os.path.split(full)
            name = os.path.relpath(os.path.join(os.path.realpath(head), tail), root)
    except ValueError:  # on another drive
        return None
    return None if name.split(os.sep)[0] in (os.pardir, os.curdir) else name.replace(os.sep, "/")


def located(
    root: str | os.PathLike[str], text: str, folders: dict[str, str] | None = None
) -> Place:
    """Look a file up that must lie in a folder.

    Args:
        root: The folder, without links in its path.
        text: Relative to it, or absolute. Backslashes are taken for slashes where nothing is there
            otherwise: the list may have been made on Windows.
        folders: Remembers folders without links from call to call.
    """
    place = _looked_up(os.fspath(root), text, {} if folders is None else folders)
    if place.found is None and "\\" in text:
        other = _looked_up(os.fspath(root), text.replace("\\", "/"), {})
        return place if other.found is None else other
    return place


def _looked_up(root: str, text: str, folders: dict[str, str]) -> Place:
    if not text.strip():
        return Place(text, None, "it names no file")
    name = within(root, text)
    if name is None:
        return Place(text, None, "it leads out of the folder with the list")
    path = os.path.join(root, name)
    try:
        folder, tail = os.path.split(path)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        real = os.path.join(folders[folder], tail)
        if os.path.islink(real):
            real = os.path.realpath(real)
        if not real.startswith(os.path.join(root, "")):
            return Place(name, None, "a link that leads out of the folder")
        status = os.stat(real)
    except FileNotFoundError:
        return Place(name, None, "there is no such file")
    except (OSError, ValueError) as error:
        return Place(name, None, f"cannot be followed ({getattr(error, 'strerror', error)})")
    if not stat.S_ISREG(status.st_mode):
        what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
        return Place(name, None, what)
    return Place(name, Found.of(name, status), "")
