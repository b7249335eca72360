"""Score a run on another folder of images."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit import progress
from kit.commands.terminal import Command, program, shown
from kit.settings import Evaluating

if TYPE_CHECKING:
    from kit.experiments.answers.evaluating import Evaluation


@partial(Command, Evaluating)
def evaluate(run: Path, folder: tuple[Path, ...], **settings: Any) -> None:
    """Score a run on another folder of images."""
    from kit.experiments.answers import evaluating

    shown(_show, evaluating.evaluate, run, folder, **settings)
    if output := settings.get("output"):
        progress.say(f"Metrics, predictions and figures are in {output}.")


def _show(found: "Evaluation") -> None:
    from kit.experiments import score_files

    print(found)
    print(score_files.class_table(found.scores))


main = partial(program, evaluate)
