"""From a folder to :class:`Splits`: list, judge, divide, and say what a person should know."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from kit import choices, progress
from kit.data import loading_notes
from kit.data.batches import mirroring, mixing, offered_layers
from kit.data.batches.augmentation import preset
from kit.data.checking import check, refuse_small, size_of
from kit.data.division import earlier_run, grouping
from kit.data.division.assignment import parts_of
from kit.data.division.stratified_draw import PARTS
from kit.data.listing.folders import Listing
from kit.data.listing.table_columns import is_table
from kit.data.scanning.judging import Rows
from kit.data.scanning.scan import Scan, median_size
from kit.data.sources import listed_files, scanned_files
from kit.data.splits import Splits
from kit.errors import DataError, require_choice
from kit.setting_names import said


def load(
    folder: Path | str,
    image_size: int | tuple[int, int] | None = None,
    batch_size: int = 32,
    validation_split: float | None = None,
    seed: int = 42,
    *,
    test_split: float | None = None,
    parts: str | None = None,
    augmentation: str = "light",
    augment: Mapping[str, Any] | None = None,
    flip: str | bool | None = "auto",
    mix: str = "none",
    mix_alpha: float | None = None,
    sampling: str = "none",
    color: str = "auto",
    aspect: str = "stretch",
    equalization: str = "none",
    split: Path | str | None = None,
    group: str | None = None,
    strict: bool = False,
    exclude: Path | str | None = None,
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
            Left out: 0.2.
        seed: What the division, the order and the augmentation are drawn from.
        test_split: Share of each class for the test, 0 for none, where no folder gives that part.
            Left out: 0.15 where there are at least 1000 images and no part is given.
        parts: Which folders are parts where their names do not say it, as in
            ``"train=fold1,train=fold2,test=fold3"``; ``"."`` is the folder itself. ``"none"``:
            all folders are classes.
        augmentation: ``"none"``, ``"light"``, ``"medium"``, ``"strong"`` or ``"randaugment"``.
        augment: More layers of Keras', or other settings of the preset's, as in
            ``{"RandomZoom": 0.2, "RandomRotation": {"factor": 0.05, "fill_mode": "nearest"}}``.
        flip: Whether augmentation may mirror images: ``"yes"``, ``"no"``, or ``"auto"`` for yes
            unless the classes are single letters or digits, or speak of left and right. True, False
            and None say the same.
        mix: ``"mixup"``, ``"cutmix"`` or ``"both"`` mixes training images and their labels.
        mix_alpha: How even the shares are, see :class:`kit.data.batches.mixing.Mix`.
        sampling: ``"balanced"`` shows the classes equally often in an epoch; ``"smote"`` is for
            the features of a frozen backbone, see :mod:`kit.data.features.smote`.
        color: ``"rgb"``, ``"grayscale"``, or ``"auto"`` for grayscale where all images are gray.
        aspect: ``"stretch"``, ``"crop"`` or ``"pad"`` to the size.
        equalization: ``"contrast"`` stretches the grays of each image over the whole range,
            ``"histogram"`` makes all of them as frequent as can be, ``"none"`` leaves them.
        split: The ``split.csv`` of an earlier run: its files keep their part, and those whose
            bytes changed are named.
        group: What belongs together and stays in one part, besides copies: a column of the table;
            a regular expression whose first bracket, or all of it, finds the group's name in the
            path of a file; or ``"exif"`` for photos by one camera within a minute.
        strict: Whether the first file that is broken or refused ends the loading.
        exclude: A list of files to leave out: a CSV with a column ``file``, or one path a line.
        cache: Whether decoded images are kept in the user's cache folder.

    Raises:
        SettingError: A setting is out of its range.
        DataError: The folder cannot be used; the message says what to do.
    """
    flip = mirroring.wanted(flip)
    check(batch_size, validation_split, seed, test_split, color, aspect, equalization)
    require_choice("sampling", sampling, get_args(choices.Sampling))
    layers = offered_layers.rows(augment or {})
    mixed = mixing.mix(mix, mix_alpha)
    varied = dict([*preset(augmentation).layers, *layers])
    earlier = None if split is None else earlier_run.read(Path(split))
    listed, rule = listed_files(folder, exclude, group, parts)
    size = size_of(median_size(listed) if image_size is None else image_size)
    rows = Rows(size, color, aspect, equalization)
    scanned = scanned_files(listed, batch_size, rows, cache, strict)
    root, names = listed.root, listed.class_names
    refuse_small(root, names, scanned)
    groups = grouping.group(scanned, rule, cache)
    changed = [*scanned.changed, *(earlier_run.changed(earlier, scanned) if earlier else [])]
    drawn: list[str] = []
    sides = parts_of(scanned, groups.names, validation_split, test_split, seed, earlier, drawn)
    notes = [
        *loading_notes.of_files(scanned, changed, groups.notes, size),
        *drawn,
        *loading_notes.lacking(root, names, scanned.labels, sides),
        *loading_notes.across(sides, scanned.hashes, groups.names),
        *mirroring.advice(names, varied, flip),
        *(offered_layers.colourless(layers) if scanned.color == "grayscale" else []),
    ]
    return _assembled(
        folder,
        listed,
        scanned,
        sides,
        notes,
        groups=groups.names,
        changed=tuple(sorted(set(changed))),
        batch_size=batch_size,
        seed=seed,
        augmentation=augmentation,
        augment=layers,
        flip=mirroring.flips(flip, names),
        mix=mixed,
        sampling=sampling,
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
    exclude: Path | str | None = None,
    parts: str | None = None,
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
        exclude: As for :func:`load`.
        parts: Likewise; folders that it does not name are not scored.

    Raises:
        SettingError: A setting is out of its range.
        DataError: The folder cannot be used; the message says what to do.
    """
    check(batch_size, None, 0, None, color, aspect, equalization)
    listed, _ = listed_files(folder, exclude, parts=parts, known=class_names)
    rows = Rows(size_of(image_size), color, aspect, equalization)
    scanned = scanned_files(listed, batch_size, rows, cache)
    if not scanned.entries:
        raise DataError(f"{listed.root} contains no image that can be decoded.")
    return _assembled(
        folder,
        listed,
        scanned,
        ["test"] * len(scanned.entries),
        loading_notes.of_files(scanned, scanned.changed),
        groups=scanned.hashes,
        changed=scanned.changed,
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
    sides: Sequence[str],
    notes: Sequence[str],
    **settings: Any,
) -> Splits:
    """Say the notes, and put together what both ways of loading know."""
    notes = [said(note) for note in notes]
    for note in notes:
        progress.say(progress.clean(note))  # one line, whatever the names of files hold
    return Splits(
        folder=listed.root if is_table(folder) else Path(folder),
        class_names=listed.class_names,
        files=tuple(entry.found.file for entry in scanned.entries),
        hashes=scanned.hashes,
        labels=np.array(scanned.labels, np.int64),
        parts={part: np.flatnonzero(np.array(sides) == part) for part in PARTS if part in sides},
        images=scanned.images,
        color=scanned.color,
        fingerprint=scanned.fingerprint,
        problems=scanned.problems,
        notes=tuple(notes),
        **settings,
    )
