"""What ``tune`` decides before any work: settings and their defaults, ranges, folders."""

import json
import os
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kit import runs
from kit.errors import SettingError
from kit.experiments import places
from kit.search import TOKEN, Role, Space, check_token, read_address, read_space, roles
from kit.settings import Training, Tuning
from kit.settings.texts import assignments

__all__ = [
    "FREE",
    "SETTINGS",
    "TRAIN",
    "default_space",
    "defaults",
    "flag",
    "for_worker",
    "plain",
    "role",
    "search_folder",
    "shared",
    "source_of",
    "space_of",
]

SETTINGS = runs.SEARCH
STRENGTH = {"augmentation": "light"}  # which a head on a frozen backbone does not see
TRAIN = Training().flat() | STRENGTH
# How a search is carried out, but not what comes of it. Whether a folder that was moved holds the
# same images is seen when they are read.
FREE = (
    *("folder", "workers", "max_minutes", "chief", "cache", "use_validation", "resume", "output"),
)
OF_WORKER = ("folder", "worker", "split", "exclude", "cache")
DEFAULT_SPACE = {"learning_rate": "1e-6:1e-1", "l2": "1e-7:1e1"}


def role(given: Mapping[str, Any]) -> Role | None:
    """Return what this process is where several search: by its flags, else by its environment.

    Raises:
        SettingError: It cannot be that.
    """
    if "worker" in given:
        read_address(given["worker"])
        found = Role(f"{socket.gethostname()}-{os.getpid()}", False, given["worker"])
    elif "chief" in given:
        read_address(given["chief"])
        found = None
    else:
        found = roles()
        if found is None:
            return None
    check_token(os.environ.get(TOKEN))
    return found


def defaults() -> dict[str, Any]:
    """Return every setting of a search where nothing was said."""
    return {name: one for name, one in Tuning().flat().items() if name != "worker"} | STRENGTH


def for_worker(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the flags of a worker.

    Raises:
        SettingError: Others were given: the chief has the settings.
    """
    more = [flag(name) for name in given if name not in OF_WORKER]
    if more:
        raise SettingError(
            f"A worker has its settings from the chief; leave {', '.join(more)} out. It takes "
            "FOLDER, --worker, --split, --exclude and --no-cache."
        )
    return given


def space_of(ranges: Sequence[str] | Mapping[str, str]) -> Space | None:
    """Return what ``search`` asks for, None where nothing was; of equal names the last counts.

    Raises:
        SettingError: A text cannot be read.
    """
    found = assignments(ranges, "search", "NAME=LOW:HIGH", ranges=True)
    return read_space(found) if found else None


def default_space(settings: Mapping[str, Any], names: Sequence[str]) -> Space:
    """Return what is searched where nothing was said: rate and penalty, unless they are fixed.

    Args:
        settings: Of the search.
        names: Settings of the architecture.

    Raises:
        SettingError: Both are fixed.
    """
    texts = {
        name: text
        for name, text in DEFAULT_SPACE.items()
        if settings[name] is None and (name == "learning_rate" or name in names)
    }
    return read_space(texts)


def source_of(settings: Mapping[str, Any]) -> Path:
    """Return the images of a search.

    Raises:
        DataError: There are none.
    """
    return places.data_folder(settings["folder"])


def shared(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that the training has too, the others of the training as by default."""
    same = settings.keys() & TRAIN.keys() - {"use_validation"}
    return {**TRAIN, **{name: settings[name] for name in same}}


def search_folder(settings: Mapping[str, Any], source: Path, label: str) -> Path:
    """Return where a new search goes.

    Raises:
        SettingError: It is there already, or lies in the data.
    """
    output = settings["output"]
    if output is None:
        folder = runs.next_folder(Path("models"), f"{places.called(source)}-{label}-search")
    else:
        folder = output
    places.check_outside(folder, source)
    if (folder / SETTINGS).is_file():
        raise SettingError(
            f"{folder} holds a search, and a search is never overwritten. --resume goes on with "
            "it; another --output begins another."
        )
    if folder.exists():
        raise SettingError(f"{folder} exists already. Give another --output.")
    runs.check_possible(folder)
    return folder


def plain(value: Any) -> Any:
    """Return a setting as YAML and JSON have it."""
    return json.loads(json.dumps(value, default=str))


def flag(name: str) -> str:
    """Return the flag of a setting."""
    return "--set" if name == "settings" else "--" + name.replace("_", "-")
