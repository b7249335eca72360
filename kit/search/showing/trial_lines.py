"""How the trials of a search look on a terminal."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from kit.progress import clean
from kit.search.trials import Trial, rank_key
from kit.search.words import score_text, settings_text, value_text

if TYPE_CHECKING:
    from rich.console import RenderableType

AROUND = 6  # lines of a table that are no trials, and of the bar
FEWEST = 3  # trials that are shown on the smallest terminal
STATUS = 32  # letters of a status with its reason
LEAST = 12  # letters of the settings, on the narrowest terminal
BAR = 24  # letters
GAP = 3  # letters between columns
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
    columns = _columns(rows, objective, size[0])
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head, (width, _) in columns.items():
        justify: Literal["left", "right"] = "left" if head in ("settings", "status") else "right"
        table.add_column(
            Text(head), justify=justify, no_wrap=True, overflow="ellipsis", max_width=width
        )
    for place, trial in enumerate(rows):
        cells = (Text(texts[place]) for _, texts in columns.values())
        table.add_row(*cells, style=COLORS.get(trial.status, ""))
    if share is None:
        return table
    words = f"{sum(one.ended for one in trials)} of {len(trials)} trials ended"
    words += f", best first by {clean(objective)}" + (f", left {left}" if left else "")
    line = Table.grid(padding=(0, 1))
    line.add_column(no_wrap=True)
    line.add_column(no_wrap=True, overflow="ellipsis")
    line.add_row(ProgressBar(total=1.0, completed=share, width=BAR), Text(words))
    return Group(table, line)


def _columns(
    trials: Sequence[Trial], objective: str, room: int
) -> dict[str, tuple[int, list[str]]]:
    """Return the greatest width and the cells of each column, by its head.

    Settings have columns of their own where these fit, else share one that takes what is left.
    """
    from rich.cells import cell_len

    before = {
        "trial": [str(one.number) for one in trials],
        "stage": [str(one.stage) for one in trials],
    }
    after = {
        "epochs": [f"{len(one.rows)}/{one.planned}" for one in trials],
        "now": [score_of(one, objective, last=True) for one in trials],
        "best": [score_of(one, objective) if one.feasible else "-" for one in trials],
        "status": [_status(one) for one in trials],
    }
    names = dict.fromkeys(name for one in trials for name in one.values)
    own = {
        _head(name): [value_text(one.values[name]) if name in one.values else "" for one in trials]
        for name in names
    }

    def widths(columns: dict[str, list[str]]) -> dict[str, int]:
        return {
            head: min(max(map(cell_len, [head, *texts])), STATUS) for head, texts in columns.items()
        }

    fixed = sum(width + GAP for width in widths(before | after).values())
    if fixed + sum(width + GAP for width in widths(own).values()) > room:
        own = {"settings": [settings_text(one.values) for one in trials]}
    whole = before | own | after
    found = widths(whole)
    if "settings" in own:
        found["settings"] = max(room - fixed - GAP, LEAST)
    return {head: (found[head], texts) for head, texts in whole.items()}


def _head(name: str) -> str:
    """Return the head of a setting's column, another than those of the table itself."""
    own = ("trial", "stage", "epochs", "now", "best", "status", "settings")
    return f"{name} " if name in own else clean(name)


def _status(trial: Trial) -> str:
    if trial.feasible or not trial.reason:
        return trial.status
    return f"{trial.status}: {clean(trial.reason)}"
