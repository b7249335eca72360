"""Features of images, computed by a frozen network in one pass and kept in the cache."""

import dataclasses
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kit import progress
from kit.data.batches import augmentation
from kit.data.decoding import decoder
from kit.data.features import kept_rows
from kit.data.features.kept_rows import Kept
from kit.data.scanning import pixel_cache
from kit.data.scanning.images import named_failures
from kit.data.splits import Splits
from kit.errors import SettingError

Array = npt.NDArray[Any]
Extract = Callable[[Array], Array]

SAMPLE = 8  # images that are computed anew, to see that what was kept is what comes out today
TIMED = 5  # batches, after which it is known how long all of them take
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
        until: When ``time.monotonic()`` is this they have to be there.
    """

    splits: Splits
    extract: Extract
    name: str
    size: int
    cache: bool
    until: float = math.inf

    def plain(self, others: Array, half: bool) -> list[Array]:
        """Return the features of all images, in half precision with those of ``others`` in full."""
        every = np.arange(len(self.splits.images))
        wanted = [(every, "float16"), (others, "float32")] if half else [(every, "float32")]
        kept = [self._kept(indices, kind, None) for indices, kind in wanted]
        if not self._agree(wanted, kept):
            progress.say("The kept features are not what the network gives here: computing anew.")
            kept = [kept_rows.nothing(len(indices)) for indices, _ in wanted]
        return self._completed(wanted, kept, None)

    def changed(self, train: Array, epoch: int, kind: str) -> Array:
        """Return the features of training images as augmentation changes them in an epoch."""
        return self._completed([(train, kind)], [self._kept(train, kind, epoch)], epoch)[0]

    def _kept(self, indices: Array, kind: str, epoch: int | None) -> Kept:
        if not self.cache:
            return kept_rows.nothing(len(indices))
        recipe, keys = self._recipe(kind, epoch), self._keys(indices, epoch)
        return kept_rows.find(recipe, kept_rows.array_name(recipe, keys), keys, self.size)

    def _completed(
        self, wanted: Sequence[tuple[Array, str]], kept: Sequence[Kept], epoch: int | None
    ) -> list[Array]:
        """Return an array for each that is wanted, with the rows that are kept and those lacking.

        An image whose row several arrays lack is computed once.
        """
        lacking = [
            (*want, rows) for want, rows in zip(wanted, kept, strict=True) if rows.whole is None
        ]
        with np.errstate(over="ignore"):  # what half precision cannot hold becomes infinite
            made = iter(self._written(lacking, epoch) if lacking else [])
        return [next(made) if rows.whole is None else rows.whole for rows in kept]

    def _written(self, wanted: Sequence[tuple[Array, str, Kept]], epoch: int | None) -> list[Array]:
        sizes = [len(indices) * np.dtype(kind).itemsize for indices, kind, _ in wanted]
        try:
            if self.cache and pixel_cache.has_room(sum(sizes) * self.size):
                with ExitStack() as stack:
                    writers = [
                        stack.enter_context(pixel_cache.Writer((self.size,), kind))
                        for _, kind, _ in wanted
                    ]
                    for number, _, vector in self._rows(wanted, epoch):
                        writers[number].add(vector)
                    return [
                        self._published(writer, indices, kind, epoch)
                        for (indices, kind, _), writer in zip(wanted, writers, strict=True)
                    ]
        except OSError as error:
            progress.say(f"The cache cannot be written ({error}): going on without it.")
        arrays = [np.empty((len(indices), self.size), kind) for indices, kind, _ in wanted]
        for number, row, vector in self._rows(wanted, epoch):
            arrays[number][row] = vector
        return arrays

    def _published(
        self, writer: pixel_cache.Writer, indices: Array, kind: str, epoch: int | None
    ) -> Array:
        recipe, keys = self._recipe(kind, epoch), self._keys(indices, epoch)
        array = writer.publish(kept_rows.array_name(recipe, keys))
        kept_rows.remember(recipe, kept_rows.array_name(recipe, keys), keys)
        return array

    def _rows(
        self, wanted: Sequence[tuple[Array, str, Kept]], epoch: int | None
    ) -> Iterator[tuple[int, int, Any]]:
        """Yield (number of the array, row in it, vector), the rows of each array in order."""
        lacking = np.unique(np.concatenate([every[~rows.present] for every, _, rows in wanted]))
        computed = iter(self._vectors(lacking, epoch) if len(lacking) else [])
        for image in np.unique(np.concatenate([indices for indices, _, _ in wanted])):
            vector = next(computed)[1] if kept_rows.holds(lacking, image) else None
            for number, (indices, _, rows) in enumerate(wanted):
                if kept_rows.holds(indices, image):
                    row = int(np.searchsorted(indices, image))
                    yield number, row, rows[row] if rows.present[row] else vector

    def _vectors(self, indices: Array, epoch: int | None) -> Any:
        """Yield (number of the image, features), in order."""
        what = "features" if epoch is None else f"features of view {epoch + 1}"
        total = math.ceil(len(indices) / self.splits.batch_size)
        batches = progress.track(
            self._batches(indices, epoch), total, f"Computing {what}", "batches of features"
        )
        done, clock = 0, 0.0
        with named_failures(self.splits.images):
            for batch, (images, numbers) in enumerate(batches):
                if batch == 1:  # the first one compiles
                    clock = time.monotonic()
                elif batch == TIMED:
                    each = (time.monotonic() - clock) / (batch - 1)
                    self._check_time(each * (total - batch), what)
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
                f"Computing {what} takes longer than the time limit allows: {more:g} minutes more "
                "would do, without training. Raise the limit, or take smaller images or a smaller "
                "backbone."
            )

    def _agree(self, wanted: Sequence[tuple[Array, str]], kept: Sequence[Kept]) -> bool:
        """Tell whether some rows of each array that is kept are what comes out today."""
        each = math.ceil(SAMPLE / max(1, sum(len(rows.arrays) for rows in kept)))
        sample = [
            (int(indices[row]), rows[row])
            for (indices, _), rows in zip(wanted, kept, strict=True)
            for place in range(len(rows.arrays))
            for row in np.flatnonzero(rows.places == place)[:each]
        ]
        asked = np.array([image for image, _ in sample], np.int64)
        images, there = self.splits.images.read_present(asked)
        if not len(there):
            return True
        now = self.extract(images.astype(np.float32))
        then = [row for image, row in sample if image in there]
        tolerance = CLOSE * max(float(np.abs(now).max()), 1e-6)
        with np.errstate(over="ignore"):  # infinite in half precision, and so equal
            rounded = [new.astype(old.dtype) for new, old in zip(now, then, strict=True)]
        was, gives = np.stack(then, dtype=np.float32), np.stack(rounded, dtype=np.float32)
        return np.allclose(gives, was, rtol=0, atol=tolerance)

    def _recipe(self, kind: str, epoch: int | None) -> str:
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
            kind,
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
