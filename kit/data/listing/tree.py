"""What lies in a folder: sub-folders, files, and what is left out and why."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass

LEFT_BY_PROGRAMS = {
    *("__macosx", "icon\r", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin"),
    *(".git", ".svn", ".hg", ".dvc", ".cache", ".idea", ".vscode", ".ipynb_checkpoints"),
    *(".trashes", ".spotlight-v100", ".fseventsd"),
}
BESIDE = "hidden, or left behind by a program"
OUTSIDE, ASIDE = "outside the class folders", "not part of the data"
EMPTY = "an empty folder"
TOLD = (OUTSIDE, ASIDE, EMPTY)  # reasons that a note of the listing counts or names
HIDDEN = "a hidden folder: its name begins with a dot"


@dataclass(frozen=True)
class Problem:
    """A file or folder that is not used.

    ``file`` is relative to the data folder, with slashes. ``verdict`` is ``"ignored"`` (no image,
    or nobody's loss), ``"excluded"`` (by a person's list), ``"broken"`` (an image that cannot be
    decoded) or ``"refused"`` (a link that leaves the folder, a pipe, a name that is no text).
    """

    file: str
    verdict: str
    reason: str


@dataclass(frozen=True)
class Found:
    """A regular file: its relative name, and what tells that it is the one it was.

    Attributes:
        file: Its name relative to the data folder, with slashes.
        size: In bytes.
        modified: When its content was changed, in nanoseconds.
        changed: When anything about it was changed, in nanoseconds: two files of one archive that
            change names, or a copy that keeps the time of another, show here only. (On Windows it
            is when the file was made.)
    """

    file: str
    size: int
    modified: int
    changed: int

    @classmethod
    def of(cls, file: str, status: os.stat_result) -> "Found":
        """Return what the operating system says of a file."""
        return cls(file, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    @property
    def state(self) -> list[int]:
        """Return numbers that stay while the file does, as JSON holds them."""
        return [self.size, self.modified, self.changed]


def children(root: str, inside: str, problems: list[Problem]) -> tuple[list[str], list[Found]]:
    """Return the sub-folders' and files' relative names in one folder, sorted; add to the problems.

    Raises:
        OSError: The folder cannot be opened.
    """
    folders, files = [], []
    with os.scandir(os.path.join(root, inside)) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            name = f"{inside}/{entry.name}" if inside else entry.name
            left_out = _left_out(entry, root)
            if left_out:
                problems.append(Problem(spelt(name), *left_out))
            elif entry.is_dir(follow_symlinks=False):
                folders.append(name)
            else:
                files.append(Found.of(name, entry.stat()))
    return folders, files


def walk(root: str, inside: str, problems: list[Problem]) -> Iterator[Found]:
    """Yield every file at any depth below a folder.

    A sub-folder that cannot be opened is a problem; the folder itself raises OSError.
    """
    folders, files = children(root, inside, problems)
    yield from files
    for folder in folders:
        try:
            yield from walk(root, folder, problems)
        except OSError as error:
            problems.append(Problem(folder, "refused", f"cannot be opened ({error.strerror})"))


def _left_out(entry: os.DirEntry[str], root: str) -> tuple[str, str] | None:
    """Return verdict and reason where an entry is not to be looked at."""
    if entry.name.lower() in LEFT_BY_PROGRAMS:
        return "ignored", BESIDE
    if entry.name.startswith("."):
        return "ignored", HIDDEN if entry.is_dir(follow_symlinks=False) else BESIDE
    if spelt(entry.name) != entry.name:
        return "refused", "its name is not valid UTF-8: rename it"
    try:
        if entry.is_symlink():
            target = os.path.realpath(entry.path)
            if os.path.commonpath([target, root]) != root:
                return "refused", "a link that leads out of the folder"
            if entry.is_dir():
                return "ignored", "a link to a folder that is already read under its own name"
        regular = entry.is_dir() or stat.S_ISREG(entry.stat().st_mode)
    except (OSError, ValueError) as error:  # a link to nothing or to itself; another drive
        return "refused", f"cannot be followed ({getattr(error, 'strerror', None) or error})"
    return None if regular else ("refused", "not a regular file")


def spelt(name: str) -> str:
    """Return the name with bytes that are no UTF-8 spelt out."""
    try:
        data = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half a letter, as Windows allows
        data = name.encode("utf-8", "backslashreplace")
    return data.decode("utf-8", "backslashreplace")
