"""Images whose classes nobody knows: something to look at, nothing to be scored on."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kit import progress
from kit.data import loading_notes
from kit.data.listing.folders import Entry, Listing
from kit.data.listing.tree import Problem, walk
from kit.data.scanning.images import Images
from kit.data.scanning.judging import Rows
from kit.data.sources import scanned_files
from kit.data.splits import Indices, Splits
from kit.errors import DataError, KitError, SettingError


class Joined(Images):
    """The images of one source and then those of others, numbered on; or some of these."""

    def __init__(self, *sources: Images, numbers: Indices | None = None) -> None:
        """Put them one behind the other.

        Args:
            sources: All of one shape.
            numbers: Which of their images to keep; left out, all.

        Raises:
            SettingError: The images are of different shapes.
        """
        for source in sources[1:]:
            if source.shape != sources[0].shape:
                raise SettingError(
                    f"Images of shape {source.shape} cannot be combined with images of shape "
                    f"{sources[0].shape}. Read them with data.unlabelled(folder, splits)."
                )
        ends = np.cumsum([len(source) for source in sources]).tolist()
        self._sources = list(zip(sources, [0, *ends], ends, strict=False))
        self._numbers = np.arange(ends[-1]) if numbers is None else numbers

    @property
    def failed(self) -> list[KitError]:
        """What reading any of them has raised so far."""
        return [error for source, _, _ in self._sources for error in source.failed]

    @property
    def lost(self) -> Mapping[int, str]:
        """What cannot be read any more of any."""
        lost = [(source.lost, start) for source, start, _ in self._sources]
        why = {number + start: reason for each, start in lost for number, reason in each.items()}
        return {own: why[one] for own, one in enumerate(self._numbers.tolist()) if one in why}

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width and channels."""
        return self._sources[0][0].shape

    @property
    def dtype(self) -> "np.dtype[Any]":
        """uint8."""
        return self._sources[0][0].dtype

    def __len__(self) -> int:
        return len(self._numbers)

    def read(self, indices: Indices) -> npt.NDArray[Any]:
        """Return the images of these numbers."""
        chosen = self._numbers[np.asarray(indices, np.int64)]
        images = np.empty((len(chosen), *self.shape), self.dtype)
        for source, start, end in self._sources:
            here = (chosen >= start) & (chosen < end)
            if here.any():
                images[here] = source.read(chosen[here] - start)
        return images

    def read_present(self, indices: Indices) -> tuple[npt.NDArray[Any], Indices]:
        """Return those images of these numbers that can still be read, and their numbers."""
        own = np.asarray(indices, np.int64)
        chosen = self._numbers[own]
        images, there = np.empty((len(own), *self.shape), self.dtype), np.zeros(len(own), bool)
        for source, start, end in self._sources:
            here = np.flatnonzero((chosen >= start) & (chosen < end))
            found, numbers = source.read_present(chosen[here] - start)
            here = here[np.isin(chosen[here] - start, numbers)]
            images[here], there[here] = found, True
        return images[there], own[there]


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
    scanned = scanned_files(listed, splits.batch_size, rows, cache)
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
            f"{listed.root} are validation or test images, so they are left out."
        )
    if not len(usable):
        raise DataError(f"{listed.root} contains no usable image. Pass another folder.")
    return Joined(scanned.images, numbers=usable)


def _listed(folder: Path) -> Listing:
    root = Path(os.path.realpath(folder))
    problems: list[Problem] = []
    try:
        found = sorted(walk(str(root), "", problems), key=lambda one: one.file)
    except OSError as error:
        raise DataError(f"{folder} cannot be opened: {error.strerror}.") from error
    entries = tuple(Entry(one, 0, "") for one in found)
    return Listing(root, ("unlabelled",), entries, tuple(problems), ())
