"""Occlusion: what an answer loses when a part of the image is covered.

Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, section 4.2.
It knows nothing of the network but its answers, and so is a second opinion on a heat map.
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from kit.explanation.class_evidence import checked, evidence
from kit.explanation.heat_maps import relative


def occlusion(
    model: keras.Model,
    images: ArrayLike,
    classes: ArrayLike,
    *,
    share: float = 0.25,
    batch_size: int = 64,
) -> NDArray[np.float32]:
    """Return how much the evidence for a class falls where an image is covered.

    A patch in the mean color of the image moves over it in steps of half its side.

    Args:
        model: Any network.
        images: ``(n, height, width, channels)``, values from 0 to 255.
        classes: A class number for each image, from 0.
        share: Of the image's sides, that of the patch; with a quarter, an image is asked about 50
            times.
        batch_size: Images at a time. It changes the pace and the memory needed.

    Returns:
        Float32 ``(n, height, width)`` from 0 to 1, 1 for the place whose cover costs most. All is 0
        where no cover costs anything.

    Raises:
        SettingError: The images or classes do not suit the model.
    """
    pixels, numbers = checked(model, images, classes)
    height, width = pixels.shape[1:3]
    covers = np.stack(list(_covers(height, width, share)))
    often = covers.sum(axis=0)
    heat = np.zeros(pixels.shape[:3])
    for place, (image, number) in enumerate(zip(pixels, numbers, strict=True)):
        color = image.mean(axis=(0, 1))
        covered = np.where(covers[..., None], color, image)
        whole = _evidence(model, image[None], number, 1)
        losses = whole - _evidence(model, covered, number, batch_size)
        heat[place] = np.tensordot(losses, covers, axes=1) / often
    return relative(heat)


def _covers(height: int, width: int, share: float) -> Iterator[NDArray[np.bool_]]:
    """Yield which pixels each patch covers; together they cover all."""
    down, across = (max(1, round(share * side)) for side in (height, width))
    for top in _steps(height, down):
        for left in _steps(width, across):
            cover = np.zeros((height, width), bool)
            cover[top : top + down, left : left + across] = True
            yield cover


def _steps(side: int, patch: int) -> list[int]:
    return sorted({*range(0, side - patch, max(1, patch // 2)), side - patch})


def _evidence(model: keras.Model, images: Any, number: int, batch_size: int) -> Any:
    parts = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size]
        answers = model(batch, training=False)
        parts.append(evidence(answers, np.full(len(batch), number)).numpy())
    return np.concatenate(parts)
