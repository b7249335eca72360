"""Files that a user names for results: checked before the work, written after it."""

import sys
from collections.abc import Sequence
from pathlib import Path

from kit import files, progress
from kit.errors import SettingError

__all__ = ["check_target", "put"]

STDOUT = Path("-")


def check_target(flag: str, target: Path | None, endings: Sequence[str] = ()) -> None:
    """Make sure that a result can be written where it is wanted.

    Args:
        flag: Of the program.
        target: The file, a pipe or a device; without ``endings`` also "-" for stdout.
        endings: What the file's name must end in.

    Raises:
        SettingError: It cannot.
    """
    if target is None or (target == STDOUT and not endings):
        return
    if endings and target.suffix.lower() not in endings:
        raise SettingError(f"{flag} {target}: the ending must be {', '.join(endings)}.")
    if not target.parent.is_dir():
        raise SettingError(
            f"{flag} {target}: the folder {target.parent} does not exist; make it first."
        )
    if target.is_dir():
        raise SettingError(f"{flag}: {target} is a folder; give a file.")


def put(target: Path, text: str) -> None:
    """Write a text to a file, or to stdout where that is "-"."""
    if target == STDOUT and sys.stdout.isatty():  # a name must not steer the terminal
        print("\n".join(progress.clean(line) for line in text.split("\n")), end="")
    elif target == STDOUT:
        print(text, end="")
    else:
        files.write_text(target, text)
