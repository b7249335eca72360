"""Search the settings of a training, from coarse to fine, and train with the best of them."""

from functools import partial
from pathlib import Path
from typing import Any

from kit.commands.terminal import Command, next_steps, program, shown
from kit.settings import Tuning

__all__ = ["main", "tune"]


@partial(Command, Tuning)
def tune(folder: Path | None = None, **settings: Any) -> None:
    """Search the settings of a training, from coarse to fine, and train with the best of them."""
    from kit.experiments import tuning

    print(next_steps(shown(print, tuning.tune, folder, **settings).best))


def main() -> None:
    """Run the program."""
    program(tune)
