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

TIMED = 5  # batches, after which it is known how long all of them take


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
        both = [(every, "float16"), (others, "float32")]
        return self._completed(both if half else [(every, "float32")], None)

    def changed(self, train: Array, epoch: int, kind: str) -> Array:
        """Return the features of training images as augmentation changes them in an epoch."""
        return self._completed([(train, kind)], epoch)[0]

    def _completed(self, wanted: Sequence[tuple[Array, str]], epoch: int | None) -> list[Array]:
        """Return an array for each that is wanted, with the rows that are kept and those lacking.

        An image whose row several arrays lack is computed once.
        """
        kept = [self._kept(indices, kind, epoch) for indices, kind in wanted]
        lacking = [
            (*want, rows) for want, rows in zip(wanted, kept, strict=True) if rows.whole is None
        ]
        with np.errstate(over="ignore"):  # what half precision cannot hold becomes infinite
            made = iter(self._written(lacking, epoch) if lacking else [])
        return [next(made) if rows.whole is None else rows.whole for rows in kept]

    def _kept(self, indices: Array, kind: str, epoch: int | None) -> Kept:
        if not self.cache:
            return kept_rows.nothing(len(indices))
        return kept_rows.find(self._recipe(kind, epoch), self._keys(indices, epoch), self.size)

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
        kept_rows.remember(recipe, keys)
        return array

    def _rows(
        self, wanted: Sequence[tuple[Array, str, Kept]], epoch: int | None
    ) -> Iterator[tuple[int, int, Any]]:
        """Yield (number of the array, row in it, vector), the rows of each array in order."""
        row_of = [
            {image: row for row, image in enumerate(every.tolist())} for every, _, _ in wanted
        ]
        lacking = np.unique(np.concatenate([every[~rows.present] for every, _, rows in wanted]))
        computed, missing = self._vectors(lacking, epoch), set(lacking.tolist())
        for image in sorted(set().union(*row_of)):
            vector = next(computed) if image in missing else None
            for number, (place, (_, _, rows)) in enumerate(zip(row_of, wanted, strict=True)):
                if image in place:
                    row = place[image]
                    yield number, row, rows[row] if rows.present[row] else vector

    def _vectors(self, indices: Array, epoch: int | None) -> Iterator[Array]:
        """Yield the features of each image, in order; zeros of one that was lost on the way."""
        if not len(indices):
            return
        what = "features" if epoch is None else f"features of view {epoch + 1}"
        total = math.ceil(len(indices) / self.splits.batch_size)
        batches = progress.track(
            self._batches(indices, epoch), total, f"Computing {what}", "batches of features"
        )
        done, clock, nothing = 0, 0.0, np.zeros(self.size, np.float32)
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
                f"Computing {what} takes longer than the time limit allows: {more:g} minutes more "
                "would do, without training. Raise the limit, or take smaller images or a smaller "
                "backbone."
            )

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
