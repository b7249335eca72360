"""Compare two runs on the same images."""

from functools import partial
from pathlib import Path
from typing import Any

from kit import progress
from kit.commands.terminal import Command, program, shown
from kit.settings import Comparing


@partial(Command, Comparing)
def compare(run: Path, other: Path, **settings: Any) -> None:
    """Compare two runs on the same images."""
    from kit.experiments.answers import comparing

    found = shown(print, comparing.compare, run, other, **settings)
    if output := settings.get("output"):
        progress.say(f"The {len(found.changed):,} images that changed sides are in {output}.")


main = partial(program, compare)
