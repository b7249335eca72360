"""Images to begin with: handwritten digits as a folder, and a handful of any data for a picture."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kit import files
from kit.errors import require_choice

if TYPE_CHECKING:
    from kit.data.splits import Splits

DIGITS = 1797  # images in scikit-learn's set
INK = 16  # its darkest value; 0 is paper


def digits() -> Path:
    """Return a folder of 1,797 handwritten digits, 8x8 gray PNG files, one sub-folder a digit.

    They are scikit-learn's, the test part of Alpaydin and Kaynak, "Optical Recognition of
    Handwritten Digits", UCI Machine Learning Repository, 1998. The folder is made in the user's
    cache at the first call; it is complete or not there, also when two processes make it at once.
    """
    shelf = files.cache_folder("samples")
    folder = shelf / "digits"
    if _complete(folder):
        return folder
    scratch = Path(tempfile.mkdtemp(dir=shelf, prefix=".making-"))
    try:
        made = scratch / "made"
        _write_digits(made)
        _publish(made, folder, aside=scratch / "old")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def random_images(
    splits: "Splits", count: int = 16, seed: int | None = None, part: str = "train"
) -> tuple[NDArray[np.uint8], list[str], list[str]]:
    """Return some images of a part, without repeats, fewer than ``count`` where there are fewer.

    Args:
        splits: The data.
        count: Number of images.
        seed: Chooses them; the data's own seed where it is None.
        part: "train", "validation" or "test".

    Returns:
        Images uint8 ``(count, height, width, channels)``, their class names, their file names.

    Raises:
        SettingError: The data has no such part.
    """
    require_choice("part", part, splits.parts)
    rng = np.random.default_rng(splits.seed if seed is None else seed)
    chosen = rng.permutation(splits.parts[part])[:count]
    images, indices = splits.images.read_present(chosen)
    classes = [splits.class_names[label] for label in splits.labels[indices]]
    return images, classes, [splits.files[i] for i in indices]


def _complete(folder: Path) -> bool:
    # Programs that tidy caches may have taken a few files; counting ten folders costs nothing.
    return folder.is_dir() and sum(1 for _ in folder.glob("[0-9]/*.png")) == DIGITS


def _write_digits(folder: Path) -> None:
    from sklearn.datasets import load_digits

    data: Any = load_digits()
    grays = np.rint(data.images * (255 / INK)).astype(np.uint8)
    for digit in range(10):
        (folder / str(digit)).mkdir(parents=True)
    for number, (gray, digit) in enumerate(zip(grays, data.target, strict=True)):
        Image.fromarray(gray).save(folder / str(digit) / f"digit-{number:04}.png")


def _publish(made: Path, folder: Path, aside: Path) -> None:
    """Rename ``made`` to ``folder``; an incomplete one that is there goes ``aside``."""
    if _complete(folder):  # another process was faster, with the same files
        return
    if folder.exists():
        os.replace(folder, aside)
    try:
        os.rename(made, folder)
    except OSError:
        if not _complete(folder):
            raise
