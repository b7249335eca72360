"""Results: printed, also where a later step failed, and the commands that may follow."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kit import files, progress

if TYPE_CHECKING:
    from kit.experiments.run import Run

PICTURES = (".png", ".svg", ".pdf")  # what a drawing's file may be called like
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


def next_steps(run: "Run") -> progress.Lines:
    """Return the commands that follow a training, as they can be typed here."""
    from kit import data  # here, so that --help need not wait for NumPy
    from kit.data import samples

    images = data.image_folders(run.settings["folder"] or samples.digits())[0]
    return progress.Lines(
        [
            f"The run is in {run.folder}; look at {run.report or run.folder / 'figures'}.",
            "Next:",
            f"  {program_name('kit-predict')} {quoted(run.folder)} {quoted(images)} --top 3",
            f"  {program_name('kit-evaluate')} {quoted(run.folder)} OTHER_FOLDER",
        ]
    )


def draw_report(folder: Path) -> None:
    """Draw the report of results that are complete; where that fails, one line says so."""
    try:
        from kit import reporting

        reporting.report(folder)
    except Exception as error:  # whatever it is, it takes nothing from the results
        progress.say(f"No report could be drawn ({error}). Everything else is in {folder}.")


def put(target: Path, text: str) -> None:
    """Write a text to a file, or to stdout where that is "-"."""
    if target == files.STDOUT and sys.stdout.isatty():  # a name must not steer the terminal
        print("\n".join(progress.clean(line) for line in text.split("\n")), end="")
    elif target == files.STDOUT:
        print(text, end="")
    else:
        files.write_text(target, text)


def program_name(name: str) -> str:
    """Return how a program is started here: `make` installs into a folder outside the PATH."""
    beside = Path(sys.executable).with_name(name)
    return name if shutil.which(name) or not beside.exists() else quoted(beside)


def quoted(path: Path | str | float) -> str:
    """Return a word as it is typed here."""
    if os.name == "posix":
        return shlex.quote(str(path))
    return f'"{path}"' if " " in str(path) else str(path)
