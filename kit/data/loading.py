"""From a folder to :class:`Splits`: list, judge, divide, and say what a person should know."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import numpy as np

from kit import choices
from kit.data import loading_notes
from kit.data.assembling import assembled, listed_files, scanned_files
from kit.data.batches import mirroring, mixing, offered_layers
from kit.data.batches.augmentation import preset
from kit.data.checking import check, refuse_small, size_of
from kit.data.division import earlier_run, group_rules, grouping
from kit.data.division.assignment import parts_of
from kit.data.division.drawing import PARTS
from kit.data.listing import sources
from kit.data.scanning.rows import Rows
from kit.data.scanning.scan import median_size
from kit.data.splits import Indices, Splits
from kit.errors import DataError, require_choice


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
    column = sources.group_column(Path(folder), group)
    rule = group if column is None else None
    listed = listed_files(folder, exclude, group=column, parts=parts)
    if rule is not None:
        group_rules.check(rule, [entry.found.file for entry in listed.entries])
    size = size_of(median_size(listed) if image_size is None else image_size)
    rows = Rows(size, color, aspect, equalization)
    scanned = scanned_files(listed, batch_size, rows, cache, strict)
    root, names = listed.root, listed.class_names
    refuse_small(root, names, scanned)
    groups = grouping.group(scanned, rule, cache)
    changed = [
        *scanned.changed,
        *([] if earlier is None else earlier_run.changed(earlier, scanned)),
    ]
    drawn: list[str] = []
    sides = parts_of(scanned, groups.names, validation_split, test_split, seed, earlier, drawn)
    notes = [
        *loading_notes.of_files(scanned, changed, groups.notes, size),
        *drawn,
        *loading_notes.of_parts(root, names, scanned, sides, groups.names),
        *mirroring.advice(names, varied, flip),
        *(offered_layers.colourless(layers) if scanned.color == "grayscale" else []),
    ]
    return assembled(
        folder,
        listed,
        scanned,
        _numbers(sides),
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
    listed = listed_files(folder, exclude, class_names, parts=parts)
    rows = Rows(size_of(image_size), color, aspect, equalization)
    scanned = scanned_files(listed, batch_size, rows, cache)
    if not scanned.entries:
        raise DataError(f"{listed.root} holds no image that can be decoded.")
    return assembled(
        folder,
        listed,
        scanned,
        {"test": np.arange(len(scanned.entries))},
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


def _numbers(parts: Sequence[str]) -> Mapping[str, Indices]:
    sides = np.array(parts)
    return {part: np.flatnonzero(sides == part) for part in PARTS if part in set(parts)}
