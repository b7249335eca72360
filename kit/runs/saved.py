"""A run as it was saved: found, checked and read."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit import foreign
from kit.data.listing.table_columns import read_columns
from kit.errors import DataError, SettingError
from kit.runs.facts import FACTS, check_facts
from kit.runs.folders import MODEL, SETTINGS, settle
from kit.settings import Training

SPLIT = "split.csv"
SEARCH = "search.yaml"  # the settings of a search, whose folder is no run but holds one


@dataclass(frozen=True)
class Saved:
    """A run as it was saved: where it lies, how it was made and what is known of it.

    Its settings are in no groups, as the keywords of a training are.
    """

    folder: Path
    settings: Mapping[str, Any]
    facts: Mapping[str, Any]

    @property
    def model_file(self) -> Path:
        """Return where the network is."""
        return self.folder / MODEL

    @property
    def history_file(self) -> Path:
        """Return where the epochs of the training are whose weights are kept."""
        kept = str(self.facts.get("kept", "")).replace(" ", "_")
        own = self.place(f"history_{kept}.csv")
        return own if own.is_file() else self.folder / "history.csv"

    @property
    def class_names(self) -> tuple[str, ...]:
        """Return the names of its classes, in the order of the model's outputs."""
        return tuple(self.facts["class_names"])

    @property
    def equalization(self) -> str:
        """Return how its images were equalized; runs from before there was a choice were not."""
        return str(self.facts.get("equalization", "none"))

    def place(self, name: str) -> Path:
        """Return where a file of it is, if there is one.

        Raises:
            SettingError: The run was moved or deleted since it was opened.
        """
        if not self.folder.is_dir():
            raise SettingError(
                f"{self.folder.absolute()}: the run is no longer there. If it was moved, open it "
                "with kit.load(FOLDER)."
            )
        return self.folder / name

    def read(self, name: str) -> dict[str, Any]:
        """Return what a JSON file of it holds; nothing where it has none.

        Raises:
            SettingError: It is damaged, or as :meth:`place`.
        """
        path = self.place(name)
        return _read(path, foreign.json_value) if path.is_file() else {}


@dataclass(frozen=True)
class Opened:
    """A run or a search that was opened.

    Attributes:
        saved: Where it lies, its settings and the facts of it.
    """

    saved: Saved

    @property
    def folder(self) -> Path:
        """Return where it lies."""
        return self.saved.folder

    @property
    def class_names(self) -> tuple[str, ...]:
        """Return the names of its classes, in the order of the model's outputs."""
        return self.saved.class_names


def load(folder: Path | str) -> Saved:
    """Read a run's settings and facts.

    Args:
        folder: The run, or its ``model.keras``.

    Raises:
        SettingError: The folder is not a finished run, or its files are damaged.
    """
    folder = folder_of(folder)
    settle(folder)
    if folder.is_file():
        raise SettingError(
            f"{folder} is a file. Give the run's folder, which also has the names of the classes."
        )
    if not folder.is_dir():
        raise SettingError(f"There is no run {folder}. {_what_there_is(folder.parent)}")
    if (folder / SEARCH).is_file():
        raise SettingError(
            f"{folder} is a search. The run of its winner is {folder / 'best'}, once it is trained."
        )
    missing = [name for name in (MODEL, SETTINGS, FACTS) if not (folder / name).is_file()]
    if len(missing) == 3:
        raise SettingError(f"{folder} is not a run: it has no {', no '.join(missing)}.")
    if missing:
        raise SettingError(
            f"{folder} is not finished: {missing[0]} is missing. Its training is still running or "
            "was interrupted. Wait, or train again."
        )
    settings = Training.flat_of(_read(folder / SETTINGS, foreign.yaml_value))
    facts = _read(folder / FACTS, foreign.json_value)
    check_facts(folder, facts)
    return Saved(folder, settings, facts)


def folder_of(path: Path | str) -> Path:
    """Return the folder of a run that is named by it or by its ``model.keras``."""
    path = Path(path)
    return path.parent if path.name == MODEL and path.is_file() else path


def images_of(run: Saved, parts: Container[str]) -> set[str]:
    """Return the content hashes of the images that these parts of a run's data had.

    Raises:
        SettingError: The table of them is damaged.
    """
    path = run.folder / SPLIT
    if not path.is_file():
        return set()
    try:
        table = read_columns(path, {"split": (), "hash": ()}, ("split", "hash")).values
    except DataError as error:
        reason = str(error).removeprefix(str(path)).partition(". ")[0].rstrip(".")
        raise SettingError(f"{path}{reason}. Restore the file or train again.") from None
    rows = zip(table["split"], table["hash"], strict=True)
    return {content for part, content in rows if part in parts}


def names(parent: Path | str) -> list[str]:
    """Return the names of the complete runs in a folder, newest first."""
    found = [path.parent for path in Path(parent).glob(f"[!.]*/{FACTS}")]
    return [folder.name for folder in sorted(found, key=lambda f: -f.stat().st_mtime)]


def _read(path: Path, value: Callable[[str], Any]) -> dict[str, Any]:
    """Return the mapping that a file of a run holds."""
    try:
        read = value(foreign.text(path)) or {}
        if not isinstance(read, dict):
            raise ValueError("it does not hold a mapping")
    except ValueError as error:
        raise SettingError(f"{path} is damaged: {error}. Restore it or train again.") from None
    return read


def _what_there_is(parent: Path) -> str:
    found = names(parent) if parent.is_dir() else []
    if not found:
        return "Train one first."
    return f"The runs in {parent} are: {', '.join(found[:10])}."
