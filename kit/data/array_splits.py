"""Images that are arrays already, divided as those of a folder are."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from kit import choices, progress
from kit.data.batches import mirroring, mixing, offered_layers
from kit.data.batches.augmentation import preset
from kit.data.checking import check
from kit.data.division.stratified_draw import PARTS, contradicting, divide
from kit.data.scanning.images import CachedImages
from kit.data.splits import Splits
from kit.errors import DataError, SettingError, require_choice

LARGEST = 255  # of a pixel
FEWEST = 2  # images of a class: one to train, one to validate


def from_arrays(
    images: npt.ArrayLike,
    labels: npt.ArrayLike,
    class_names: Sequence[str] | None = None,
    validation_split: float = 0.2,
    *,
    test_split: float = 0.0,
    parts: Sequence[str] | None = None,
    batch_size: int = 32,
    seed: int = 42,
    augmentation: str = "light",
    augment: Mapping[str, Any] | None = None,
    flip: str | bool | None = "auto",
    mix: str = "none",
    mix_alpha: float | None = None,
    sampling: str = "none",
) -> Splits:
    """Return training, validation and test part of images in memory.

    Equal images stay in one part. What is said of :func:`kit.data.load` holds for the settings that
    are called the same.

    Args:
        images: ``(images, height, width)`` gray, or with 1 or 3 channels behind; uint8, or other
            numbers from 0 to 255, which are rounded.
        labels: ``(images,)``: numbers of classes from 0, or their names.
        class_names: In the order of the numbers. Left out: the numbers, or the names as sorted.
        validation_split: Share of each class for validation.
        test_split: Share of each class for a test part, 0 for none.
        parts: Where each image goes, ``"train"``, ``"validation"`` or ``"test"``, in place of the
            two shares.
        batch_size: Images in a batch.
        seed: What the division, the order and the augmentation are drawn from.
        augmentation: The preset.
        augment: More layers, or other settings of the preset's.
        flip: Whether augmentation may mirror images.
        mix: How training images are mixed.
        mix_alpha: How even the shares of a mixture are.
        sampling: How often classes come in an epoch.

    Raises:
        SettingError: Shape, type or range of an array is another, or a setting is out of its range.
        DataError: A class has too few different images.
    """
    check(batch_size, validation_split, seed, test_split, "auto", "stretch", "none")
    flip = mirroring.wanted(flip)
    require_choice("sampling", sampling, get_args(choices.Sampling))
    layers = offered_layers.rows(augment or {})
    mixed = mixing.mix(mix, mix_alpha)
    varied = dict([*preset(augmentation).layers, *layers])
    pixels = _pixels(np.asarray(images))
    numbers, names = _classes(np.asarray(labels), class_names, len(pixels))
    hashes = tuple(blake2b(one.tobytes(), digest_size=16).hexdigest() for one in pixels)
    _refuse_few(numbers, names, hashes)
    if parts is None:
        shares = {"validation": validation_split, "test": test_split}
        used = {part: share for part, share in shares.items() if share > 0}
        sides = divide(
            numbers.tolist(), hashes, used, seed, contradicting(numbers.tolist(), hashes)
        )
    else:
        sides = _sides(parts, len(pixels))
    notes = mirroring.advice(names, varied, flip)
    for note in notes:
        progress.say(note)
    everything = blake2b("".join([*hashes, *names]).encode() + numbers.tobytes(), digest_size=16)
    return Splits(
        folder=Path("arrays"),
        class_names=names,
        files=tuple(f"image {number:0{len(str(len(pixels)))}}" for number in range(len(pixels))),
        hashes=hashes,
        groups=hashes,
        labels=numbers,
        parts={
            part: np.flatnonzero(np.array(sides) == part) for part in PARTS if part in set(sides)
        },
        images=CachedImages(pixels),
        batch_size=batch_size,
        seed=seed,
        augmentation=augmentation,
        augment=layers,
        flip=mirroring.flips(flip, names),
        mix=mixed,
        sampling=sampling,
        color="grayscale" if pixels.shape[-1] == 1 else "rgb",
        aspect="stretch",
        fingerprint=everything.hexdigest(),
        problems=(),
        notes=tuple(notes),
        changed=(),
    )


def _pixels(images: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Return images as uint8 (images, height, width, channels)."""
    array = images[..., np.newaxis] if images.ndim == 3 else images
    if array.ndim != 4 or array.shape[-1] not in (1, 3) or 0 in array.shape:
        raise SettingError(
            "images must have the shape (images, height, width), or (images, height, width, "
            f"channels) with 1 or 3 channels; got {images.shape}."
        )
    if array.dtype == np.uint8:
        return np.asarray(array)
    if not (np.issubdtype(array.dtype, np.integer) or np.issubdtype(array.dtype, np.floating)):
        raise SettingError(f"images must be numbers, uint8 or float; got {array.dtype}.")
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= LARGEST):  # NaN is in no range
        raise SettingError(f"images must be from 0 to {LARGEST}; got {low:g} to {high:g}.")
    if high <= 1 and np.issubdtype(array.dtype, np.floating):
        raise SettingError(
            f"images must be from 0 to {LARGEST}; got {low:g} to {high:g}. Multiply them by "
            f"{LARGEST}: networks scale them themselves."
        )
    rounded: npt.NDArray[np.uint8] = np.rint(array).astype(np.uint8)
    return rounded


