"""Score classifiers without a network, as a baseline for one."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit import progress
from kit.commands.terminal import Command, program, shown
from kit.settings import Baselining

if TYPE_CHECKING:
    from kit.experiments.yardsticks import Yardsticks


@partial(Command, Baselining)
def baseline(folder: Path | None = None, **settings: Any) -> None:
    """Score classifiers without a network, as a baseline for one."""
    from kit.experiments import yardsticks

    shown(_show, yardsticks.baseline, folder, **settings)
    if output := settings.get("output"):
        progress.say(f"Metrics, predictions and figures are in {output}.")


def _show(found: "Yardsticks") -> None:
    for line in found.sentences:
        print(progress.clean(line))
    print(found)


main = partial(program, baseline)
