"""All images of a data folder, read by number: from the cache, or decoded each time.

A file that breaks or vanishes after the scan costs itself, not its batch and not the run: it is
named once and left out from then on, until there are too many such files.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kit import progress
from kit.data.decoding import decoder, opening
from kit.data.decoding.thread_pool import in_order
from kit.errors import DataError, KitError

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]
AHEAD = 4  # images for each thread that may be decoded before they are in place
MOST_LOST, LOST_SHARE = 20, 0.01  # the smaller of the two, but one file always may be lost
_one_at_a_time = threading.Lock()


class Images(ABC):
    """What a data folder's pictures can be asked for; those that are in memory lose none."""

    @property
    def failed(self) -> Sequence[KitError]:
        """What reading has raised so far; TensorFlow hands on the text of an error only."""
        return ()

    @property
    def lost(self) -> Mapping[int, str]:
        """Why images cannot be read any more, by their numbers; they are left out for good."""
        return {}

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels; of features, their number."""

    @property
    def dtype(self) -> "np.dtype[Any]":
        """uint8, for features float32."""
        return np.dtype(np.uint8)

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of images."""

    @abstractmethod
    def read(self, indices: Indices) -> npt.NDArray[Any]:
        """Return an array of ``dtype`` and of shape ``(len(indices), *shape)``."""

    def read_present(self, indices: Indices) -> tuple[npt.NDArray[Any], Indices]:
        """Return the images that can still be read, and their numbers, in the order asked for."""
        return self.read(indices), np.asarray(indices, np.int64)


@dataclass(frozen=True)
class CachedImages(Images):
    """Decoded images in an array of shape ``(images, height, width, channels)``."""

    array: Pixels = field(repr=False)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        height, width, channels = self.array.shape[1:]
        return height, width, channels

    def __len__(self) -> int:
        return len(self.array)

    def read(self, indices: Indices) -> Pixels:
        """Return a copy of these images."""
        return np.asarray(self.array[np.asarray(indices, np.int64)])


@dataclass(frozen=True)
class DecodedImages(Images):
    """Images that are decoded whenever they are asked for."""

    folder: Path
    files: tuple[str, ...] = field(repr=False)
    image_size: tuple[int, int]
    color: str
    aspect: str
    equalization: str = "none"
    _failed: list[KitError] = field(default_factory=list, init=False, compare=False, repr=False)
    _lost: dict[int, str] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def failed(self) -> Sequence[KitError]:
        """What reading has raised so far."""
        return self._failed

    @property
    def lost(self) -> Mapping[int, str]:
        """Why images cannot be read any more, by their numbers."""
        return self._lost

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return (*self.image_size, 1 if self.color == "grayscale" else 3)

    @property
    def most_lost(self) -> int:
        """How many files may be lost: 1 %, at least 1 and at most 20."""
        return min(MOST_LOST, max(1, int(LOST_SHARE * len(self.files))))

    def __len__(self) -> int:
        return len(self.files)

    def read(self, indices: Indices) -> Pixels:
        """Decode these images.

        Raises:
            DataError: One of them is broken or gone since it was scanned.
        """
        known = [n for n in map(int, indices) if n in self.lost]
        if known:
            raise self._failure(known, [self.lost[n] for n in known])
        pixels = np.empty((len(indices), *self.shape), np.uint8)
        for row, one in enumerate(in_order(self._decoded, indices, AHEAD)):
            if isinstance(one, str):
                raise self._failure([int(indices[row])], [one])
            pixels[row] = one
        return pixels

    def read_present(self, indices: Indices) -> tuple[Pixels, Indices]:
        """Decode those of these images that can be read; name once what cannot.

        Raises:
            DataError: More files than :attr:`most_lost` are broken or gone since they were scanned.
        """
        asked = np.array([n for n in map(int, indices) if n not in self.lost], np.int64)
        pixels = np.empty((len(asked), *self.shape), np.uint8)
        for row, one in enumerate(in_order(self._decoded, asked, AHEAD)):
            if isinstance(one, str):
                self._lose(int(asked[row]), one)
            else:
                pixels[row] = one
        there = np.array([n not in self.lost for n in asked.tolist()], bool)
        return (pixels, asked) if there.all() else (pixels[there], asked[there])

    def _decoded(self, index: int) -> Pixels | str:
        """Return the picture, or why there is none."""
        file = self.folder / self.files[index]
        wanted = self.image_size, self.color, self.aspect, self.equalization
        try:
            with opening.named_memory(file):
                return decoder.decode(file, *wanted)
        except opening.BrokenImage as error:
            return error.reason
        except KitError as error:  # no verdict on the file
            self._failed.append(error)
            raise

    def _lose(self, number: int, reason: str) -> None:
        with _one_at_a_time:
            if number in self.lost:
                return
            self._lost[number] = reason
            if len(self.lost) > self.most_lost:
                raise self._failure([*self.lost], [*self.lost.values()])
            named = progress.clean(self.folder / self.files[number])
            progress.say(
                f"{named} was readable before but cannot be read now: {reason}. It is left out "
                "from here on."
            )

    def _failure(self, numbers: Sequence[int], reasons: Sequence[str]) -> DataError:
        """Return the error that names these files, and keep it."""
        files = [self.folder / self.files[number] for number in numbers]
        if len(files) == 1:
            what = f"{files[0]} was readable before but cannot be read now: {reasons[0]}."
        else:
            named = "; ".join(f"{one}: {why}" for one, why in zip(files, reasons, strict=True))
            what = (
                f"{len(files)} images were readable before but cannot be read now "
                f"({self.most_lost} of {len(self.files)} may be missing, but no whole batch). "
                f"{named}."
            )
        failure = DataError(f"{what} Restore what is missing, or load the folder again.")
        self._failed.append(failure)
        return failure


@contextmanager
def named_failures(images: Images) -> Iterator[None]:
    """Turn what TensorFlow makes of a broken file back into the error that names the file."""
    try:
        yield
    except Exception:
        if images.failed:
            raise images.failed[-1] from None
        raise
