"""The files that paths, folders and patterns stand for."""

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kit.data.listing import tree
from kit.errors import SettingError

__all__ = ["Paths", "Selection", "find"]

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


@dataclass(frozen=True)
class Selection:
    """Files to classify.

    Attributes:
        files: Their paths, each once, in the order of asking and sorted within a folder.
        refused: Pairs of a path and why it is not read: a pipe, a link out of its folder, ...
        ignored: Hidden files and those that systems leave in folders, ``Thumbs.db`` for example.
    """

    files: tuple[str, ...]
    refused: tuple[tuple[str, str], ...] = ()
    ignored: tuple[str, ...] = ()


def find(paths: Paths) -> Selection:
    """List the files that paths stand for.

    Args:
        paths: One or several files, folders (with all below them) or patterns such as
            ``"photos/*.jpg"`` and ``"photos/**/*.png"``, which not every shell resolves. A file
            whose name looks like a pattern is taken as itself.

    Raises:
        SettingError: Some paths match nothing; all of them are named.
    """
    asked = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    missing = []
    files: dict[str, str] = {}  # by absolute path, so that no file is asked twice
    refused: dict[str, str] = {}
    ignored: dict[str, None] = {}
    for path in [os.fspath(one) for one in asked]:
        parts = [_below(match) for match in _matches(path)]
        if not any(part.files or part.refused for part in parts):
            missing.append(path)
        for part in parts:
            for file in part.files:
                files.setdefault(os.path.abspath(file), file)
            refused |= dict(part.refused)
            ignored |= dict.fromkeys(part.ignored)
    if missing or not asked:
        raise SettingError(
            f"No file matches {', '.join(missing) or 'an empty list'}. Give images, folders with "
            'images, or patterns such as "photos/*.jpg".'
        )
    return Selection(tuple(files.values()), tuple(refused.items()), tuple(ignored))


def _matches(path: str) -> list[str]:
    path = os.path.expanduser(path)
    return [path] if os.path.lexists(path) else sorted(glob.glob(path, recursive=True))


def _below(path: str) -> Selection:
    """Return the file itself, or what a folder holds."""
    if not os.path.isdir(path):
        name = tree.spelt(path)
        if name == path:
            return Selection((path,))
        return Selection((), ((name, "its name is not valid UTF-8: rename it"),))
    problems: list[tree.Problem] = []
    found: list[str] = []
    refused = {}
    try:
        for file in tree.walk(os.path.realpath(path), "", problems):
            found.append(str(Path(path, file.file)))
    except OSError as error:
        refused[path] = f"cannot be opened ({error.strerror})"
    named = [(str(Path(path, problem.file)), problem) for problem in problems]
    refused |= {name: one.reason for name, one in named if one.verdict != "ignored"}
    ignored = [name for name, one in named if one.verdict == "ignored"]
    return Selection(tuple(sorted(found)), tuple(refused.items()), tuple(ignored))
