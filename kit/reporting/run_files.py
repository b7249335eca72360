"""What the folder of a run holds, read when a section of the report asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from kit import evaluation, foreign, runs
from kit.errors import SettingError
from kit.reporting.pictures import Thumbnails

PARTS = {  # as they are called: the key in metrics.json, the table of their answers
    "test": ("test", "predictions.csv"),
    "out_of_fold": ("cross_validation", "predictions_out_of_fold.csv"),
    "validation": ("validation", "predictions.csv"),
}
WORDS = {"out_of_fold": "cross-validated"}


@dataclass(frozen=True)
class Part:
    """Images that the run was scored on.

    Attributes:
        name: "test", "out_of_fold" or "validation".
        scores: What it scored.
        answers: A row an image: file, true, predicted, and ``sure``, the probability or the score
            of the answer; of a run from version 0.2 on also ``true_sure``, ``second`` and
            ``second_sure``.
        probable: Whether these are probabilities.
    """

    name: str
    scores: evaluation.Scores
    answers: pd.DataFrame
    probable: bool

    @property
    def words(self) -> str:
        """Return how its images are called in a sentence."""
        return WORDS.get(self.name, self.name)

    @property
    def wrong(self) -> pd.DataFrame:
        """Return the mistakes, the surest first."""
        wrong = self.answers[self.answers["true"] != self.answers["predicted"]]
        return wrong.sort_values("sure", ascending=False, kind="stable")


@dataclass(frozen=True)
class RunFiles(runs.Opened):
    """A run as its files tell it.

    Attributes:
        thumbnails: Those of its images that fit on the page.
        loads: Whether the network may be loaded, to explain its answers.
    """

    thumbnails: Thumbnails
    loads: bool = False

    @property
    def settings_file(self) -> Path:
        """Return where its settings are."""
        return self.folder / runs.SETTINGS

    @cached_property
    def metrics(self) -> Mapping[str, Any]:
        """Return what it scored; nothing where it was interrupted."""
        return self.saved.read("metrics.json")

    @cached_property
    def diagnosis(self) -> Mapping[str, Any]:
        """Return what went wrong in its training; nothing where nobody looked."""
        return self.saved.read("diagnosis.json")

    @cached_property
    def checks(self) -> list[Mapping[str, Any]]:
        """Return what was measured before its training."""
        path = self.saved.place("checks.json")
        try:
            return list(foreign.json_value(foreign.text(path))) if path.is_file() else []
        except (TypeError, ValueError) as error:
            raise SettingError(f"{path} is damaged: {error}. Restore it.") from None

    @cached_property
    def history(self) -> pd.DataFrame:
        """Return one row per epoch of the training whose weights are kept."""
        path = self.saved.history_file
        return pd.read_csv(path) if path.is_file() else pd.DataFrame()

    @cached_property
    def step_losses(self) -> list[float]:
        """Return the loss of every step of that training; none where nobody kept them."""
        path = self.folder / "losses.csv"
        return pd.read_csv(path)["loss"].astype(float).tolist() if path.is_file() else []

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Return the images that it was scored on, those first whose score is to be trusted."""
        found = []
        for name, (key, file) in PARTS.items():
            if key in self.metrics and (self.folder / file).is_file():
                table = pd.read_csv(self.folder / file, dtype=str, keep_default_na=False)
                if "split" in table and name != "out_of_fold":
                    table = table[table["split"] == name]
                kind = "probability" if "probability" in table else "score"
                numbers = {
                    old: table[old].astype(float).rename(old.replace(kind, "sure"))
                    for old in (kind, f"true_{kind}", f"second_{kind}")
                    if old in table
                }
                scores = evaluation.recalled(self.metrics[key], table, self.class_names)
                answers = pd.concat([table.drop(columns=list(numbers)), *numbers.values()], axis=1)
                found.append(Part(name, scores, answers, kind == "probability"))
        return tuple(found)


def open_run(folder: Path, loads: bool = False) -> RunFiles:
    """Open the files of a run, whose network may be loaded or not.

    Raises:
        SettingError: As :func:`kit.runs.load`.
    """
    saved = runs.load(folder)
    images = saved.facts.get("data", {}).get("folder") or saved.settings.get("folder") or folder
    return RunFiles(saved, Thumbnails(images), loads)
