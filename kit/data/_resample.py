"""Carry a plan of :mod:`kit.data.augmentation` out with TensorFlow, a batch at a time."""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

__all__ = ["recoloured", "turned", "upright"]


def upright(images: Any, places: Any, shape: Sequence[int], reach: float) -> Any:
    """Move, zoom and mirror without turning: a third of the cost of :func:`turned`.

    Args:
        images: uint8 ``(n, height, width, channels)``.
        places: float32 ``(n, 8)``, see ``augmentation.plan``, with b = d = 0.
        shape: ``(height, width, channels)``.
        reach: Share of a side that pixels may come from beyond the edge.

    Returns:
        float32 images of the same shape, bilinear between the four nearest pixels.
    """
    height, width, _ = shape
    # Two pixels more than needed: a place rounded to beyond the last pixel would become black.
    margin_y = min(height, math.ceil(reach * height) + 2)
    margin_x = min(width, math.ceil(reach * width) + 2)
    framed = _mirrored(_mirrored(images, margin_y, axis=1), margin_x, axis=2)
    first_x, first_y = places[:, 2] + margin_x, places[:, 5] + margin_y
    last_x, last_y = (
        first_x + places[:, 0] * (width - 1),
        first_y + places[:, 4] * (height - 1),
    )
    across, down = width + 2 * margin_x - 1, height + 2 * margin_y - 1
    boxes = tf.stack([first_y / down, first_x / across, last_y / down, last_x / across], axis=1)
    each = tf.range(tf.shape(images)[0])
    return tf.image.crop_and_resize(framed, boxes, each, (height, width))


def turned(images: Any, places: Any, shape: Sequence[int]) -> Any:
    """Move, zoom, mirror and turn; arguments and result are those of :func:`upright`."""
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(images, tf.float32),
        transforms=places,
        output_shape=list(shape[:2]),
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )


def recoloured(images: Any, colours: Any | None) -> Any:
    """Multiply values, add to them (see ``augmentation.plan``) and keep them in [0, 255]."""
    if colours is not None:
        pixels = tf.reshape(images, (tf.shape(images)[0], -1, images.shape[-1]))
        pixels = tf.matmul(pixels, colours[:, :-1]) + colours[:, -1:]
        images = tf.reshape(pixels, tf.shape(images))
    return tf.clip_by_value(images, 0.0, 255.0)


def _mirrored(images: Any, margin: int, axis: int) -> Any:
    # Slices and one copy: tf.pad's own mirroring takes ten times as long.
    rows = [slice(None)] * axis
    before = tf.reverse(images[(*rows, slice(None, margin))], [axis])
    after = tf.reverse(images[(*rows, slice(-margin, None))], [axis])
    return tf.concat([before, images, after], axis)
