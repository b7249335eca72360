"""What augmentation makes of an image, decided by NumPy before TensorFlow carries it out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NUMBERS", "Preset", "draws", "erase", "plan"]

Array = NDArray[Any]

GREY = 127.5  # the middle of [0, 255]: contrast turns about it, so that nothing is measured
LUMINANCE = (0.299, 0.587, 0.114)  # of red, green and blue, ITU-R BT.601

# One random number each, in this order. New ones go to the end: the rest stays as it was.
FLIP, DOWN, RIGHT, ZOOM, STRETCH, ANGLE, BRIGHTNESS, CONTRAST, SATURATION = range(9)
ERASE, ERASE_DOWN, ERASE_RIGHT, ERASE_AREA, ERASE_STRETCH, NUMBERS = range(9, 15)


@dataclass(frozen=True)
class Preset:
    """How far images are changed; each number is the widest change, drawn evenly up to it.

    Attributes:
        translation: Share of the height and of the width by which the picture moves.
        zoom: Smallest and largest part of a side that is seen: 0.8 is nearer, 1.1 farther away.
        stretch: By how much the height may outgrow the width, or the reverse: 0.1 is 10 %.
        rotation: Degrees to either side.
        brightness: Share of the range of values that is added or taken away.
        contrast: Share by which distances from middle grey grow or shrink.
        saturation: Share by which distances from grey of equal brightness grow or shrink.
        erased: Share of the images that lose a rectangle of 2 to 20 % of their area.
    """

    translation: float = 0.0
    zoom: tuple[float, float] = (1.0, 1.0)
    stretch: float = 0.0
    rotation: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    erased: float = 0.0

    @property
    def colours(self) -> bool:
        """Whether values change, not only places."""
        return bool(self.brightness or self.contrast or self.saturation)


def draws(seed: int, epoch: int, indices: Array) -> Array:
    """Return the random numbers of some images in an epoch, float64 ``(n, NUMBERS)`` in [0, 1)."""
    # The final 1 keeps these apart from the shuffling, which is seeded by [seed, epoch].
    rows = [np.random.default_rng([seed, epoch, int(i), 1]).random(NUMBERS) for i in indices]
    return np.array(rows).reshape(len(rows), NUMBERS)


def plan(settings: Preset, flip: bool, shape: Sequence[int], drawn: Array) -> tuple[Array, Array]:
    """Turn random numbers into where each pixel comes from and what its value becomes.

    Args:
        settings: The preset.
        flip: Whether half of the images are mirrored left to right.
        shape: ``(height, width, channels)`` of the images.
        drawn: Random numbers from :func:`draws`, ``(n, NUMBERS)``.

    Returns:
        ``places``, float32 ``(n, 8)``: a, b, c, d, e, f, 0, 0, so that the pixel in column x and
        row y comes from column ``a x + b y + c`` and row ``d x + e y + f``; and ``colours``,
        float32 ``(n, channels + 1, channels)``: values (a row vector) are multiplied by the upper
        rows, and the last row is added.
    """
    height, width, channels = shape
    aspect = _between(drawn[:, STRETCH], -1, 1) * math.log1p(settings.stretch) / 2
    seen = _between(drawn[:, ZOOM], *settings.zoom)
    step_y, step_x = seen * np.exp(aspect), seen * np.exp(-aspect)
    if flip:
        step_x = np.where(drawn[:, FLIP] < 0.5, -step_x, step_x)
    angle = np.radians(_between(drawn[:, ANGLE], -1, 1) * settings.rotation)
    move_x = _between(drawn[:, RIGHT], -1, 1) * settings.translation * width
    move_y = _between(drawn[:, DOWN], -1, 1) * settings.translation * height
    places = np.zeros((len(drawn), 8), np.float32)
    a, b = step_x * np.cos(angle), -step_x * np.sin(angle)
    d, e = step_y * np.sin(angle), step_y * np.cos(angle)
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    places[:, 0], places[:, 1], places[:, 3], places[:, 4] = a, b, d, e
    places[:, 2] = middle_x + move_x - a * middle_x - b * middle_y
    places[:, 5] = middle_y + move_y - d * middle_x - e * middle_y
    return places, _colours(settings, channels, drawn)


def erase(settings: Preset, images: Array, drawn: Array) -> Array:
    """Return the images, uint8 ``(n, height, width, channels)``, some with a grey rectangle."""
    chosen = np.flatnonzero(drawn[:, ERASE] < settings.erased)
    if not len(chosen):
        return images
    images = images.copy()
    height, width = images.shape[1:3]
    for image, numbers in zip(chosen, drawn[chosen], strict=True):
        side = math.sqrt(_between(numbers[ERASE_AREA], 0.02, 0.2))
        aspect = math.exp(_between(numbers[ERASE_STRETCH], -0.5, 0.5))
        tall = max(1, round(height * side * aspect))
        wide = max(1, round(width * side / aspect))
        top = round(numbers[ERASE_DOWN] * (height - tall))
        left = round(numbers[ERASE_RIGHT] * (width - wide))
        images[image, top : top + tall, left : left + wide] = round(GREY)
    return images


def _between(numbers: Any, low: float, high: float) -> Any:
    return low + (high - low) * numbers


def _colours(settings: Preset, channels: int, drawn: Array) -> Array:
    """Return ``x -> contrast (saturation x) + brightness`` as matrices, see :func:`plan`."""
    contrast = 1 + _between(drawn[:, CONTRAST], -1, 1) * settings.contrast
    saturation = 1 + _between(drawn[:, SATURATION], -1, 1) * settings.saturation
    brightness = _between(drawn[:, BRIGHTNESS], -1, 1) * settings.brightness * 255
    weights = np.array(LUMINANCE if channels == 3 else (1.0,))
    grey = np.repeat(weights[:, None], channels, axis=1)
    saturated = saturation[:, None, None]
    matrices = contrast[:, None, None] * (saturated * np.eye(channels) + (1 - saturated) * grey)
    added = np.repeat((brightness + (1 - contrast) * GREY)[:, None, None], channels, axis=2)
    return np.concatenate([matrices, added], axis=1).astype(np.float32)
