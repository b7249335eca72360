"""The figures of a search: the score by each setting, by two of them, by time."""

from typing import Any

from kit.reporting.pictures import figures
from kit.reporting.search_files import SearchFiles

TITLE = "Where the good values lie"
ALT = {
    "settings": "The score of every trial by each setting",
    "map": "The score of every trial by two settings",
    "curves": "The curves of all trials",
    "cost": "The best score so far by processor time",
}


def values(search: SearchFiles) -> dict[str, Any] | None:
    """Return the figures that there are."""
    drawn = figures([search.folder / "figures" / f"{name}.png" for name in ALT])
    return {"figures": drawn, "alt": ALT} if drawn else None
