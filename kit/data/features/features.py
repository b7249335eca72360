"""What a frozen network sees in each image, computed once and kept.

A network whose weights do not change gives the same features in every epoch. They are computed in
one pass, kept in the cache, and stand in for the images from then on: ``featured(splits, ...)`` is
a :class:`kit.data.Splits` like any other, whose images are vectors.
"""

import dataclasses
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from kit.data.batches import augmentation
from kit.data.features.extraction import Extract, Extraction
from kit.data.scanning.images import Images
from kit.data.splits import Splits
from kit.errors import SettingError

Array = npt.NDArray[Any]

CHUNK = 1024  # rows that are looked at at once: the arrays may be larger than the memory


@dataclass(frozen=True, eq=False)
class Features(Images):
    """Vectors in place of images: image ``i`` is row ``rows[i]`` of ``arrays[places[i]]``."""

    arrays: tuple[Array, ...] = field(repr=False)
    places: Array = field(repr=False)
    rows: Array = field(repr=False)

    @property
    def shape(self) -> tuple[int]:
        """The number of features."""
        return (self.arrays[0].shape[1],)

    @property
    def dtype(self) -> "np.dtype[Any]":
        """float32, whatever they are kept in."""
        return np.dtype(np.float32)

    @property
    def finite(self) -> bool:
        """Tell whether every number is one; half precision has none above 65,504."""
        return all(
            bool(np.isfinite(array[start : start + CHUNK]).all())
            for array in self.arrays
            for start in range(0, len(array), CHUNK)
        )

    def __len__(self) -> int:
        """Return the number of rows that :meth:`read` can be asked for."""
        return len(self.rows)

    def read(self, indices: Array) -> Array:
        """Return float32 ``(len(indices), features)``."""
        chosen = np.asarray(indices, np.int64)
        vectors = np.empty((len(chosen), *self.shape), np.float32)
        for place, array in enumerate(self.arrays):
            here = self.places[chosen] == place
            vectors[here] = array[self.rows[chosen[here]]]
        return vectors


def featured(
    splits: Splits,
    extract: Extract,
    name: str,
    size: int,
    *,
    views: int = 1,
    half: bool = True,
    cache: bool = True,
    until: float = math.inf,
) -> Splits:
    """Return the same data with features in place of images.

    Validation and test images are seen as they are, and their features are kept in full precision:
    a model's answers to them do not depend on this. Images that break meanwhile are in no part of
    the result.

    Args:
        splits: The images.
        extract: Turns float32 images ``(n, height, width, channels)`` in [0, 255] into float32
            ``(n, size)``.
        name: Tells this function from every other: a hash of the network and its weights.
        size: Number of features.
        views: How many versions of each training image there are: as it is, and as the augmentation
            changes it in epochs 1, 2, ... Each version is a training image of its own.
        half: Keep the training images' features in half precision (float16).
        cache: Whether they are kept in the user's cache folder.
        until: When ``time.monotonic()`` is this they have to be there.

    Raises:
        SettingError: ``views`` is below 1, or above 1 where there is no augmentation, or the
            features cannot be there in time.
        DataError: Too many files are broken or gone since they were scanned.
    """
    if views < 1:
        raise SettingError(f"`views` must be at least 1, not {views}.")
    if views > 1 and not augmentation.changes(splits):
        raise SettingError(f'{views} views of an image are equal with augmentation "none".')
    extraction = Extraction(splits, extract, name, size, cache, until)
    train = splits.parts["train"]
    others = np.setdiff1d(np.arange(len(splits.images)), train)
    arrays = [*extraction.plain(others, half)]
    places = np.zeros(len(splits.images), np.int64)
    rows = np.arange(len(splits.images))
    if half:
        places[others], rows[others] = 1, np.arange(len(others))
    kept = "float16" if half else "float32"
    different = np.unique(train)
    for epoch in range(1, views):
        arrays.append(extraction.changed(different, epoch, kept))
        places = np.concatenate([places, np.full(len(train), len(arrays) - 1)])
        rows = np.concatenate([rows, np.searchsorted(different, train)])
    twice = np.concatenate([np.arange(len(splits.images)), *[train] * (views - 1)])
    added = np.arange(len(splits.images), len(twice))
    parts = {**splits.parts, "train": np.concatenate([train, added])}
    lost = list(splits.images.lost)
    return dataclasses.replace(
        splits,
        images=Features(tuple(arrays), places, rows),
        files=tuple(splits.files[image] for image in twice),
        hashes=tuple(splits.hashes[image] for image in twice),
        groups=tuple(splits.groups[image] for image in twice),
        labels=splits.labels[twice],
        parts={part: some[~np.isin(twice[some], lost)] for part, some in parts.items()},
        augmentation="none",
        augment=(),
        mix=None,  # that of images
    )


def divided_as(vectors: Splits, splits: Splits) -> Splits:
    """Return features of images in other parts than when they were computed.

    Args:
        vectors: Of :func:`featured`, all in full precision.
        splits: The same images. Those that train here are training images of ``vectors`` too.
    """
    image = {file: number for number, file in enumerate(splits.files)}
    of = np.array([image[file] for file in vectors.files], np.int64)  # a view is of an image, too
    rows = vectors.parts["train"]
    parts = {part: splits.present(part) for part in splits.parts}
    parts["train"] = rows[np.isin(of[rows], parts["train"])]
    return dataclasses.replace(vectors, parts=parts, seed=splits.seed)
