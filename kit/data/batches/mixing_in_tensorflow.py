"""Batches of images changed, and mixed as :mod:`kit.data.batches.mixing` drew it: TensorFlow."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf


def finished(
    batches: tf.data.Dataset, change: Callable[..., Any] | None, weighted: bool = False
) -> tf.data.Dataset:
    """Change images one by one, mix them where that was drawn, and leave out what is not needed.

    Args:
        batches: Of (images, labels, weights, seeds), and where they are mixed the four arrays of
            :class:`kit.data.batches.mixing.Draws`.
        change: Makes of images and seeds float32 images; None leaves the images as they are.
        weighted: Whether weights are wanted.

    Returns:
        Batches of (images, labels) or (images, labels, weights).
    """

    def one(images: Any, labels: Any, weights: Any, seeds: Any, *drawn: Any) -> tuple[Any, ...]:
        images = tf.cast(images, tf.float32) if change is None else change(images, seeds)
        if drawn:
            rows = tf.concat([labels, weights[:, None]], axis=1)
            images, rows = mixed(images, rows, *drawn)
            labels, weights = rows[:, :-1], rows[:, -1]
        return (images, labels, weights) if weighted else (images, labels)

    if change is None:  # too little work for more than one thread
        return batches.map(one).prefetch(2)
    many = batches.map(one, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return many.prefetch(2)


def mixed(images: Any, rows: Any, partners: Any, outside: Any, boxes: Any, shares: Any) -> Any:
    """Mix each image and its row with those of its partner.

    Args:
        images: float32 ``(n, height, width, channels)``.
        rows: float32 ``(n, m)``: what goes with the images, in which shares count: labels, weights.
        partners: See :class:`kit.data.batches.mixing.Draws`, as the next three.
        outside: Own share of each pixel outside the box.
        boxes: Top, left, bottom, right.
        shares: Own share of the whole.

    Returns:
        Images and rows of the same shapes.
    """
    height, width = images.shape[1:3]
    top, left, bottom, right = (boxes[:, side, None, None, None] for side in range(4))
    y = tf.range(height)[None, :, None, None]
    x = tf.range(width)[None, None, :, None]
    inside = (y >= top) & (y < bottom) & (x >= left) & (x < right)
    own = tf.where(inside, 0.0, outside[:, None, None, None])
    images = own * images + (1 - own) * tf.gather(images, partners)
    share = shares[:, None]
    return images, share * rows + (1 - share) * tf.gather(rows, partners)
