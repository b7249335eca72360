"""The trials of a search, one row for each."""

from typing import Any

from kit.reporting.search_files import SearchFiles

TITLE = "Trial by trial"
MOST = 300  # rows
FIRST, LAST = ("trial", "stage"), ("status", "reason", "epochs", "best_epoch")


def values(search: SearchFiles) -> dict[str, Any] | None:
    """Return what was tried and what it scored; the last rows are those of the finalists."""
    table = search.trials
    if table.empty:
        return None
    every = list(map(str, table))
    searched = {*search.searched, *(f"setting_{name}" for name in search.searched)}
    scores = [name for name in every if name.startswith("best_") and name != "best_epoch"]
    columns = [*FIRST, *(one for one in every if one in searched), *LAST, *scores]
    columns = [name for name in columns if name in every]
    shown = table[columns].tail(MOST)
    return {
        "columns": columns,
        "rows": [[_short(value) for value in row] for row in shown.to_numpy(object)],
        "count": len(table),
    }


def _short(value: str) -> str:
    """Return a number with four digits, and any other text as it is."""
    try:
        return value if value.isdecimal() else f"{float(value):.4g}"
    except ValueError:
        return value
