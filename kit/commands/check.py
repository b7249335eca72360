"""Check data, network and settings before a training, and say what is wrong."""

from functools import partial
from pathlib import Path
from typing import Any

from kit import progress
from kit.commands.terminal import Command, program, shown
from kit.settings import Checking


@partial(Command, Checking)
def check(folder: Path | None = None, **settings: Any) -> None:
    """Check data, network and settings before a training, and say what is wrong."""
    from kit.experiments import network_check

    found = shown(print, network_check.check, folder, **settings)
    if output := settings.get("output"):
        progress.say(f"Numbers and figures are in {output}.")
    found.refuse_failed()


main = partial(program, check)