def _classes(
    labels: npt.NDArray[Any], class_names: Sequence[str] | None, count: int
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Return the number of each image's class, and the classes' names."""
    flat = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if flat.shape != (count,):
        hint = " labels.argmax(axis=1) turns rows into numbers." if flat.ndim == 2 else ""
        raise SettingError(
            f"labels must be {count} numbers or names, one for each image; got the shape "
            f"{labels.shape}.{hint}"
        )
    if np.issubdtype(flat.dtype, np.integer):
        numbers = flat.astype(np.int64)
        names = tuple(map(str, range(numbers.max() + 1) if class_names is None else class_names))
        if numbers.min() < 0 or numbers.max() >= len(names):
            raise SettingError(
                f"labels must be from 0 to {len(names) - 1}, because there are {len(names)} "
                f"classes; got {numbers.min()} to {numbers.max()}."
            )
    elif all(isinstance(one, str) for one in flat):
        names = tuple(sorted(set(flat.tolist())) if class_names is None else class_names)
        places = {name: place for place, name in enumerate(names)}
        if strangers := sorted(set(flat.tolist()) - set(places)):
            raise SettingError(f'labels: "{strangers[0]}" is not in class_names.')
        numbers = np.array([places[name] for name in flat.tolist()], np.int64)
    else:
        raise SettingError(f"labels must be whole numbers or names; got {flat.dtype}.")
    if len(set(names)) < max(2, len(names)):
        raise SettingError(f"There must be two classes or more, each named once; got {names}.")
    return numbers, names


def _refuse_few(
    numbers: npt.NDArray[np.int64], names: Sequence[str], hashes: Sequence[str]
) -> None:
    different = [
        len({hashes[image] for image in np.flatnonzero(numbers == place).tolist()})
        for place in range(len(names))
    ]
    few = [name for name, count in zip(names, different, strict=True) if count < FEWEST]
    if few:
        raise DataError(
            f"Every class needs {FEWEST} different images; too few in {', '.join(few[:5])}."
        )


def _sides(parts: Sequence[str], count: int) -> list[str]:
    sides = [str(part) for part in parts]
    if len(sides) != count or set(sides) - set(PARTS) or not {"train", "validation"} <= set(sides):
        raise SettingError(
            f"parts must assign each of the {count} images to {', '.join(PARTS)}, and use both of "
            f"the first two; got {', '.join(sorted(set(sides))) or '-'} for {len(sides)} images."
        )
    return sides
