"""What one file is like: one decode, a few numbers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from kit.data.decoding import decoder, opening
from kit.data.division.near_copies import SIDE, thumbnail
from kit.data.scanning.judging import Finding, content_hash, is_gray, unusable

Pixels = npt.NDArray[np.uint8]

RULES = 3  # raised when a number below is found in another way
WORKING_SIDE = 256  # pixels: blur that does not show at this size is lost in training anyway
BURNT = 250  # of 255, where compression leaves what was white


@dataclass(frozen=True)
class Measures(Finding):
    """What a file turned out to be, and of a usable one what its picture is like.

    ``pixels`` is a hash of its size and its shrunk picture. Brightness is ITU-R 601-2 luma from 0
    to 255, on the picture shrunk to a square of at most 256 pixels, never enlarged.

    Attributes:
        brightness: Mean luma.
        contrast: Standard deviation of luma.
        light_end: What 1 % of the picture exceeds in its brightest channel: a small or a deep red
            thing that is lit makes a picture no dark one.
        burnt: Share of the picture with luma 250 or more.
        spread: Between the 1st and the 99th percentile, of the channel where it is widest.
        sharpness: Common logarithm of the variance of the Laplacian of luma (J. L. Pech-Pacheco
            et al., "Diatom autofocusing in brightfield microscopy", ICPR, 2000).
        relative_sharpness: The same after division by the variance of luma.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    light_end: float = 0.0
    burnt: float = 0.0
    spread: float = 0.0
    sharpness: float = 0.0
    relative_sharpness: float = 0.0


def measure(path: Path) -> tuple[Measures, Pixels]:
    """Return what a file is like, and its 32x32 gray thumbnail, black where it is no image.

    Raises:
        DataError: It is a HEIC photo and the package that reads these is missing.
    """
    digest = ""
    try:
        data = opening.read(path)
        digest = content_hash(data)
        side = min(WORKING_SIDE, *opening.dimensions(data))
        pixels, facts = decoder.decode_with_facts(data, (side, side))
    except opening.BrokenImage as error:
        return Measures(**vars(unusable(path, digest, error))), np.zeros((SIDE, SIDE), np.uint8)
    measures = Measures(
        **vars(facts),
        hash=digest,
        pixels=content_hash(f"{facts.width}x{facts.height}:".encode() + pixels.tobytes()),
        gray=is_gray(pixels),
        **_numbers(pixels),
    )
    return measures, thumbnail(pixels)


def _numbers(pixels: Pixels) -> dict[str, Any]:
    luma = np.array(Image.fromarray(pixels).convert("L")).astype(np.float32)
    low, high = np.percentile(pixels, [1, 99], axis=(0, 1))
    # one gray level of rounding noise is no sharpness: it keeps the logarithm of nothing finite
    fine, coarse = float(_laplacian(luma).var()) + 0.1, float(luma.var()) + 1.0
    found = {
        "brightness": float(luma.mean()),
        "contrast": float(luma.std()),
        "light_end": float(np.percentile(pixels.max(axis=-1), 99)),
        "burnt": float((luma >= BURNT).mean()),
        "spread": float((high - low).max()),
        "sharpness": float(np.log10(fine)),
        "relative_sharpness": float(np.log10(fine / coarse)),
    }
    return {name: round(value, 4) for name, value in found.items()}


def _laplacian(luma: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    padded = np.pad(luma, 1, mode="edge")
    around = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    result: npt.NDArray[np.float32] = around - 4 * luma
    return result
