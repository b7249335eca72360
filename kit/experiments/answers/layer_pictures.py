"""Pictures of a run's layers: the filters of the first, and what all of them make of an image."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kit import explanation, plots, prediction, progress
from kit.errors import DataError, SettingError

MOST = 64  # filters of a picture


def filters(classifier: prediction.Classifier) -> Any:
    """Return a figure of the first layer's filters; those of a linear network bear class names.

    Raises:
        SettingError: The network has none that can be drawn.
    """
    weights = explanation.filters(classifier.model)
    count = weights.shape[-1]
    titles = [str(number) for number in range(1, count + 1)]
    if weights.shape[:3] == classifier.model.input_shape[1:]:
        names = classifier.class_names[-count:]  # a sigmoid has a template for the second class
        titles = list(names) if len(classifier.model.weights) <= 2 else titles
    return plots.templates(weights[..., :MOST], titles[:MOST])


def feature_maps(classifier: prediction.Classifier, file: Path | str) -> Any:
    """Return a figure of the feature maps of an image.

    Raises:
        DataError: The image cannot be read.
        SettingError: The network has no feature maps.
    """
    [(_, pixels)] = prediction.decoded(classifier, [str(file)])
    if isinstance(pixels, str):
        raise DataError(f"{file} cannot be read: {pixels}.")
    maps = explanation.feature_maps(classifier.model, pixels)
    if not maps:
        raise SettingError(f"The network {classifier.model.name} has no feature maps.")
    return plots.feature_maps(maps)


def save(classifier: prediction.Classifier, files: Iterable[str], folder: Path) -> None:
    """Write ``filters.png`` and, for each image, ``00001_layers.png`` into a folder.

    The numbers are those of the pictures that stand there already. What the network does not have
    is said.
    """
    try:
        plots.save(filters(classifier), folder / "filters.png")
    except SettingError as error:
        progress.say(str(error))
    for number, file in enumerate(files, start=1):
        try:
            plots.save(feature_maps(classifier, file), folder / f"{number:05}_layers.png")
        except DataError as error:  # it changed meanwhile
            progress.say(str(error))
        except SettingError as error:
            progress.say(str(error))
            return
