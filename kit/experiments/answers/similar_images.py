"""Find the images that a run sees as most like another one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kit import prediction, progress, runs
from kit.data.listing.table_columns import read_columns
from kit.errors import DataError, SettingError
from kit.experiments import places
from kit.keras_start import start_keras
from kit.settings import Resembling
from kit.settings.keywords import by_keywords

AT_ONCE = 64  # images


@dataclass(frozen=True, eq=False)
class Similar:
    """The images that a run sees as most like another one.

    Attributes:
        image: The other one.
        table: A row for each of them, the nearest first: file, class, distance. The distance is 0
            for the same features, and 1 where they have nothing in common.
        pixels: uint8 ``(1 + rows, height, width, channels)``, as the network sees them: first the
            image, then those of the table.
    """

    image: str
    table: pd.DataFrame
    pixels: NDArray[np.uint8]

    def figure(self) -> Any:
        """Return a matplotlib figure: the image, then those like it under class and distance."""
        from kit import plots

        rows = self.table.itertuples(index=False)
        titles = [(one[1], f"{one[2]:.3f}") for one in rows]
        return plots.images(self.pixels, [("the image", ""), *titles], lines=2)

    def __str__(self) -> str:
        """Return a line for each of them: file, class, distance."""
        cells = [
            (progress.clean(file), progress.short(name), f"{distance:.3f}")
            for file, name, distance in self.table.itertuples(index=False)
        ]
        return progress.aligned(cells, "<<>")

    def _repr_html_(self) -> str:
        """Return the table as a notebook shows it; names in it are escaped."""
        return str(self.table.to_html(index=False))


@by_keywords(Resembling)
def similar(settings: Resembling) -> Similar:
    """Find the images that a run sees as most like another one, as kit-similar does.

    ``run`` is a folder, its ``model.keras``, or what ``kit.train`` or ``kit.load`` returned. Files
    that cannot be read are named on stderr.

    Raises:
        SettingError: There is no such run, no such image or no such folder.
        DataError: The image cannot be read, or none of those to choose from.
    """
    within, image = settings.choice.within, settings.image
    saved = places.trained_run(settings.run, [image])  # told before TensorFlow starts
    if not image.is_file():
        raise SettingError(f"There is no file {image}; give one image.")
    labels = trained_on(saved) if within is None else dict.fromkeys(prediction.find(within).files)
    labels = {file: name for file, name in labels.items() if not _same(file, image)}
    start_keras()
    return nearest(prediction.load(settings.run), image, labels, settings.choice.count)


def nearest(
    classifier: prediction.Classifier, image: Path, labels: "dict[str, str | None]", count: int
) -> Similar:
    """Find the images that a model sees as most like another one.

    Args:
        classifier: The model.
        image: The other one.
        labels: The files to choose from with their classes; None for what the model answers.
        count: How many of them.

    Raises:
        DataError: The image cannot be read, or none of those to choose from.
    """
    from kit import explanation

    [(_, asked)] = prediction.decoded(classifier, [str(image)])
    if isinstance(asked, str):
        raise DataError(f"{image} cannot be read: {asked}.")
    files, known = features(classifier, list(labels), "Comparing")
    if not files:
        raise DataError(
            "None of the images to choose from can be read. Name another folder with `within`."
        )
    own = explanation.features(classifier.model, asked[None])
    numbers, distances = explanation.neighbours(known, own, count)
    chosen = [files[number] for number in numbers[0]]
    found = [pixels for _, pixels in _readable(prediction.decoded(classifier, chosen))]
    table = pd.DataFrame(
        {
            "file": chosen,
            "class": _named(classifier, chosen, labels),
            "distance": distances[0].round(6),
        }
    )
    return Similar(str(image), table, np.stack([asked, *found]))


def features(
    classifier: prediction.Classifier, files: Sequence[str], doing: str
) -> tuple[list[str], NDArray[np.float32]]:
    """Return the files that can be read, and what the network makes of them, ``(n, features)``."""
    from kit.explanation.feature_neighbours import telling

    readings = prediction.decoded(classifier, files)
    tracked = progress.track(readings, len(files), doing, "files read")
    there: list[str] = []
    rows = [np.empty((0, 0), np.float32)]
    with telling(classifier.model) as told:
        for names, pixels in _batches(_readable(tracked)):
            there += names
            rows.append(told(pixels, AT_ONCE))
    return there, np.concatenate(rows[1:] or rows)


def folders(run: Path, within: Path | None) -> tuple[Path, ...]:
    """Return the folders whose images are compared, as far as they are known; nobody writes there.

    Raises:
        SettingError: There is no such run.
    """
    images = within or _data_folder(runs.load(run))
    return (images,) if images.is_dir() else ()


def trained_on(saved: runs.Saved) -> "dict[str, str | None]":
    """Return the files that a run was trained on, with their classes.

    Raises:
        SettingError: They are not to be found.
    """
    path = saved.place(runs.SPLIT)
    folder = _data_folder(saved)
    if not path.is_file() or not folder.is_dir():
        missing = path if not path.is_file() else folder
        raise SettingError(
            f"The training images cannot be found: there is no {missing}. Name a folder to choose "
            "from with `within`."
        )
    names = ("file", "class", "split")
    table = read_columns(path, dict.fromkeys(names, ()), names).values
    rows = zip(*(table[name] for name in names), strict=True)
    return {str(folder / file): name for file, name, part in rows if part == "train"}


def _data_folder(saved: runs.Saved) -> Path:
    return Path(saved.facts.get("data", {}).get("folder", "the folder of its data"))


def _same(file: str, image: Path) -> bool:
    return Path(file).resolve() == image.resolve()


def _readable(
    readings: Iterable[tuple[str, NDArray[np.uint8] | str]],
) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield the files that can be read, and say which cannot."""
    for file, pixels in readings:
        if isinstance(pixels, str):
            progress.say(f"Not read: {file}: {pixels}")
        else:
            yield file, pixels


def _batches(
    readable: Iterable[tuple[str, NDArray[np.uint8]]],
) -> Iterator[tuple[list[str], NDArray[np.uint8]]]:
    names: list[str] = []
    images: list[NDArray[np.uint8]] = []
    for name, pixels in readable:
        names.append(name)
        images.append(pixels)
        if len(names) == AT_ONCE:
            yield names, np.stack(images)
            names, images = [], []
    if names:
        yield names, np.stack(images)


def _named(
    classifier: prediction.Classifier, files: Sequence[str], labels: "dict[str, str | None]"
) -> list[str]:
    """Return the classes of files, those that are unknown as the model answers."""
    unknown = tuple(file for file in files if labels[file] is None)
    answers = {}
    if unknown:
        table = prediction.classify(classifier, prediction.Selection(unknown)).table
        answers = dict(zip(table["file"], table["class"], strict=True))
    return [labels[file] or answers[file] for file in files]
