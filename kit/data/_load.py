"""From a folder to :class:`Splits`: list, judge, divide, and say what a person should know."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kit import progress
from kit.data import _advice, _earlier
from kit.data import augmentation as augmentations
from kit.data._divide import PARTS, divide
from kit.data._folder import Listing, listing
from kit.data._scan import Rows, Scan, median_size, scan
from kit.data._settings import check, check_shares, size_of
from kit.data._splits import Indices, Splits
from kit.errors import DataError

__all__ = ["load", "load_test"]

ENOUGH_FOR_TEST = 1000  # images; a test part of fewer than 150 says little
TEST_SHARE = 0.15


def load(
    folder: Path | str,
    image_size: int | tuple[int, int] | None = None,
    batch_size: int = 32,
    validation_split: float = 0.2,
    seed: int = 42,
    *,
    test_split: float | None = None,
    augmentation: str = "light",
    flip: bool | None = None,
    color: str = "auto",
    aspect: str = "stretch",
    equalization: str = "none",
    split: Path | str | None = None,
    cache: bool = True,
) -> Splits:
    """Read a folder of images: one sub-folder a class, perhaps within train, val and test.

    Every file is decoded once, before training, so that a broken one is known by name. The folder
    is never written to. Notes go to stderr and into the result.

    Args:
        folder: The data.
        image_size: Pixels: one number for a square or ``(height, width)``. Left out: the median
            longer side of the images, at most 128.
        batch_size: Images in a batch.
        validation_split: Share of each class for validation, where no folder gives that part.
        seed: What the division, the order and the augmentation are drawn from.
        test_split: Share of each class for the test, 0 for none, where no folder gives that part.
            Left out: 0.15 where there are at least 1000 images.
        augmentation: ``"none"``, ``"light"``, ``"medium"`` or ``"strong"``.
        flip: Whether augmentation may mirror images. Left out: unless the classes are single
            letters or digits, or speak of left and right.
        color: ``"rgb"``, ``"grayscale"``, or ``"auto"`` for grayscale where all images are gray.
        aspect: ``"stretch"``, ``"crop"`` or ``"pad"`` to the size.
        equalization: ``"contrast"`` stretches the grays of each image over the whole range,
            ``"histogram"`` makes all of them as frequent as can be, ``"none"`` leaves them.
        split: The ``split.csv`` of an earlier run: its files keep their part.
        cache: Whether decoded images are kept in the user's cache folder.

    Raises:
        SettingError: A setting is out of its range.
        DataError: The folder cannot be used; the message says what to do.
    """
    check(batch_size, validation_split, seed, test_split, color, aspect, equalization)
    augmentations.preset(augmentation)
    earlier = None if split is None else _earlier.read(Path(split))
    listed = listing(folder)
    size = size_of(median_size(listed) if image_size is None else image_size)
    scanned = scan(listed, Rows(size, color, aspect, equalization), cache)
    root, names = listed.root, listed.class_names
    _advice.refuse_broken(root, scanned)
    _advice.refuse_small(root, names, scanned)
    notes = [*scanned.notes, *_advice.skipped(scanned), *_advice.copies(scanned)]
    parts = _parts(scanned, validation_split, test_split, seed, earlier, notes)
    labels = [entry.label for entry in scanned.entries]
    notes += _advice.lacking(root, names, labels, parts) + _advice.across(parts, scanned.hashes)
    return _assembled(
        folder,
        listed,
        scanned,
        _numbers(parts),
        notes,
        batch_size=batch_size,
        seed=seed,
        augmentation=augmentation,
        flip=augmentations.may_flip(names) if flip is None else flip,
        aspect=aspect,
        equalization=equalization,
    )


def load_test(
    folder: Path | str,
    class_names: Sequence[str],
    image_size: tuple[int, int],
    color: str,
    aspect: str,
    batch_size: int = 32,
    cache: bool = True,
    equalization: str = "none",
) -> Splits:
    """Read a folder to score a model that exists: all its images are the test part.

    Args:
        folder: The data, in sub-folders named as classes of the model; not all need be there.
        class_names: The model's classes, in its order.
        image_size: ``(height, width)`` that the model takes.
        color: ``"rgb"`` or ``"grayscale"``, as the model was trained.
        aspect: ``"stretch"``, ``"crop"`` or ``"pad"``, as the model was trained.
        batch_size: Images in a batch.
        cache: Whether decoded images are kept in the user's cache folder.
        equalization: ``"none"``, ``"contrast"`` or ``"histogram"``, as the model was trained.

    Raises:
        SettingError: A setting is out of its range.
        DataError: The folder cannot be used; the message says what to do.
    """
    check(batch_size, 0.2, 0, None, color, aspect, equalization)
    listed = listing(folder, class_names)
    scanned = scan(listed, Rows(size_of(image_size), color, aspect, equalization), cache)
    _advice.refuse_broken(listed.root, scanned)
    if not scanned.entries:
        raise DataError(f"{listed.root} holds no image that can be decoded.")
    notes = [*scanned.notes, *_advice.skipped(scanned), *_advice.copies(scanned)]
    return _assembled(
        folder,
        listed,
        scanned,
        {"test": np.arange(len(scanned.entries))},
        notes,
        batch_size=batch_size,
        seed=0,
        augmentation="none",
        flip=False,
        aspect=aspect,
        equalization=equalization,
    )


def _assembled(
    folder: Path | str,
    listed: Listing,
    scanned: Scan,
    parts: Mapping[str, Indices],
    notes: Sequence[str],
    **settings: Any,
) -> Splits:
    """Say the notes, and put together what both ways of loading know."""
    for note in notes:
        progress.say(note)
    return Splits(
        folder=Path(folder),
        class_names=listed.class_names,
        files=tuple(entry.found.file for entry in scanned.entries),
        hashes=scanned.hashes,
        labels=np.array([entry.label for entry in scanned.entries], np.int64),
        parts=parts,
        images=scanned.images,
        color=scanned.color,
        fingerprint=scanned.fingerprint,
        problems=scanned.problems,
        notes=tuple(notes),
        **settings,
    )


def _parts(
    scanned: Scan,
    validation_split: float,
    test_split: float | None,
    seed: int,
    earlier: _earlier.Earlier | None,
    notes: list[str],
) -> list[str]:
    """Return the part of each image: remembered, given by its folder, or drawn."""
    labels = [entry.label for entry in scanned.entries]
    given = [entry.part for entry in scanned.entries]
    if earlier is not None:
        had_test = "test" in {*(part for part, _ in earlier.files.values()), *given}
        test = (TEST_SHARE if had_test else 0.0) if test_split is None else test_split
        check_shares(validation_split, test)
        left = 1 - validation_split - test
        shares = {"train": left, "validation": validation_split, "test": test}
        shares = {part: share for part, share in shares.items() if share > 0}
        return _earlier.kept(earlier, scanned, shares, seed, notes)
    if test_split is None:
        test_split = TEST_SHARE if len(given) >= ENOUGH_FOR_TEST else 0.0
    elif "test" in given:
        notes.append("test_split is not used: a folder gives the test part.")
    wanted = {"validation": validation_split, "test": test_split}
    shares = {part: share for part, share in wanted.items() if share > 0 and part not in given}
    check_shares(shares.get("validation", 0.0), shares.get("test", 0.0))
    pool = [image for image, part in enumerate(given) if part in {"", "train"}]
    placed = {scanned.hashes[image] for image in set(range(len(given))) - set(pool)}
    drawn = divide(
        [labels[image] for image in pool],
        [scanned.hashes[image] for image in pool],
        shares,
        seed,
        placed,
    )
    for image, part in zip(pool, drawn, strict=True):
        given[image] = part
    if "test" in shares and "test" not in given:
        notes.append("There is no test part: no class has an image to spare for it.")
    return given


def _numbers(parts: list[str]) -> Mapping[str, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    sides = np.array(parts)
    return {part: np.flatnonzero(sides == part) for part in PARTS if part in set(parts)}
