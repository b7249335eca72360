"""Images that are dark, burnt out, blurry, empty, of odd shape or misnamed: from numbers alone.

What is normal differs from one data set to the next: stars stand on black, goods on white. So most
limits move with the median image; the constants were set on 3,000 photos of cats and dogs, with
faults of known strength beside them (docs/audit.md).
"""

from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt
import pandas as pd

from kit.auditing.findings import Finding
from kit.data.loading_notes import misnamed

Floats = npt.NDArray[np.float64]

DARK = 105.0  # that 99 % stay below in every channel: what lacks 3 stops of light ends at 99
BURNT = 1 / 3  # of the picture beyond the share in the median image; 0.3 % of the photos have it
ONE_COLOR = 25.0  # of 255, spread of 98 % of the pixels; fog has 80 and compression noise 10
TENTH = -1.0  # decades: where all images have one grain, three deviations are next to nothing
UNSHARP = -3.0  # robust z; normal images seldom reach it, a blur of 1 % of the long side does
FEWEST = 20  # images, from which "unlike the others" has a meaning
LARGE_ENOUGH = 64  # pixels of the shorter side; in a smaller image single pixels are the drawing
LONG = 2.5  # long side to short; the widest photo format is 16:9, a strip begins beyond two squares
LONGER = 1.8  # and so many times the median image's ratio, since some data are strips
MAD = 1.4826  # makes the median absolute deviation of a normal distribution its standard deviation


def looks(images: pd.DataFrame) -> list[Finding]:
    """Return findings about single images.

    Args:
        images: As :class:`kit.auditing.measuring.Reading` has them.
    """
    if images.empty:
        return []
    return [
        *_misnamed(images),
        *_one_color(images),
        *_light(images),
        *_blurry(images),
        *_odd_shape(images),
    ]


def robust_z(values: Floats) -> Floats:
    """Return how many standard deviations values lie from the median, by the deviations' median.

    Zeros where half of the values are equal.
    """
    away = values - np.median(values)
    scale = MAD * float(np.median(np.abs(away)))
    return away / scale if scale > 0 else np.zeros_like(away)


def _misnamed(images: pd.DataFrame) -> list[Finding]:
    return [
        Finding(
            file, "wrong-extension", detail=f"{kind} inside {PurePosixPath(file).suffix.lower()}"
        )
        for file, kind in zip(images["file"], images["format"], strict=True)
        if misnamed(file, kind)
    ]


def _one_color(images: pd.DataFrame) -> list[Finding]:
    chosen = images[images["spread"] < ONE_COLOR]
    return [
        Finding(file, "one-color", detail=f"spread {spread:.0f} of 255", weight=-spread)
        for file, spread in zip(chosen["file"], chosen["spread"], strict=True)
    ]


def _light(images: pd.DataFrame) -> list[Finding]:
    vivid = images[images["spread"] >= ONE_COLOR]
    dark = vivid[vivid["light_end"] < min(DARK, images["light_end"].median() / 2)]
    bright = vivid[vivid["burnt"] >= images["burnt"].median() + BURNT]
    return [
        Finding(file, "dark", detail=f"99 % of it is below {end:.0f} of 255", weight=-end)
        for file, end in zip(dark["file"], dark["light_end"], strict=True)
    ] + [
        Finding(file, "bright", detail=f"{share:.0%} of it is white", weight=share)
        for file, share in zip(bright["file"], bright["burnt"], strict=True)
    ]


def _blurry(images: pd.DataFrame) -> list[Finding]:
    """Return images that lack fine detail, for the others and for their own contrast.

    A dark picture has little of both, a smooth one only of the first.
    """
    large = images[["width", "height"]].min(axis=1) >= LARGE_ENOUGH
    vivid = images[large & (images["spread"] >= ONE_COLOR)]
    if len(vivid) < FEWEST:
        return []
    columns = [vivid[name].to_numpy(float) for name in ("sharpness", "relative_sharpness")]
    worst = np.maximum.reduce([robust_z(column) for column in columns])
    decades = np.maximum.reduce([column - np.median(column) for column in columns])
    return [
        Finding(
            vivid["file"].iloc[row],
            "blurry",
            detail=f"sharpness {worst[row]:.1f} standard deviations from the median",
            weight=-float(worst[row]),
        )
        for row in np.flatnonzero((worst <= UNSHARP) & (decades <= TENTH))
    ]


def _odd_shape(images: pd.DataFrame) -> list[Finding]:
    sides = images[["width", "height"]]
    ratio = sides.max(axis=1) / sides.min(axis=1)
    chosen = np.flatnonzero((ratio >= LONG) & (ratio >= LONGER * ratio.median()))
    return [
        Finding(
            images["file"].iloc[row],
            "odd-shape",
            detail=f"{images['width'].iloc[row]} x {images['height'].iloc[row]}",
            weight=float(ratio.iloc[row]),
        )
        for row in chosen
    ]
