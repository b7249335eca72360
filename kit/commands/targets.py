"""Results that a user wants in a file, or on stdout."""

import sys
from pathlib import Path

from kit import files, progress
from kit.experiments.places import STDOUT


def put(target: Path, text: str) -> None:
    """Write a text to a file, or to stdout where that is "-"."""
    if target == STDOUT and sys.stdout.isatty():  # a name must not steer the terminal
        print("\n".join(progress.clean(line) for line in text.split("\n")), end="")
    elif target == STDOUT:
        print(text, end="")
    else:
        files.write_text(target, text)
