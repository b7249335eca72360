"""Which kinds of images a model gets wrong more often: dark, small, unsharp, of one file type."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kit import comparison
from kit.auditing import measuring
from kit.comparison.slices import FEWEST
from kit.data.listing.folders import listing
from kit.progress import some

FIFTH = 0.2  # of the images: what is dark or small differs from one data set to the next


def measured(
    folder: Path, class_names: Sequence[str], files: Sequence[str], parts: str | None, cache: bool
) -> pd.DataFrame:
    """Return what images are like: a row for each of these files that can still be read.

    Raises:
        DataError: The folder cannot be used.
    """
    listed = listing(folder, class_names, parts=parts)
    images = measuring.read(listed, cache).images
    return images[images["file"].isin(set(files))].reset_index(drop=True)


def kinds(images: pd.DataFrame, class_names: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    """Return for each kind of image which of the rows are of it.

    Args:
        images: As :func:`measured` gives them.
        class_names: A folder called like a class says nothing but the class, and is no kind.
    """
    found: dict[str, pd.Series[bool]] = {}
    side = images[["width", "height"]].min(axis=1)
    light, sharp = images["brightness"], images["relative_sharpness"]
    low, high = light.quantile(FIFTH), light.quantile(1 - FIFTH)
    found[f"Dark images (mean brightness below {low:.0f} of 255)"] = light < low
    found[f"Bright images (mean brightness above {high:.0f} of 255)"] = light > high
    found["Unsharp images (the least sharp fifth)"] = sharp < sharp.quantile(FIFTH)
    least = side.quantile(FIFTH)
    found[f"Small images (shorter side below {least:.0f} pixels)"] = side < least
    folders = images["file"].map(lambda file: _folder(file, class_names))
    for name in sorted(images["format"].unique()):
        found[f"{name} files"] = images["format"] == name
    for name in sorted(set(folders) - {""}):
        found[f"Folder {name}"] = folders == name
    return {kind: mask.to_numpy(bool) for kind, mask in found.items()}


def _folder(file: str, class_names: Sequence[str]) -> str:
    parents = PurePosixPath(file).parent.parts
    return "/".join(part for part in parents if part not in class_names)


def sentences(found: Sequence[comparison.Slice]) -> list[str]:
    """Say which kinds are told apart from the other images."""
    if not found:
        return [f"No kind of image is compared with the others: {FEWEST} images of one are needed."]
    names = [one.kind.partition(" (")[0] for one in found]
    apart = [str(one) for one in found if one.told_apart]
    if not apart:
        return [f"No kind of image stands out. Compared with the others: {some(names)}."]
    return [f"Of {len(found)} kinds of images, these are told apart from the others:", *apart]
