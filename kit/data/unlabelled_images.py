"""Images whose classes nobody knows: something to look at, nothing to be scored on."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kit import progress
from kit.data import loading_notes
from kit.data.checking import refuse_broken
from kit.data.listing.folders import Entry, Listing
from kit.data.listing.tree import Problem, walk
from kit.data.scanning.images import Images
from kit.data.scanning.rows import Rows
from kit.data.scanning.scan import scan
from kit.data.splits import Splits
from kit.errors import DataError, KitError, SettingError


@dataclass(frozen=True)
class Joined(Images):
    """The images of one source and then those of another, numbered on."""

    first: Images = field(repr=False)
    second: Images = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse images of two sizes."""
        if self.first.shape != self.second.shape:
            raise SettingError(
                f"Images of shape {self.second.shape} cannot join images of shape "
                f"{self.first.shape}; read them with data.unlabelled(folder, splits)."
            )

    @property
    def failed(self) -> list[KitError]:
        """What reading either of them has raised so far."""
        return [*self.first.failed, *self.second.failed]

    @property
    def lost(self) -> Mapping[int, str]:
        """What cannot be read any more of either."""
        second = {number + len(self.first): why for number, why in self.second.lost.items()}
        return {**self.first.lost, **second}

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels."""
        return self.first.shape

    @property
    def dtype(self) -> "np.dtype[Any]":
        """uint8."""
        return self.first.dtype

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def read(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return the images of these numbers."""
        chosen, border = np.asarray(indices, np.int64), len(self.first)
        images = np.empty((len(chosen), *self.shape), self.dtype)
        for here, source, start in (
            (chosen < border, self.first, 0),
            (chosen >= border, self.second, border),
        ):
            if here.any():
                images[here] = source.read(chosen[here] - start)
        return images

    def read_present(
        self, indices: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """Return those images of these numbers that can still be read, and their numbers."""
        chosen, border = np.asarray(indices, np.int64), len(self.first)
        first, ones = self.first.read_present(chosen[chosen < border])
        second, others = self.second.read_present(chosen[chosen >= border] - border)
        there = chosen[np.isin(chosen, np.concatenate([ones, others + border]))]
        images = np.empty((len(there), *self.shape), self.dtype)
        images[there < border], images[there >= border] = first, second
        return images, there


def unlabelled(folder: Path | str, splits: Splits, cache: bool = True) -> Images:
    """Read all images below a folder as those of ``splits`` were read, without any class.

    Left out are the contents of the validation and the test part, which stay unseen. The folder is
    never written to. Notes go to stderr.

    Args:
        folder: Images at any depth.
        splits: The data whose size, color, aspect and equalization they get.
        cache: Whether decoded images are kept in the user's cache folder.

    Raises:
        DataError: The folder cannot be opened, more than 5 % of its images are broken, or none is
            left.
    """
    listed = _listed(Path(folder))
    height, width, _ = splits.image_shape
    rows = Rows((height, width), splits.color, splits.aspect, splits.equalization)
    scanned = scan(listed, rows, cache)
    refuse_broken(listed.root, scanned)
    held_out = [
        splits.hashes[number]
        for part, numbers in splits.parts.items()
        if part != "train"
        for number in numbers
    ]
    usable = np.flatnonzero(~np.isin(scanned.hashes, held_out))
    for note in [*scanned.notes, *loading_notes.skipped(scanned)]:
        progress.say(note)
    if len(usable) < len(scanned.hashes):
        progress.say(
            f"{len(scanned.hashes) - len(usable)} of the {len(scanned.hashes)} images in "
            f"{listed.root} are validation or test images and are left out."
        )
    if not len(usable):
        raise DataError(f"{listed.root} holds no image that can be used; pass another folder.")
    return _Chosen(scanned.images, usable)


@dataclass(frozen=True)
class _Chosen(Images):
    """Some of the images of a source, numbered anew."""

    source: Images = field(repr=False)
    numbers: npt.NDArray[np.int64] = field(repr=False)

    @property
    def failed(self) -> Any:
        return self.source.failed

    @property
    def lost(self) -> Mapping[int, str]:
        why = self.source.lost
        return {own: why[one] for own, one in enumerate(self.numbers.tolist()) if one in why}

    @property
    def shape(self) -> tuple[int, ...]:
        return self.source.shape

    @property
    def dtype(self) -> "np.dtype[Any]":
        return self.source.dtype

    def __len__(self) -> int:
        return len(self.numbers)

    def read(self, indices: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        return self.source.read(self.numbers[np.asarray(indices, np.int64)])

    def read_present(
        self, indices: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        own = np.asarray(indices, np.int64)
        images, numbers = self.source.read_present(self.numbers[own])
        return images, own[np.isin(self.numbers[own], numbers)]


def _listed(folder: Path) -> Listing:
    root = Path(os.path.realpath(folder))
    problems: list[Problem] = []
    try:
        found = sorted(walk(str(root), "", problems), key=lambda one: one.file)
    except OSError as error:
        raise DataError(f"{folder} cannot be opened: {error.strerror}.") from error
    entries = tuple(Entry(one, 0, "") for one in found)
    return Listing(root, ("unlabelled",), entries, tuple(problems), ())
