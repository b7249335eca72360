"""Images that are dark, burnt out, blurry, empty, of odd shape or misnamed: from numbers alone.

What is normal differs from one data set to the next: stars stand on black, goods on white. So most
limits move with the median image; the constants were set on 3,000 photos of cats and dogs, with
faults of known strength beside them (docs/audit.md).
"""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from kit.auditing.findings import Finding
from kit.data.loading_notes import misnamed

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
    """Return findings about single images, the rows of a :class:`Reading`'s table."""
    if images.empty:
        return []
    wrong = [misnamed(*one) for one in zip(images["file"], images["format"], strict=True)]
    one_color = images["spread"] < ONE_COLOR
    flat, vivid = images[one_color], images[~one_color]
    dark = vivid[vivid["light_end"] < min(DARK, images["light_end"].median() / 2)]
    bright = vivid[vivid["burnt"] >= images["burnt"].median() + BURNT]
    sides = images[["width", "height"]]
    ratio = sides.max(axis=1) / sides.min(axis=1)
    long = (ratio >= LONG) & (ratio >= LONGER * ratio.median())
    return [
        *_named(
            "wrong-extension",
            images[wrong],
            lambda one: f"{one.format} inside {PurePosixPath(one.file).suffix.lower()}",
        ),
        *_named("one-color", flat, lambda one: f"spread {one.spread:.0f} of 255", -flat["spread"]),
        *_named(
            "dark",
            dark,
            lambda one: f"99 % of its pixels are below {one.light_end:.0f} of 255",
            -dark["light_end"],
        ),
        *_named("bright", bright, lambda one: f"{one.burnt:.0%} of it is white", bright["burnt"]),
        *_blurry(vivid),
        *_named("odd-shape", images[long], lambda one: f"{one.width} x {one.height}", ratio[long]),
    ]


def _named(
    kind: str,
    images: pd.DataFrame,
    detail: Callable[[Any], str],
    weights: "pd.Series[float] | None" = None,
) -> list[Finding]:
    """Return a finding for each of these images."""
    each = [0.0] * len(images) if weights is None else weights.tolist()
    return [
        Finding(str(one.file), kind, detail=detail(one), weight=weight)
        for one, weight in zip(images.itertuples(), each, strict=True)
    ]


def _blurry(vivid: pd.DataFrame) -> list[Finding]:
    """Return images that lack fine detail, for the others and for their own contrast.

    A dark picture has little of both, a smooth one only of the first.
    """
    vivid = vivid[vivid[["width", "height"]].min(axis=1) >= LARGE_ENOUGH]
    if len(vivid) < FEWEST:
        return []
    measured = vivid[["sharpness", "relative_sharpness"]]
    away = measured - measured.median()
    scale = MAD * away.abs().median()  # the deviations' median, which a few odd images do not move
    worst = (away / scale.where(scale > 0)).fillna(0.0).max(axis=1)
    blurry = (worst <= UNSHARP) & (away.max(axis=1) <= TENTH)
    return _named(
        "blurry",
        vivid[blurry].assign(worst=worst[blurry]),
        lambda one: f"sharpness {one.worst:.1f} standard deviations from the median",
        -worst[blurry],
    )
