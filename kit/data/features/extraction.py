"""Features of images, computed by a frozen network in one pass and kept in the cache."""

import dataclasses
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kit import memory, progress
from kit.data.batches import augmentation
from kit.data.decoding import decoder
from kit.data.features import kept_rows
from kit.data.features.kept_rows import Kept
from kit.data.scanning import pixel_cache
from kit.data.scanning.images import named_failures
from kit.data.splits import Splits
from kit.errors import SettingError
from kit.files import amount

Array = npt.NDArray[Any]
Extract = Callable[[Array], Array]

FLOAT = 4  # bytes
SHARE = 0.5  # of the free memory, for an array that the cache has no room for
TIMED = 5  # batches, after which it is known how long all of them take


@dataclass(frozen=True)
class Extraction:
    """Makes arrays of features, or finds them in the cache.

    Attributes:
        splits: The images.
        extract: Turns float32 images ``(n, height, width, channels)`` in [0, 255] into float32
            ``(n, *shape)``.
        name: Tells this function from every other.
        shape: Of the features of an image.
        cache: Whether arrays are kept.
        until: When ``time.monotonic()`` is this they have to be there.
    """

    splits: Splits
    extract: Extract
    name: str
    shape: tuple[int, ...]
    cache: bool
    until: float = math.inf

    @property
    def what(self) -> str:
        """Return what a person is told that they are."""
        return "maps" if len(self.shape) > 1 else "features"

    def plain(self) -> Array:
        """Return the features of all images as they are."""
        return self._completed(np.arange(len(self.splits.images)), None)

    def changed(self, train: Array, epoch: int) -> Array:
        """Return the features of training images as augmentation changes them in an epoch."""
        return self._completed(train, epoch)

    def _completed(self, indices: Array, epoch: int | None) -> Array:
        """Return an array with the rows that are kept and those lacking."""
        kept = kept_rows.nothing(len(indices))
        if self.cache:
            recipe, keys = self._recipe(epoch), self._keys(indices, epoch)
            kept = kept_rows.find(recipe, keys, self.shape)
        return self._written(indices, kept, epoch) if kept.whole is None else kept.whole

    def _written(self, indices: Array, kept: Kept, epoch: int | None) -> Array:
        size = len(indices) * math.prod(self.shape) * FLOAT
        try:
            if self.cache and pixel_cache.has_room(size):
                with pixel_cache.Writer(self.shape, np.float32) as writer:
                    for vector in self._rows(indices, kept, epoch):
                        writer.add(vector)
                    # Files that broke meanwhile have lost their keys.
                    recipe, keys = self._recipe(epoch), self._keys(indices, epoch)
                    array = writer.publish(kept_rows.array_name(recipe, keys))
                kept_rows.remember(recipe, keys)
                return array
        except OSError as error:
            progress.say(f"The cache cannot be written ({error}); continuing without it.")
        free = memory.available()
        if free is not None and size > SHARE * free:
            raise SettingError(
                f"{self.what.capitalize()} of {len(indices)} images need {amount(size)}, for which "
                "there is no room in the cache (KIT_CACHE_LIMIT_GB) and not enough memory."
            )
        array = np.empty((len(indices), *self.shape), np.float32)
        for row, vector in enumerate(self._rows(indices, kept, epoch)):
            array[row] = vector
        return array

    def _rows(self, indices: Array, kept: Kept, epoch: int | None) -> Iterator[Array]:
        """Yield the row of each image, in increasing order of their numbers."""
        computed = self._vectors(indices[~kept.present], epoch)
        for row, present in enumerate(kept.present):
            yield kept[row] if present else next(computed)

    def _vectors(self, indices: Array, epoch: int | None) -> Iterator[Array]:
        """Yield the features of each image, in order; zeros of one that was lost on the way."""
        if not len(indices):
            return
        what = self.what if epoch is None else f"{self.what} of view {epoch + 1}"
        total = math.ceil(len(indices) / self.splits.batch_size)
        batches = progress.track(
            self._batches(indices, epoch), total, f"Computing {what}", f"batches of {self.what}"
        )
        done, clock, nothing = 0, 0.0, np.zeros(self.shape, np.float32)
        with named_failures(self.splits.images):
            for batch, (images, numbers) in enumerate(batches):
                if batch == 1:  # the first one compiles
                    clock = time.monotonic()
                elif batch == TIMED:
                    each = (time.monotonic() - clock) / (batch - 1)
                    self._check_time(each * (total - batch), what)
                for image, vector in zip(numbers, self.extract(images), strict=True):
                    while indices[done] != image:
                        yield nothing
                        done += 1
                    yield vector
                    done += 1
        for _ in indices[done:]:
            yield nothing

    def _batches(self, indices: Array, epoch: int | None) -> Any:
        """Yield images and their numbers, which stand where the labels do."""
        from kit.data.batches import pipeline

        numbers = np.arange(len(self.splits.files))
        chosen = dataclasses.replace(self.splits, parts={"train": indices}, labels=numbers)
        for images, there in pipeline.ordered(chosen, "train", "int", epoch=epoch):
            yield images.numpy(), there.numpy()

    def _check_time(self, seconds: float, what: str) -> None:
        left = self.until - time.monotonic()
        if seconds > left:
            more = math.ceil((seconds - left) / 6) / 10
            raise SettingError(
                f"Computing {what} takes longer than the time limit allows. It needs {more:g} more "
                "minutes, before training. Raise the limit, or use smaller images or a smaller "
                "backbone."
            )

    def _recipe(self, epoch: int | None) -> str:
        """Return a hash of what all rows depend on, besides their image."""
        splits = self.splits
        known = (
            splits.images.shape,
            splits.color,
            splits.aspect,
            splits.equalization,
            decoder.version(),
            self.name,
            "" if epoch is None else (splits.seed, epoch, augmentation.chosen(splits)),
            "float32",
        )
        return kept_rows.hashed(repr(known))

    def _keys(self, indices: Array, epoch: int | None) -> list[str]:
        """Return what each row depends on: the content, for changed ones also the number."""
        hashes, lost = self.splits.hashes, self.splits.images.lost
        numbers = [int(image) for image in indices]
        keys = ["" if image in lost else hashes[image] for image in numbers]
        if epoch is None:
            return keys
        return [key and f"{key}-{image}" for key, image in zip(keys, numbers, strict=True)]
