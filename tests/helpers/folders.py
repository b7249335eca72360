"""Folders of small pictures, a sub-folder a class."""

from pathlib import Path

import numpy as np
from PIL import Image


def fill(
    root: Path,
    seed: int = 0,
    size: tuple[int, int] = (6, 6),
    names: str = "{:03}.png",
    **classes: int,
) -> Path:
    """Write pictures of noise, all different, and return the folder.

    Args:
        root: Made where it is not there.
        seed: Of the noise.
        size: ``(height, width)``.
        names: Of the files, by their number.
        classes: Name -> how many; two underscores stand for a slash.
    """
    random = np.random.default_rng(seed)
    for name, count in classes.items():
        folder = root / name.replace("__", "/")
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            pixels = random.integers(0, 256, (*size, 3), np.uint8)
            Image.fromarray(pixels).save(folder / names.format(number))
    return root
