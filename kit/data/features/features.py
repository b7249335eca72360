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

NOTHING = np.empty(0, np.int64)
CHUNK = 1024  # rows that are looked at at once: the arrays may be larger than the memory


@dataclass(frozen=True, eq=False)
class Features(Images):
    """Features in place of images: image ``i`` is row ``rows[i]`` of ``arrays[places[i]]``.

    Those of the numbers in ``rounded`` are given as half precision holds them.
    """

    arrays: tuple[Array, ...] = field(repr=False)
    places: Array = field(repr=False)
    rows: Array = field(repr=False)
    rounded: Array = field(repr=False)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of features, or their height, width and channels."""
        return self.arrays[0].shape[1:]

    @property
    def dtype(self) -> "np.dtype[Any]":
        """float32."""
        return np.dtype(np.float32)

    @property
    def exact(self) -> "Features":
        """The same with nothing rounded."""
        return dataclasses.replace(self, rounded=NOTHING)

    @property
    def held(self) -> "Features":
        """The same, exact where half precision, which ends at 65,504, does not hold a number."""
        for start in range(0, len(self.rounded), CHUNK):
            if not np.isfinite(self.read(self.rounded[start : start + CHUNK])).all():
                return self.exact
        return self

    def __len__(self) -> int:
        """Return the number of rows that :meth:`read` can be asked for."""
        return len(self.rows)

    def read(self, indices: Array) -> Array:
        """Return float32 ``(len(indices), *shape)``."""
        chosen = np.asarray(indices, np.int64)
        vectors = np.empty((len(chosen), *self.shape), np.float32)
        for place, array in enumerate(self.arrays):
            here = self.places[chosen] == place
            vectors[here] = array[self.rows[chosen[here]]]
        if len(self.rounded):
            here = np.isin(chosen, self.rounded)
            with np.errstate(over="ignore"):  # what half precision cannot hold becomes infinite
                vectors[here] = vectors[here].astype(np.float16)
        return vectors


def featured(
    splits: Splits,
    extract: Extract,
    name: str,
    shape: tuple[int, ...],
    *,
    views: int = 1,
    half: bool = True,
    cache: bool = True,
    until: float = math.inf,
) -> Splits:
    """Return the same data with features in place of images.

    Validation and test images are seen as they are. Features are kept in full precision. Images
    that break meanwhile are in no part of the result.

    Args:
        splits: The images.
        extract: Turns float32 images ``(n, height, width, channels)`` in [0, 255] into float32
            ``(n, *shape)``.
        name: Tells this function from every other: a hash of the network and its weights.
        shape: Of the features of an image.
        views: How many versions of each training image there are: as it is, and as the augmentation
            changes it in epochs 1, 2, ... Each version is a training image of its own.
        half: Give the training images' features as half precision (float16) holds them, where it
            holds all of them: what heads have always learnt from.
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
        raise SettingError(f'{views} views of an image would be equal with augmentation "none".')
    extraction = Extraction(splits, extract, name, shape, cache, until)
    train = splits.parts["train"]
    arrays = [extraction.plain()]
    places = np.zeros(len(splits.images), np.int64)
    rows = np.arange(len(splits.images))
    different = np.unique(train)
    for epoch in range(1, views):
        arrays.append(extraction.changed(different, epoch))
        places = np.concatenate([places, np.full(len(train), len(arrays) - 1)])
        rows = np.concatenate([rows, np.searchsorted(different, train)])
    twice = np.concatenate([np.arange(len(splits.images)), *[train] * (views - 1)])
    added = np.arange(len(splits.images), len(twice))
    parts = {**splits.parts, "train": np.concatenate([train, added])}
    lost = list(splits.images.lost)
    found = Features(tuple(arrays), places, rows, parts["train"] if half else NOTHING)
    return dataclasses.replace(
        splits,
        images=found.held,
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
