"""Search the settings of a training, from coarse to fine, and train with the best of them."""

from functools import partial
from pathlib import Path
from typing import Any

from kit import progress
from kit.commands.terminal import (
    Command,
    draw_report,
    next_steps,
    program,
    program_name,
    quoted,
    shown,
    typed,
)
from kit.errors import KitError
from kit.settings import Tuning


@partial(Command, Tuning)
def tune(folder: Path | None = None, **settings: Any) -> None:
    """Search the settings of a training, from coarse to fine, and train with the best of them."""
    from kit.experiments import tuning

    try:
        tuned = shown(print, tuning.tune, folder, **settings)
    except KeyboardInterrupt as error:
        if search := getattr(error, "search", None):
            kept = (
                f"The search so far is kept in {search}. Continue with: "
                f"{program_name('kit-tune')} --resume"
            )
            progress.say(f"{kept} --output {quoted(search)}")
        raise
    except KitError as error:
        if search := getattr(error, "search", None):  # it found nothing, which its report shows
            draw_report(search)
        raise
    best = tuned.best.folder
    for made in (best, tuned.folder):
        draw_report(made)
    lines = [
        f"The search is in {tuned.folder}: report.html, trials.csv, the best run in {best}.",
        "Train with the best settings:",
        f"  {program_name('kit-train')} {typed(tuned.settings)}",
    ]
    print(progress.Lines(lines))
    print(next_steps(tuned.best))


main = partial(program, tune)
