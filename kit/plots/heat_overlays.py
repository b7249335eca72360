"""Heat maps laid over their images, as pixels."""

from typing import Any

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray

from kit.errors import SettingError

COLORS = colormaps["inferno"]
STRONGEST = 0.75  # share of the color where the heat is 1, so that the image stays to be seen


def overlay(pixels: NDArray[np.uint8], heat: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """Return an image in gray under the colors of its heat: none, violet, red, yellow for most.

    The image loses its own colors, so that each one that is seen is heat.

    Args:
        pixels: ``(height, width, channels)``, values 0 to 255, 1 or 3 channels.
        heat: ``(rows, columns)`` from 0 to 1. Where it has fewer or more of them than the image has
            pixels, it is stretched.

    Returns:
        uint8 ``(height, width, 3)``.

    Raises:
        SettingError: The shapes are others.
    """
    if pixels.ndim != 3 or pixels.shape[-1] not in (1, 3) or heat.ndim != 2 or not heat.size:
        raise SettingError(
            "The image must have the shape (height, width, channels) with 1 or 3 channels, and the "
            f"heat map (rows, columns); got {pixels.shape} and {heat.shape}."
        )
    share = np.clip(_stretched(heat, *pixels.shape[:2]), 0, 1)[..., None]
    red, green, blue = np.moveaxis(np.broadcast_to(pixels, (*pixels.shape[:2], 3)), -1, 0)
    gray = (0.299 * red + 0.587 * green + 0.114 * blue)[..., None]  # as Pillow makes it
    mixed = (1 - STRONGEST * share) * gray + STRONGEST * share * 255 * COLORS(share[..., 0])[
        ..., :3
    ]
    return np.asarray(np.rint(mixed), np.uint8)


def _stretched(heat: NDArray[Any], height: int, width: int) -> NDArray[np.float64]:
    """Interpolate between the middles of pixels along each axis."""
    values = np.asarray(heat, np.float64)
    for axis, side in enumerate((height, width)):
        count = values.shape[axis]
        places = np.clip((np.arange(side) + 0.5) * count / side - 0.5, 0, count - 1)
        before = places.astype(int)
        after = np.minimum(before + 1, count - 1)
        part = np.expand_dims(places - before, 1 - axis)
        lower, upper = values.take(before, axis), values.take(after, axis)
        values = lower * (1 - part) + upper * part
    return values
