"""Features of images, computed by a frozen network in one pass and kept in the cache."""

import dataclasses
import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from kit import progress
from kit.data import _cache, augmentation, decode
from kit.data._images import named_failures
from kit.data._splits import Splits

__all__ = ["Extract", "Extraction"]

Array = npt.NDArray[Any]
Extract = Callable[[Array], Array]

SAMPLE = 8  # images that are computed anew, to see that what was kept is what comes out today
CLOSE = 1e-2  # of the features' own scale: half precision and another number of threads are nearer


@dataclass(frozen=True)
class Extraction:
    """Makes arrays of features, or finds them in the cache.

    Attributes:
        splits: The images.
        extract: Turns float32 images ``(n, height, width, channels)`` in [0, 255] into float32
            ``(n, size)``.
        name: Tells this function from every other.
        size: Number of features.
        cache: Whether arrays are kept.
    """

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
        done = 0
        with named_failures(self.splits.images):
            for images, numbers in batches:
                for image, vector in zip(numbers, self.extract(images), strict=True):
                    while indices[done] != image:  # lost on the way: a row that nobody asks for
                        yield indices[done], np.zeros(self.size, np.float32)
                        done += 1
                    yield image, vector
                    done += 1
        for image in indices[done:]:
            yield image, np.zeros(self.size, np.float32)

    def _batches(self, indices: Array, epoch: int | None) -> Any:
        """Yield images and their numbers, which stand where the labels do."""
        from kit.data import _pipeline

        numbers = np.arange(len(self.splits.files))
        chosen = dataclasses.replace(self.splits, parts={"train": indices}, labels=numbers)
        for images, there in _pipeline.ordered(chosen, "train", "int", epoch=epoch):
            yield images.numpy(), there.numpy()

    def _agree(self, kept: Array) -> bool:
        sample = np.arange(min(SAMPLE, len(kept)))
        images, there = self.splits.images.read_present(sample)
        if not len(there):
            return True
        now = self.extract(images.astype(np.float32))
        then = kept[there].astype(np.float32)
        tolerance = CLOSE * max(float(np.abs(now).max()), 1e-6)
        with np.errstate(over="ignore"):  # infinite in half precision, and so equal
            now = now.astype(kept.dtype).astype(np.float32)
        return np.allclose(now, then, rtol=0, atol=tolerance)

    def _key(self, indices: Array, kind: str, epoch: int | None) -> str:
        """Return the name in the cache: a hash of everything the numbers depend on."""
        splits = self.splits
        views = "" if epoch is None else (splits.seed, epoch, augmentation.chosen(splits))
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
            *sorted(splits.images.lost),  # an array with empty rows must not be found by others
        ]
        digest = blake2b(repr(known).encode(), digest_size=16)
        digest.update(np.asarray(indices, np.int64).tobytes())
        return f"features-{digest.hexdigest()}"


def _holds(indices: Array, image: int) -> bool:
    """Tell whether ``image`` is among sorted numbers."""
    place = int(np.searchsorted(indices, image))
    return place < len(indices) and int(indices[place]) == image
