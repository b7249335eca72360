"""Results: printed, also where a later step failed, or put where the user wants them."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from kit import files, progress

Result = TypeVar("Result")


def shown(
    show: Callable[[Result], None], work: Callable[..., Result], *places: Any, **settings: Any
) -> Result:
    """Call a function and show what it returns, or all that it had reached when it failed."""
    try:
        result = work(*places, **settings)
    except BaseException as error:
        for reached in getattr(error, "reached", ()):
            show(reached)
        raise
    show(result)
    return result


def put(target: Path, text: str) -> None:
    """Write a text to a file, or to stdout where that is "-"."""
    if target == files.STDOUT and sys.stdout.isatty():  # a name must not steer the terminal
        print("\n".join(progress.clean(line) for line in text.split("\n")), end="")
    elif target == files.STDOUT:
        print(text, end="")
    else:
        files.write_text(target, text)
