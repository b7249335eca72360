"""What can be made again and is dear to make: decoded images as arrays, and what a scan found.

Everything lies in the user's cache folder, is written under another name and renamed when it is
whole, and is shared by all processes: arrays are memory-mapped, so the page cache holds them once.
"""

import contextlib
import math
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from kit import files
from kit.data.scanning import records
from kit.errors import SettingError

Array = npt.NDArray[Any]

GIGABYTE = 1_000_000_000
DAY = 86_400  # seconds
UNFINISHED = ".writing-"


def find(name: str, shape: tuple[int, ...]) -> Array | None:
    """Return the array of this name, memory-mapped for reading, where it is stored."""
    try:
        path = _arrays() / f"{name}.npy"
        array: Array = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError):  # absent, or of another kind than we wrote
        return None
    if array.shape != shape:
        return None
    records.touch(path)
    return array


def has_room(size: int) -> bool:
    """Make room for ``size`` bytes; False where the limit or the disk does not allow them.

    The limit is ``$KIT_CACHE_LIMIT_GB``, 20 where that is not set. What was not used for longest
    goes first; nothing goes where that would not suffice.

    Raises:
        SettingError: The limit is no number, or below 0.
    """
    text = os.environ.get("KIT_CACHE_LIMIT_GB", "20")
    try:
        limit = float(text) * GIGABYTE
    except ValueError:
        limit = math.nan
    if not limit >= 0:
        raise SettingError(f"KIT_CACHE_LIMIT_GB must be a number of at least 0, not {text!r}.")
    try:
        stored = _stored()
        total = sum(bytes_ for _, bytes_, _ in stored)
        free = shutil.disk_usage(_arrays()).free
    except OSError:  # no folder for caches can be made here
        return False
    rest = min(limit, total + 0.9 * free) - size
    if rest < 0:
        return False
    for used, bytes_, path in stored:
        if used and total <= rest:
            break
        with contextlib.suppress(OSError):  # Windows keeps a file that somebody has mapped
            path.unlink()
            total -= bytes_
    return total <= rest


def _stored() -> list[tuple[float, int, Path]]:
    """Return time of last use, bytes and path of every file, the oldest first.

    What a killed process left unfinished yesterday has the time 0; what is being written now is
    not there.
    """
    stored = []
    for path in [*_arrays().iterdir(), *records.folder().iterdir()]:
        with contextlib.suppress(OSError):  # another process may be tidying too
            status = path.stat()
            unfinished = path.name.startswith(UNFINISHED)
            if not unfinished or time.time() - status.st_mtime >= DAY:
                used = 0.0 if unfinished else status.st_mtime
                stored.append((used, status.st_size, path))
    return sorted(stored)


class Writer:
    """An array that grows row by row, of a length that is known at the end.

    Rows are written, not mapped: on a full disk a write raises OSError, a map kills the process.
    """

    def __init__(self, row_shape: tuple[int, ...], dtype: npt.DTypeLike = np.uint8) -> None:
        self._row_shape = row_shape
        self._dtype = np.dtype(dtype)
        self._rows = 0
        handle, name = tempfile.mkstemp(dir=_arrays(), prefix=UNFINISHED, suffix=".npy")
        self._path = Path(name)
        self._file = os.fdopen(handle, "r+b")
        self._header()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Forget the file unless it was published."""
        with contextlib.suppress(OSError):
            self._file.close()
            self._path.unlink(missing_ok=True)

    def add(self, row: Array) -> None:
        """Append one row."""
        self._file.write(np.ascontiguousarray(row, self._dtype).tobytes())
        self._rows += 1

    def publish(self, name: str, channels: int | None = None) -> Array:
        """Finish the file, give it its name and return the array.

        Args:
            name: What :func:`find` will be asked for.
            channels: Keep so many of the last axis only.
        """
        self._header()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        if channels is not None and channels != self._row_shape[-1]:
            with Writer((*self._row_shape[:-1], channels), self._dtype) as narrow:
                for row in np.load(self._path, mmap_mode="r"):
                    narrow.add(row[..., :channels])
                return narrow.publish(name)
        target = _arrays() / f"{name}.npy"
        with contextlib.suppress(PermissionError):  # Windows: made by another, who has it mapped
            os.replace(self._path, target)
        array: Array = np.load(target, mmap_mode="r")
        return array

    def _header(self) -> None:
        # NumPy leaves space in a header for the first axis to grow: its length stays the same
        description = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self._rows, *self._row_shape),
        }
        self._file.seek(0)
        np.lib.format.write_array_header_1_0(self._file, description)


def _arrays() -> Path:
    return files.cache_folder("arrays")
