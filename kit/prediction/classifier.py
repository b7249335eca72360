"""Files decoded by threads, and a model asked in batches."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kit import architectures, evaluation, progress, runs
from kit.data import Splits
from kit.data.decoding import decoder, opening, thread_pool
from kit.errors import DataError, KitError, SettingError
from kit.prediction.selection import Paths, Selection, find

if TYPE_CHECKING:
    import keras

__all__ = ["Classifier", "Predictions", "classify", "decoded", "from_model", "load"]

Pixels = NDArray[np.uint8]

AHEAD = 4  # images for each thread decoded in advance
DECIMALS = 6  # as many as float32 holds of a number near 1


@dataclass(frozen=True, eq=False)
class Classifier:
    """A model with what an image must become before the model sees it.

    ``image_size`` is ``(height, width)``; ``color``, ``aspect`` and ``equalization`` are as for
    :func:`kit.data.decoding.decoder.decode`. A model that gives no probabilities gives scores. What
    is ``mirrored`` answers with the mean for an image and its mirror image.
    """

    model: "keras.Model"
    class_names: tuple[str, ...]
    image_size: tuple[int, int]
    color: str
    aspect: str
    gives_probabilities: bool = True
    equalization: str = "none"
    mirrored: bool = False


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a model answered.

    Attributes:
        table: Columns file, rank, class, probability; for each file the likeliest classes, rank 1
            first, probabilities rounded to six decimals. The last column is called score where the
            model gives scores.
        unreadable: Pairs of a path and why it has no answer.
        ignored: As in :class:`Selection`.
    """

    table: pd.DataFrame
    unreadable: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]

    def _repr_html_(self) -> str:
        """Return the table as a notebook shows it; names in it are escaped."""
        return str(self.table.to_html(index=False))

    def to_json(self) -> str:
        """Return the answers of each file, and the files without any, as JSON text."""
        last = list(self.table.columns[2:])  # class, and probability or score
        content = {
            "predictions": [
                {"file": file, "classes": rows[last].to_dict("records")}
                for file, rows in self.table.groupby("file", sort=False)
            ],
            "unreadable": [{"file": file, "reason": reason} for file, reason in self.unreadable],
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def load(run: Path | str) -> Classifier:
    """Read the model of a run and how its images are prepared.

    Raises:
        SettingError: The folder is not a complete run, or its files are damaged.
    """
    found = runs.load(Path(run))
    model = runs.load_model(found)
    height, width = found.facts["image_size"]
    return Classifier(
        model=model,
        class_names=found.class_names,
        image_size=(height, width),
        color=found.facts["color"],
        aspect=found.facts["aspect"],
        gives_probabilities=architectures.head(model) != "scores",
        equalization=found.equalization,
    )


def from_model(model: "keras.Model", splits: Splits) -> Classifier:
    """Return a classifier of a model that was trained on this data, without a run between."""
    height, width, _ = splits.image_shape
    return Classifier(
        model,
        splits.class_names,
        (height, width),
        splits.color,
        splits.aspect,
        architectures.head(model) != "scores",
        splits.equalization,
    )


def classify(
    classifier: Classifier | Sequence[Classifier],
    paths: Paths | Selection,
    top: int = 1,
    batch_size: int = 32,
) -> Predictions:
    """Name the classes of images.

    Args:
        classifier: From :func:`load`; or several with the same classes, whose answers are averaged.
        paths: As for :func:`find`, or what it returned.
        top: How many classes to give for each image; no more than there are.
        batch_size: Images the model gets at once. It changes the pace and the memory needed.

    Raises:
        SettingError: A path matches nothing, or a number is below 1.
        KitError: The model's answers are not finite numbers, or the memory gave out.
    """
    if top < 1 or batch_size < 1:
        raise SettingError(f"top and batch_size must be at least 1; got {top} and {batch_size}.")
    chosen = paths if isinstance(paths, Selection) else find(paths)
    together = [classifier] if isinstance(classifier, Classifier) else list(classifier)
    first = together[0]
    files: list[str] = []
    answers: list[NDArray[np.float64]] = []
    unreadable = list(chosen.refused)
    batch: list[tuple[Pixels, ...]] = []  # of each image the pixels that each model sees
    readings = zip(*(decoded(one, chosen.files) for one in together), strict=True)
    for each in progress.track(readings, len(chosen.files), "Classifying", "files read"):
        file = each[0][0]
        pixels = tuple(found for _, found in each if not isinstance(found, str))
        if len(pixels) < len(each):
            unreadable.append((file, next(why for _, why in each if isinstance(why, str))))
            continue
        files.append(file)
        batch.append(pixels)
        if len(batch) == batch_size:
            answers.append(_ask(together, batch))
            batch = []
    if batch:
        answers.append(_ask(together, batch))
    rows = np.concatenate(answers) if answers else np.empty((0, len(first.class_names)))
    table = _table(files, rows, first.class_names, top)
    if not first.gives_probabilities:
        table = table.rename(columns={"probability": "score"})
    return Predictions(table, tuple(unreadable), chosen.ignored)


def decoded(classifier: Classifier, files: Iterable[str]) -> Iterator[tuple[str, Pixels | str]]:
    """Yield every file with its pixels as the model sees them, or the reason why it has none."""

    def pixels(file: str) -> tuple[str, Pixels | str]:
        try:
            with opening.named_memory(file):
                return file, decoder.decode(
                    Path(file),
                    classifier.image_size,
                    classifier.color,
                    classifier.aspect,
                    classifier.equalization,
                )
        except opening.BrokenImage as error:
            return file, error.reason
        except DataError as error:  # a format whose package is not installed
            return file, str(error)

    return thread_pool.in_order(pixels, files, AHEAD)


def _ask(
    together: Sequence[Classifier], batch: Sequence[tuple[Pixels, ...]]
) -> NDArray[np.float64]:
    """Return the mean of what several models answer, in the order of the first one's classes."""
    answers = []
    for one, pixels in zip(together, zip(*batch, strict=True), strict=True):
        images = np.stack(pixels).astype(np.float32)
        seen = [images, images[:, :, ::-1]] if one.mirrored else [images]
        rows = [evaluation.both_columns(one.model.predict_on_batch(each)) for each in seen]
        order = [one.class_names.index(name) for name in together[0].class_names]
        answers.append(np.mean(rows, axis=0)[:, order])
    mean: NDArray[np.float64] = np.mean(answers, axis=0)
    if not np.isfinite(mean).all():
        raise KitError("The model's answers are not finite numbers. Train it again.")
    return mean


def _table(
    files: list[str], rows: NDArray[np.float64], class_names: tuple[str, ...], top: int
) -> pd.DataFrame:
    order = np.argsort(-rows, axis=1, kind="stable")[:, :top]
    names = np.asarray(class_names, dtype=object)
    shown = order.shape[1]
    return pd.DataFrame(
        {
            "file": np.repeat(np.asarray(files, dtype=object), shown),
            "rank": np.tile(np.arange(1, shown + 1), len(files)),
            "class": names[order].ravel(),
            "probability": np.take_along_axis(rows, order, axis=1).ravel().round(DECIMALS),
        }
    )
