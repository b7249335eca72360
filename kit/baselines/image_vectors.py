"""Images as rows of numbers, and the folds of a cross-validation."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kit import progress
from kit.data import DecodedImages, Splits
from kit.errors import DataError, SettingError
from kit.files import amount

__all__ = ["Labels", "Learnt", "Vectors", "folds", "vectors"]

Vectors = NDArray[np.float32]
Labels = NDArray[np.int64]

CHUNK = 512  # images read at once
MOST_BYTES = 2**31  # of the training vectors: 50,000 images of 32x32x3 are 0.6 GB
SHOWN = 5  # class names in a sentence


@dataclass(frozen=True, eq=False)
class Learnt:
    """What a method learns from.

    Attributes:
        vectors: One row per image; a method may scale them in place.
        labels: Class numbers (images,).
        num_classes: Of all the data.
        seed: What is drawn from.
    """

    vectors: Vectors
    labels: Labels
    num_classes: int
    seed: int


def vectors(splits: Splits, numbers: Labels, doing: str) -> tuple[Vectors, NDArray[np.bool_]]:
    """Return what ``images.read_present`` gives, flat, and which images these are.

    Args:
        splits: The data.
        numbers: Which images, at least one.
        doing: What the progress line says.

    Returns:
        Rows float32 (images, values), and for each of ``numbers`` whether it has a row: a file that
        broke since the scan has none.

    Raises:
        SettingError: The rows would need more than 2 GiB.
    """
    values = math.prod(splits.images.shape)
    size = 4 * len(numbers) * values
    if size > MOST_BYTES:
        raise SettingError(
            f"{len(numbers)} images of {values} values need {amount(size)}, but the limit is "
            f"{amount(MOST_BYTES)}. Make image_size smaller."
        )
    rows = np.empty((len(numbers), values), np.float32)
    there = np.zeros(len(numbers), bool)
    read = _read(splits, numbers)
    if isinstance(splits.images, DecodedImages):  # the others come from memory, in a moment
        read = progress.track(read, len(numbers), doing, "images read")
    for place, image in read:
        there[place] = True
        rows[place] = image.ravel()
    return (rows if there.all() else rows[there]), there


def _read(splits: Splits, numbers: Labels) -> Iterator[tuple[int, NDArray[Any]]]:
    """Yield each image that can still be read, and its place among the numbers."""
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        images, present = splits.images.read_present(chunk)
        yield from zip(start + np.flatnonzero(np.isin(chunk, present)), images, strict=True)


def folds(
    labels: Labels, hashes: Sequence[str], class_names: Sequence[str], most: int, seed: int
) -> NDArray[np.int64]:
    """Deal images into five folds, class by class, copies of one file into one fold.

    Args:
        labels: Class numbers (images,).
        hashes: Hashes of the images' content; copies would find themselves in another fold.
        class_names: For the error.
        most: About how many different images to deal; each class gives its share, at least two.
        seed: What is drawn from.

    Returns:
        For each image the number of its fold, from 0, or -1 where it is in none.

    Raises:
        DataError: A class has one image only: a fold without it would not know the class.
    """
    contents, first, content_of = np.unique(
        np.asarray(hashes), return_index=True, return_inverse=True
    )
    share = min(1.0, most / len(contents))
    generator = np.random.default_rng(seed)
    taken: list[NDArray[np.int64]] = []
    lonely = []
    for label, name in enumerate(class_names):
        members = np.flatnonzero(labels[first] == label)
        lonely += [progress.clean(name)] if len(members) < 2 else []
        count = max(2, round(share * len(members)))
        taken.append(generator.permutation(members)[:count])
    if lonely:
        some = ", ".join(lonely[:SHOWN]) + (" and more" if len(lonely) > SHOWN else "")
        raise DataError(
            "Cross-validation needs two different training images in every class; too few in "
            f"{some}. Add images."
        )
    dealt = np.concatenate(taken)
    fold = np.full(len(contents), -1)
    fold[dealt] = np.arange(len(dealt)) % min(5, len(dealt))  # in turn, so classes are even
    return np.asarray(fold[content_of.ravel()], np.int64)
