"""How the trials of a search look on a terminal."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kit.progress import clean
from kit.search.trials import Trial, rank_key
from kit.search.words import score_text, settings_text

if TYPE_CHECKING:
    from rich.console import RenderableType

AROUND = 6  # lines of a table that are no trials, and of the bar
FEWEST = 3  # trials that are shown on the smallest terminal
STATUS = 32  # letters of a status with its reason
LEAST = 12  # letters of the settings, on the narrowest terminal
BAR = 24  # letters
COLORS = {"running": "cyan", "infeasible": "red", "failed": "red", "stopped": "bright_black"}


def best_first(trials: Sequence[Trial], objective: str) -> list[Trial]:
    """Return trials from good to bad, those that cannot be ranked last, by number."""

    def key(trial: Trial) -> tuple[bool, tuple[float, float], int]:
        row = trial.best(objective) if trial.feasible else {}
        return (not trial.feasible, rank_key(row, objective), trial.number)

    return sorted(trials, key=key)


def score_of(trial: Trial, objective: str, last: bool = False) -> str:
    """Return a trial's best score in words, or its last one."""
    if not trial.rows:
        return "-"
    row = trial.rows[-1] if last else trial.best(objective)
    return score_text(row.get(objective, math.nan))


def chosen(trials: Sequence[Trial], objective: str, count: int) -> list[Trial]:
    """Return so many trials, best first: what is running, and of the others the best."""
    ranking = best_first([one for one in trials if one.status != "waiting"], objective)
    running = [one for one in ranking if one.status == "running"][: max(count // 2, 1)]
    others = [one for one in ranking if one.status != "running"]
    kept = {one.number for one in [*running, *others[: max(count - len(running), 0)]]}
    return [one for one in ranking if one.number in kept]


def view(
    trials: Sequence[Trial],
    objective: str,
    size: tuple[int, int],
    left: str | None,
    share: float | None,
) -> "RenderableType":
    """Return a table of the best trials, and below it a bar.

    Args:
        trials: All.
        objective: A column of their rows.
        size: Letters in a line of the terminal, and its lines.
        left: The remaining time in words; None where it is not known.
        share: Of the epochs that are done, 0 to 1; None draws no bar.
    """
    from rich import box
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    rows = chosen(trials, objective, max(size[1] - AROUND, FEWEST))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("trial", "stage", "settings", "epochs", "now", "best", "status"):
        table.add_column(
            head,
            justify="left" if head in ("settings", "status") else "right",
            no_wrap=head not in ("settings", "status"),  # which give way on a narrow terminal
            overflow="ellipsis",
            min_width=LEAST if head == "settings" else None,
            max_width=STATUS if head == "status" else None,
        )
    for trial in rows:
        cells = (
            str(trial.number),
            str(trial.stage),
            settings_text(trial.values),
            f"{len(trial.rows)}/{trial.planned}",
            score_of(trial, objective, last=True),
            score_of(trial, objective) if trial.feasible else "-",
            _status(trial),
        )
        texts = (Text(cell, no_wrap=True, overflow="ellipsis") for cell in cells)
        table.add_row(*texts, style=COLORS.get(trial.status, ""))
    if share is None:
        return table
    words = f"{sum(one.ended for one in trials)} of {len(trials)} trials ended"
    words += f", best first by {clean(objective)}" + (f", left {left}" if left else "")
    line = Table.grid(padding=(0, 1))
    line.add_column(no_wrap=True)
    line.add_column(no_wrap=True, overflow="ellipsis")
    line.add_row(ProgressBar(total=1.0, completed=share, width=BAR), Text(words))
    return Group(table, line)


def _status(trial: Trial) -> str:
    if trial.feasible or not trial.reason:
        return trial.status
    return f"{trial.status}: {clean(trial.reason)}"
