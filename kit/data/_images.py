"""All images of a data folder, read by number: from the cache, or decoded each time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from kit.data import decode
from kit.data._pool import in_order
from kit.errors import DataError

__all__ = ["CachedImages", "DecodedImages", "Images", "named_failures"]

Pixels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int64]


AHEAD = 4  # images for each thread that may be decoded before they are in place


class Images(Protocol):
    """What a data folder's pictures can be asked for."""

    @property
    def failed(self) -> Sequence[DataError]:
        """What :meth:`read` has raised so far; TensorFlow hands on the text of an error only."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels; of features, their number."""

    @property
    def dtype(self) -> "np.dtype[Any]":
        """uint8, for features float32."""

    def __len__(self) -> int:
        """Return the number of images."""

    def read(self, indices: Indices) -> npt.NDArray[Any]:
        """Return an array of ``dtype`` and of shape ``(len(indices), *shape)``."""


@dataclass(frozen=True)
class CachedImages:
    """Decoded images in an array of shape ``(images, height, width, channels)``."""

    array: Pixels = field(repr=False)
    failed: tuple[DataError, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        height, width, channels = self.array.shape[1:]
        return height, width, channels

    @property
    def dtype(self) -> "np.dtype[Any]":
        """uint8."""
        return self.array.dtype

    def __len__(self) -> int:
        return len(self.array)

    def read(self, indices: Indices) -> Pixels:
        """Return a copy of these images."""
        return np.asarray(self.array[np.asarray(indices, np.int64)])


@dataclass(frozen=True)
class DecodedImages:
    """Images that are decoded whenever they are asked for."""

    folder: Path
    files: tuple[str, ...] = field(repr=False)
    image_size: tuple[int, int]
    color: str
    aspect: str
    equalization: str = "none"
    failed: list[DataError] = field(default_factory=list, compare=False, repr=False)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels."""
        return (*self.image_size, 1 if self.color == "grayscale" else 3)

    @property
    def dtype(self) -> "np.dtype[Any]":
        """uint8."""
        return np.dtype(np.uint8)

    def __len__(self) -> int:
        return len(self.files)

    def read(self, indices: Indices) -> Pixels:
        """Decode these images.

        Raises:
            DataError: A file is broken or gone since it was scanned.
        """
        pixels = np.empty((len(indices), *self.shape), np.uint8)
        for row, one in enumerate(in_order(self._decode, indices, AHEAD)):
            pixels[row] = one
        return pixels

    def _decode(self, index: int) -> Pixels:
        file = self.folder / self.files[index]
        try:
            return decode.decode(file, self.image_size, self.color, self.aspect, self.equalization)
        except decode.BrokenImage as error:
            failure = DataError(
                f"{file} could be read before and cannot be read now: {error.reason}. Put it back, "
                "or load the folder anew."
            )
            self.failed.append(failure)
            raise failure from error


@contextmanager
def named_failures(images: Images) -> Iterator[None]:
    """Turn what TensorFlow makes of a broken file back into the DataError that names the file."""
    try:
        yield
    except Exception:
        if images.failed:
            raise images.failed[-1] from None
        raise
