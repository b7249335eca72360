"""What a folder in ``models/`` holds, and how it is written and read.

==================  ===========================================================================
``model.keras``     the network with its best weights; loads with Keras alone
``run.yaml``        every setting as resolved, in groups, valid input for ``--config``
``run.json``        facts: versions, command, seed, threads, data fingerprint, class names
``history.csv``     one row per epoch
``split.csv``       every image with its class, its part and its content hash
``metrics.json``    the scores
``predictions.csv`` file, true class, answer and second answer with their probabilities
``figures/``        pictures
==================  ===========================================================================
"""

import os
import sys
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit import architectures, files, foreign
from kit.choices import LARGEST_SIDE
from kit.data.decoding import decoder
from kit.data.decoding.equalization import EQUALIZATIONS
from kit.data.listing.table_columns import read_columns
from kit.errors import DataError, SettingError
from kit.run_folders import (
    MODEL,
    SETTINGS,
    alone,
    check_free,
    check_possible,
    create,
    next_folder,
    settle,
)
from kit.settings import Training

if TYPE_CHECKING:
    import keras

__all__ = [
    "MODEL",
    "SETTINGS",
    "Saved",
    "alone",
    "check_free",
    "check_outside",
    "check_possible",
    "create",
    "environment",
    "folder_of",
    "images_of",
    "load",
    "load_model",
    "names",
    "next_folder",
    "save_model",
    "uncompiled",
]

FACTS, SPLIT = "run.json", "split.csv"
SEARCH = "search.yaml"  # the settings of a search, whose folder is no run but holds one
PACKAGES = (
    "kit-image-classification",
    "keras",
    "keras-tuner",
    "numpy",
    "pillow",
    "scikit-learn",
    "tensorflow",
)


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
                f"{self.folder.absolute()}: the run is not there any more. Where it was moved, "
                "kit.load(FOLDER) opens it again."
            )
        return self.folder / name

    def read(self, name: str) -> dict[str, Any]:
        """Return what a JSON file of it holds; nothing where it has none.

        Raises:
            SettingError: It is damaged, or as :meth:`place`.
        """
        path = self.place(name)
        return _read(path, foreign.json_value) if path.is_file() else {}


def check_outside(folder: Path | str, source: Path | str, setting: str = "output") -> None:
    """Make sure that nothing is written into the data.

    Raises:
        SettingError: The folder is the data folder ``source`` or lies in it.
    """
    folder = Path(folder)
    if folder.resolve().is_relative_to(Path(source).resolve()):
        raise SettingError(
            f"{folder} lies in the data folder {source}, which is only read. "
            f"Give another `{setting}`."
        )


def save_model(model: "keras.Model", path: Path | str) -> None:
    """Save a model without its compile state, so that Keras alone can load it.

    The optimizer's moments would triple the file, and a loss or a metric of ours in the compile
    state would ask for this package on loading.
    """
    files.write(Path(path), uncompiled(model).save, 4 * model.count_params())


def uncompiled(model: "keras.Model") -> "keras.Model":
    """Return a copy of a Functional or Sequential model that was never compiled."""
    twin = type(model).from_config(model.get_config())
    architectures.copy_weights(model, twin)
    return twin


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
            f"{folder} is a file, and a run is a folder, which knows the names of the classes, too."
        )
    if not folder.is_dir():
        raise SettingError(f"{folder}: there is no such run. {_what_there_is(folder.parent)}")
    if (folder / SEARCH).is_file():
        raise SettingError(
            f"{folder} is a search; the run of its winner is {folder / 'best'}, once it is trained."
        )
    missing = [name for name in (MODEL, SETTINGS, FACTS) if not (folder / name).is_file()]
    if len(missing) == 3:
        raise SettingError(f"{folder} is no run: it holds no {', no '.join(missing)}.")
    if missing:
        raise SettingError(
            f"{folder} is not finished: {missing[0]} is missing. Its training goes on, or was "
            "interrupted; wait, or train again."
        )
    settings = Training.flat_of(_read(folder / SETTINGS, foreign.yaml_value))
    facts = _read(folder / FACTS, foreign.json_value)
    _check_facts(folder, facts)
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


def load_model(run: Saved) -> "keras.Model":
    """Load a run's network for inference.

    Raises:
        SettingError: The file is damaged or not to be trusted, or its network takes other images or
            gives other answers than the run's facts say.
        KitError: There is too little memory for it.
    """
    model = architectures.load_file(run.model_file)
    facts = run.facts
    images = (*facts["image_size"], 3 if facts["color"] == "rgb" else 1)
    if tuple(model.input_shape[1:]) != images:
        there, here = (" x ".join(map(str, shape)) for shape in (model.input_shape[1:], images))
        raise SettingError(
            f"{run.model_file} takes images of {there} (height, width, channels), but {FACTS} says "
            f"{here}. Restore both files or train again."
        )
    units, classes = model.output_shape[-1], len(facts["class_names"])
    if units != classes and not (units == 1 and classes == 2):
        raise SettingError(
            f"{run.folder}: the model has {units} outputs, but {FACTS} names {classes} classes."
        )
    return model


def names(parent: Path | str) -> list[str]:
    """Return the names of the complete runs in a folder, newest first."""
    found = [path.parent for path in Path(parent).glob(f"[!.]*/{FACTS}")]
    return [folder.name for folder in sorted(found, key=lambda f: -f.stat().st_mtime)]


def environment() -> dict[str, Any]:
    """Return what else a result depends on: versions, the command, processors."""
    return {
        "versions": {"python": sys.version.split()[0]}
        | {name: _version(name) for name in PACKAGES},
        "command": sys.argv,
        "platform": sys.platform,
        "processors": os.cpu_count(),
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # TensorFlow's nightly builds have another name
        return None


def _read(path: Path, value: Callable[[str], Any]) -> dict[str, Any]:
    """Return the mapping that a file of a run holds."""
    try:
        read = value(foreign.text(path)) or {}
        if not isinstance(read, dict):
            raise ValueError("it is no mapping")
    except ValueError as error:
        raise SettingError(f"{path} is damaged: {error}. Restore it or train again.") from None
    return read


def _check_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    """Refuse facts that no run has: whoever uses them may rely on every element."""
    names, size = facts.get("class_names"), facts.get("image_size")
    usable = {
        "class_names": isinstance(names, list)
        and len(names) > 1
        and all(isinstance(name, str) and name for name in names)
        and len(set(names)) == len(names),
        "image_size": isinstance(size, list)
        and [type(side) for side in size] == [int, int]
        and all(0 < side <= LARGEST_SIDE for side in size),
        "color": facts.get("color") in decoder.COLORS,
        "aspect": facts.get("aspect") in decoder.ASPECTS,
        "equalization": facts.get("equalization", "none") in EQUALIZATIONS,
    }
    for name, well in usable.items():
        if not well:
            raise SettingError(
                f"{folder / FACTS} has no usable {name!r}. Restore it or train again."
            )


def _what_there_is(parent: Path) -> str:
    found = names(parent) if parent.is_dir() else []
    if not found:
        return "Train one first."
    return f"{parent} holds: {', '.join(found[:10])}."
