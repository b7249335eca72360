"""What ``tune`` decides before any work: settings and their defaults, ranges, folders."""

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit import runs
from kit.errors import SettingError
from kit.experiments import places
from kit.experiments.choice import network_choice
from kit.experiments.choice.network_choice import Choice
from kit.search import Choices, Space, read_space
from kit.settings import Training, Tuning
from kit.settings.texts import assignments

if TYPE_CHECKING:
    from kit.data import Splits

SETTINGS = runs.SEARCH
STRENGTH = {"augmentation": "light"}  # which a head on a frozen backbone does not see
TRAIN = Training().flat() | STRENGTH
# How a search is carried out, but not what comes of it. Whether a folder that was moved holds the
# same images is seen when they are read.
FREE = (
    *("folder", "workers", "max_minutes", "scheduler", "cache", "use_validation", "resume"),
    *("download", "output"),
)
VARIABLES = ("KERASTUNER_TUNER_ID", "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT")
DEFAULT_SPACE = {"learning_rate": "1e-6:1e-1", "l2": "1e-7:1e1"}


def refuse_keras_tuner() -> None:
    """Say what to use instead of keras-tuner's own variables."""
    if found := [name for name in VARIABLES if name in os.environ]:
        raise SettingError(
            f"{' and '.join(found)} are no longer used: `scheduler=tls://HOST:PORT` uses the "
            "workers of a Dask scheduler. Unset them, and start one process."
        )


def defaults() -> dict[str, Any]:
    """Return every setting of a search where nothing was said."""
    return Tuning().flat() | STRENGTH


def space_of(ranges: Sequence[str] | Mapping[str, str]) -> Space | None:
    """Return what ``search`` asks for, None where nothing was; of equal names the last counts."""
    found = assignments(ranges, "search", "NAME=LOW:HIGH", ranges=True)
    return read_space(found) if found else None


def default_space(settings: Mapping[str, Any], names: Sequence[str]) -> Space:
    """Return what is searched where nothing was said: rate and penalty, unless they are fixed."""
    texts = {
        name: text
        for name, text in DEFAULT_SPACE.items()
        if settings[name] is None and (name == "learning_rate" or name in names)
    }
    return read_space(texts)


def shared(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that the training has too, the others of the training as by default."""
    same = settings.keys() & TRAIN.keys() - {"use_validation"}
    said = {name: settings[name] for name in same if settings[name] is not None}
    return {**TRAIN, **said}


def search_folder(settings: Mapping[str, Any], source: Path, label: str) -> Path:
    """Return where a new search goes."""
    output = settings["output"]
    if output is None:
        folder = runs.next_folder(Path("models"), f"{places.called(source)}-{label}-search")
    else:
        folder = output
    places.check_outside(folder, source)
    if (folder / SETTINGS).is_file():
        raise SettingError(
            f"{folder} contains a search, and a search is never overwritten. Continue it with "
            "`resume`, or choose another `output`."
        )
    if folder.exists():
        raise SettingError(f"{folder} already exists. Choose another `output`.")
    runs.check_possible(folder)
    return folder


def plain(value: Any) -> Any:
    """Return a setting as YAML and JSON have it."""
    return json.loads(json.dumps(value, default=str))


def choose(settings: Mapping[str, Any], source: Path, space: Space | None = None) -> Choice:
    """Return the network, as the training chooses it."""
    names = next((one for one in space or () if one.name == "architecture"), None)
    asked = Training().having(**shared(settings))
    if isinstance(names, Choices) and asked.network.architecture == "auto":
        asked = asked.having(architecture=str(names.values[0]))  # each trial puts its own there
    searched = [one.name for one in space or ()]
    choice = network_choice.choose(
        asked.network, asked.images, source, parts=settings["parts"], searched=searched
    )
    return choice if names is None else dataclasses.replace(choice, label="architectures")


def settled(choice: Choice, splits: "Splits", space: Space) -> Choice:
    """Return the network with what the images said: color, and size unless it is searched."""
    height, width, _ = splits.image_shape
    searched = any(one.name == "image_size" for one in space)
    size = choice.image_size if searched else (height, width)
    return dataclasses.replace(choice, image_size=size, color=splits.color)
