"""Features that earlier arrays hold, row by row: by the content of the image they are of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from kit.data.scanning import pixel_cache, records

Array = npt.NDArray[Any]

MOST = 4  # arrays of one network that are looked through


@dataclass(frozen=True)
class Kept:
    """Row ``i`` is ``arrays[places[i]][rows[i]]``; the place -1 says that it is not there.

    Attributes:
        whole: The array that holds all rows in this order, where there is one.
    """

    arrays: tuple[Array, ...] = field(repr=False)
    places: Array = field(repr=False)
    rows: Array = field(repr=False)
    whole: Array | None = field(default=None, repr=False)

    @property
    def present(self) -> Array:
        """Tell which rows are there."""
        present: Array = self.places >= 0
        return present

    def __getitem__(self, row: int) -> Array:
        vector: Array = self.arrays[self.places[row]][self.rows[row]]
        return vector


def nothing(count: int) -> Kept:
    """Return none of ``count`` rows."""
    return Kept((), np.full(count, -1), np.zeros(count, np.int64))


def find(recipe: str, keys: Sequence[str], shape: tuple[int, ...]) -> Kept:
    """Return what is kept of rows: one array with all of them, or rows of several.

    Args:
        recipe: What all rows depend on.
        keys: What tells each row from others, ``""`` for one that is of no use.
        shape: Of a row.
    """
    every = np.arange(len(keys))
    whole = pixel_cache.find(array_name(recipe, keys), (len(keys), *shape))
    if whole is not None:
        return Kept((whole,), np.zeros(len(keys), np.int64), every, whole)
    places, rows = np.full(len(keys), -1), np.zeros(len(keys), np.int64)
    arrays: list[Array] = []
    for other, known in _listed(recipe).items():
        array = pixel_cache.find(other, (len(known), *shape))
        if array is None:
            continue
        row_of = {key: row for row, key in enumerate(known) if key}
        for place in np.flatnonzero(places < 0).tolist():
            row = row_of.get(keys[place])
            if row is not None:
                places[place], rows[place] = len(arrays), row
        arrays.append(array)
    return Kept(tuple(arrays), places, rows)


def remember(recipe: str, keys: Sequence[str]) -> None:
    """Store which rows the array of :func:`array_name` holds.

    Raises:
        OSError: The cache cannot be written.
    """
    name = array_name(recipe, keys)
    others = [item for item in _listed(recipe).items() if item[0] != name]
    records.remember_value(f"rows-{recipe}", dict([(name, list(keys)), *others][:MOST]))


def _listed(recipe: str) -> dict[str, list[str]]:
    return records.recall_value(f"rows-{recipe}") or {}


def array_name(recipe: str, keys: Sequence[str]) -> str:
    """Return what the array is called that holds these rows in this order."""
    return f"features-{hashed(recipe, *keys)}"


def hashed(*texts: str) -> str:
    """Return the blake2b of texts, 16 bytes in hex."""
    return blake2b("\n".join(texts).encode(), digest_size=16).hexdigest()
