"""Train a classifier on a folder of images, score it and keep it as a run."""

from functools import partial
from pathlib import Path
from typing import Any

from kit.commands.terminal import Command, draw_report, next_steps, program, shown
from kit.settings import Training


@partial(Command, Training)
def train(folder: Path | None = None, **settings: Any) -> None:
    """Train a classifier on a folder of images, score it and keep it as a run."""
    from kit.experiments import training

    run = shown(print, training.train, folder, **settings)
    draw_report(run.folder)
    print(next_steps(run))


main = partial(program, train)
