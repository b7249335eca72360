"""What a frozen network sees in each image, computed once and kept.

A network whose weights do not change gives the same features in every epoch. They are computed in
one pass, kept in the cache, and stand in for the images from then on: ``featured(splits, ...)`` is
a :class:`kit.data.Splits` like any other, whose images are vectors.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from kit import progress
from kit.data import _cache, augmentation, decode
from kit.data._splits import Splits
from kit.errors import SettingError

__all__ = ["Features", "featured"]

Array = npt.NDArray[Any]
Extract = Callable[[Array], Array]

CHUNK = 1024  # rows that are looked at at once: the arrays may be larger than the memory
SAMPLE = 8  # images that are computed anew, to see that what was kept is what comes out today
CLOSE = 1e-2  # of the features' own scale: half precision and another number of threads are nearer


@dataclass(frozen=True, eq=False)
class Features:
    """Vectors in place of images: image ``i`` is row ``rows[i]`` of ``arrays[places[i]]``."""

    arrays: tuple[Array, ...] = field(repr=False)
    places: Array = field(repr=False)
    rows: Array = field(repr=False)
    failed: tuple[()] = ()

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
) -> Splits:
    """Return the same data with features in place of images.

    Validation and test images are seen as they are, and their features are kept in full precision:
    a model's answers to them do not depend on this.

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

    Raises:
        SettingError: ``views`` is below 1, or above 1 where there is no augmentation.
        DataError: A file is broken or gone since it was scanned.
    """
    if views < 1:
        raise SettingError(f"views must be at least 1, not {views}.")
    if views > 1 and splits.augmentation == "none":
        raise SettingError(f'{views} views of an image are equal with augmentation "none".')
    kitchen = _Kitchen(splits, extract, name, size, cache)
    train = splits.parts["train"]
    others = np.setdiff1d(np.arange(len(splits.images)), train)
    arrays = [*kitchen.plain(others, half)]
    places = np.zeros(len(splits.images), np.int64)
    rows = np.arange(len(splits.images))
    if half:
        places[others], rows[others] = 1, np.arange(len(others))
    kept = "float16" if half else "float32"
    different = np.unique(train)
    for epoch in range(1, views):
        arrays.append(kitchen.changed(different, epoch, kept))
        places = np.concatenate([places, np.full(len(train), len(arrays) - 1)])
        rows = np.concatenate([rows, np.searchsorted(different, train)])
    twice = np.concatenate([np.arange(len(splits.images)), *[train] * (views - 1)])
    added = np.arange(len(splits.images), len(twice))
    return dataclasses.replace(
        splits,
        images=Features(tuple(arrays), places, rows),
        files=tuple(splits.files[image] for image in twice),
        hashes=tuple(splits.hashes[image] for image in twice),
        labels=splits.labels[twice],
        parts={**splits.parts, "train": np.concatenate([train, added])},
        augmentation="none",
    )


@dataclass(frozen=True)
class _Kitchen:
    """Makes arrays of features, or finds them made."""

    splits: Splits
    extract: Extract
    name: str
    size: int
    cache: bool

    def plain(self, others: Array, half: bool) -> list[Array]:
        """Return the features of all images, in half precision with those of ``others`` in full."""
        every = np.arange(len(self.splits.images))
        wanted = [(every, "float16"), (others, "float32")] if half else [(every, "float32")]
        found = [self._find(indices, kind, None) for indices, kind in wanted]
        if found[0] is not None and not self._agree(found[0]):
            progress.say("The kept features are not what the network gives here: computing anew.")
            found = [None] * len(wanted)
        missing = [want for want, array in zip(wanted, found, strict=True) if array is None]
        if missing:
            made = iter(self._made(missing, None))
            return [next(made) if array is None else array for array in found]
        return [array for array in found if array is not None]

    def changed(self, train: Array, epoch: int, kind: str) -> Array:
        """Return the features of training images as augmentation changes them in an epoch."""
        array = self._find(train, kind, epoch)
        return self._made([(train, kind)], epoch)[0] if array is None else array

    def _find(self, indices: Array, kind: str, epoch: int | None) -> Array | None:
        if not self.cache:
            return None
        return _cache.find(self._key(indices, kind, epoch), (len(indices), self.size))

    def _made(self, wanted: Sequence[tuple[Array, str]], epoch: int | None) -> list[Array]:
        """Compute rows once and keep them in as many arrays as want them."""
        with np.errstate(over="ignore"):  # what half precision cannot hold becomes infinite
            return self._written(wanted, epoch)

    def _written(self, wanted: Sequence[tuple[Array, str]], epoch: int | None) -> list[Array]:
        needed = np.unique(np.concatenate([indices for indices, _ in wanted]))
        bytes_ = sum(len(indices) * self.size * np.dtype(kind).itemsize for indices, kind in wanted)
        try:
            if self.cache and _cache.has_room(bytes_):
                with ExitStack() as stack:
                    writers = [
                        stack.enter_context(_cache.Writer((self.size,), kind)) for _, kind in wanted
                    ]
                    for image, vector in self._vectors(needed, epoch):
                        for (indices, _), writer in zip(wanted, writers, strict=True):
                            if _holds(indices, image):
                                writer.add(vector)
                    return [
                        writer.publish(self._key(indices, kind, epoch))
                        for (indices, kind), writer in zip(wanted, writers, strict=True)
                    ]
        except OSError as error:
            progress.say(f"The cache cannot be written ({error}): going on without it.")
        arrays = [np.empty((len(indices), self.size), kind) for indices, kind in wanted]
        for image, vector in self._vectors(needed, epoch):
            for (indices, _), array in zip(wanted, arrays, strict=True):
                if _holds(indices, image):
                    array[np.searchsorted(indices, image)] = vector
        return arrays

    def _vectors(self, indices: Array, epoch: int | None) -> Any:
        """Yield (number of the image, features), in order."""
        what = "features" if epoch is None else f"features of view {epoch + 1}"
        total = math.ceil(len(indices) / self.splits.batch_size)
        batches = progress.track(
            self._batches(indices, epoch), total, f"Computing {what}", "batches of features"
        )
        place = 0
        for images in batches:
            for vector in self.extract(images):
                yield indices[place], vector
                place += 1

    def _batches(self, indices: Array, epoch: int | None) -> Any:
        from kit.data import _pipeline

        chosen = dataclasses.replace(self.splits, parts={"train": indices})
        for images, _ in _pipeline.ordered(chosen, "train", "int", epoch=epoch):
            yield images.numpy()

    def _agree(self, kept: Array) -> bool:
        sample = np.arange(min(SAMPLE, len(kept)))
        images = self.splits.images.read(sample).astype(np.float32)
        now, then = self.extract(images), kept[sample].astype(np.float32)
        tolerance = CLOSE * max(float(np.abs(now).max()), 1e-6)
        with np.errstate(over="ignore"):  # infinite in half precision, and so equal
            now = now.astype(kept.dtype).astype(np.float32)
        return np.allclose(now, then, rtol=0, atol=tolerance)

    def _key(self, indices: Array, kind: str, epoch: int | None) -> str:
        """Return the name in the cache: a hash of everything the numbers depend on."""
        splits = self.splits
        preset = augmentation.preset(splits.augmentation)
        views = "" if epoch is None else (splits.seed, epoch, preset, splits.flip)
        known = [
            splits.fingerprint,
            splits.images.shape,
            splits.color,
            splits.aspect,
            splits.equalization,
            decode.version(),
            self.name,
            views,
            kind,
        ]
        digest = blake2b(repr(known).encode(), digest_size=16)
        digest.update(np.asarray(indices, np.int64).tobytes())
        return f"features-{digest.hexdigest()}"


def _holds(indices: Array, image: int) -> bool:
    """Tell whether ``image`` is among sorted numbers."""
    place = int(np.searchsorted(indices, image))
    return place < len(indices) and int(indices[place]) == image
