"""What is searched: by the flags of a new search, or of one that goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit import progress
from kit.errors import SettingError
from kit.experiments import places
from kit.experiments.choice.plan import attempts
from kit.experiments.searches.settings import (
    FREE,
    SETTINGS,
    defaults,
    plain,
    space_of,
)
from kit.search import Space, space_text
from kit.settings import Tuning
from kit.settings.stored import read_settings
from kit.settings.texts import one_or_two


@dataclass(frozen=True)
class Wanted:
    """A search as it was asked for.

    Attributes:
        settings: Every flag, with its default where it was not given; of a search that goes on,
            as they were resolved.
        given: The names of those that were given.
        space: What is searched; None for the default, which depends on the network.
        source: The images.
        folder: Of a search that goes on; None for a new one.
    """

    settings: Mapping[str, Any]
    given: frozenset[str]
    space: Space | None
    source: Path
    folder: Path | None

    @property
    def resumed(self) -> bool:
        """Tell whether a search goes on."""
        return self.folder is not None


def wanted(given: Mapping[str, Any]) -> Wanted:
    """Return what is to be searched, with the settings of the search that is to go on."""
    if not given.get("resume"):
        settings = {**defaults(), **given}
        space = space_of(settings["search"])
        _check(settings)
        return Wanted(
            settings, frozenset(given), space, places.data_folder(settings["folder"]), None
        )
    folder = _to_go_on_with(given)

    try:
        kept = read_settings(Tuning, folder / SETTINGS, named=str(folder / SETTINGS))
    except SettingError as error:
        raise SettingError(f"{error} Repair it, or start another search.") from None
    _refuse_differences(folder, given, kept)
    taken = {name: given[name] for name in FREE if name in given}
    if "scheduler" in taken:
        taken.setdefault("workers", 1)  # those that it was begun with were others
    settings = {**defaults(), **kept, **taken}
    _check(settings)
    space = space_of(settings["search"])
    source = places.data_folder(settings["folder"])
    return Wanted(settings, frozenset(kept), space, source, folder)


def _check(settings: Mapping[str, Any]) -> None:
    # One seed for the trials, one for each start of a finalist, one for the last training.
    attempts(settings["seed"], repeats=max(settings["seeds"], 1) + 2)
    for name in ("workers", "threads"):
        if settings[name] is not None and settings[name] < 1:
            raise SettingError(f"`{name}` must be at least 1, not {settings[name]}.")
    if settings["workers"] > 1 and settings["scheduler"] is not None:
        raise SettingError(
            "`scheduler` uses existing workers, `workers` starts some here; leave one of the two "
            "out."
        )


def _to_go_on_with(given: Mapping[str, Any]) -> Path:
    """Return the folder of the search that ``--resume`` means."""
    if "output" in given:
        folder = Path(given["output"])
        if not (folder / SETTINGS).is_file():
            raise SettingError(f"{folder} contains no search to continue: it has no {SETTINGS}.")
        return folder
    name = f"{places.called(places.data_folder(given['folder']))}-" if "folder" in given else ""
    found = [path.parent for path in Path("models").glob(f"*/{SETTINGS}")]
    found = [folder for folder in found if folder.name.startswith(name)]
    if not found:
        raise SettingError(
            "There is no search in models to continue. Name its folder: `output=FOLDER`."
        )
    latest = max(found, key=lambda folder: (folder / SETTINGS).stat().st_mtime)
    progress.say(f"Continuing {latest}.")
    return latest


def _refuse_differences(folder: Path, given: Mapping[str, Any], kept: Mapping[str, Any]) -> None:
    """Refuse flags that say something else than the search that is to go on was begun with."""
    lines = []
    for name, value in given.items():
        if name in FREE:
            continue
        here, there = _comparable(name, value), _comparable(name, kept.get(name))
        if name in ("settings", "augment") and isinstance(here, dict):
            there = {key: (there or {}).get(key) for key in here}
        if here != there:
            lines.append(f"  `{name}`: {there} there, {here} here")
    if lines:
        raise SettingError(
            f"{folder} was started with other settings, and its results would be mixed with new "
            "ones:",
            *lines,
            "Leave out these settings to continue it, or start another search with another "
            "`output`.",
        )


def _comparable(name: str, value: Any) -> Any:
    """Return a setting in the one form that two equal ones have."""
    if value is None:
        return defaults().get(name)
    if name == "search":
        return space_text(space_of(value) or ())
    if name == "image_size":
        return list(one_or_two(value))
    if name in ("folder", "split", "exclude"):
        return str(Path(value).resolve())
    return plain(value)
