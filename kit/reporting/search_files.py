"""What the folder of a search holds, read when a section of the report asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from kit import foreign, runs

SETTINGS, FACTS, BEST = runs.SEARCH, "facts.json", "best"


@dataclass(frozen=True)
class SearchFiles(runs.Opened):
    """A search as its files tell it.

    Attributes:
        settings_file: What it was begun with.
    """

    settings_file: Path

    @property
    def metrics(self) -> Mapping[str, Any]:
        """Return what a run has of scores: a search has none of its own."""
        return {}

    @cached_property
    def trials(self) -> pd.DataFrame:
        """Return one row per trial, as text."""
        path = self.folder / "trials.csv"
        if not path.is_file():
            return pd.DataFrame()
        return pd.read_csv(path, dtype=str, keep_default_na=False)

    @cached_property
    def searched(self) -> tuple[str, ...]:
        """Return the names of the settings that were searched."""
        tree = foreign.yaml_value(foreign.text(self.settings_file)) or {}
        ranges = tree.get("ranges", tree).get("search") or ()
        return tuple(str(one).partition("=")[0] for one in ranges)


def open_search(folder: Path) -> SearchFiles:
    """Open the files of a search.

    Raises:
        SettingError: Its facts are damaged.
    """
    facts = runs.Saved(folder, {}, {}).read(FACTS)
    return SearchFiles(runs.Saved(folder, {}, facts), folder / SETTINGS)
