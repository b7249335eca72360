"""Evidence for a class as a number with a slope, and the checks of what is asked about."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from kit.errors import SettingError

NONE = -1e30  # the score of a class that is left out; infinity would have no slope


def checked(
    model: keras.Model, images: ArrayLike, classes: ArrayLike
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return images as float32 and class numbers as integers.

    Raises:
        SettingError: The model takes other images, or an image has not one of its classes.
    """
    pixels, numbers = checked_images(model, images), np.asarray(classes)
    count = max(2, model.output_shape[-1])
    suits = numbers.shape == (len(pixels),) and np.issubdtype(numbers.dtype, np.integer)
    if not (suits and np.all((numbers >= 0) & (numbers < count))):
        raise SettingError(
            f"classes must be a number from 0 to {count - 1} for each of the {len(pixels)} images; "
            f"got {numbers.tolist()}."
        )
    return pixels, numbers.astype(np.int64)


def checked_images(model: keras.Model, images: ArrayLike) -> NDArray[np.float32]:
    """Return images as float32.

    Raises:
        SettingError: The model takes other images.
    """
    pixels = np.asarray(images, np.float32)
    expected = tuple(model.input_shape[1:])
    if pixels.ndim != 4 or pixels.shape[1:] != expected:
        raise SettingError(
            f"images must have the network's input shape (count, {', '.join(map(str, expected))}); "
            f"got {pixels.shape}."
        )
    return pixels


def evidence(answers: Any, classes: NDArray[np.int64]) -> Any:
    """Return the log odds of a class for each image, as a tensor with a slope.

    The odds are those of the class against all others. They are calculated from what enters the
    last softmax or sigmoid: a model that is sure of its answer has a probability of 1, and no slope
    there. Scores, which have no odds, are taken for the same.

    Args:
        answers: What the model gave when it was called eagerly, ``(n, classes)`` or ``(n, 1)``.
        classes: One for each image.
    """
    scores = tf.cast(getattr(answers, "_keras_logits", answers), tf.float32)
    if scores.shape[-1] == 1:  # the score of the second class
        scores = tf.concat([tf.zeros_like(scores), scores], axis=-1)
    own = tf.one_hot(classes, scores.shape[-1], on_value=True, off_value=False)
    others = tf.where(own, NONE, scores)
    return tf.boolean_mask(scores, own) - tf.reduce_logsumexp(others, axis=-1)


@contextmanager
def entering(layer: keras.Layer, *looks: Any) -> Iterator[list[Any]]:
    """Note what a layer takes while the model is called eagerly, wherever the layer is nested.

    ``looks`` are functions that see each tensor before the layer does. In a Sequential model, and
    in a model within a model, ``layer.input`` is not connected to the images.
    """
    seen: list[Any] = []
    original = layer.call

    def call(*args: Any, **kwargs: Any) -> Any:
        for look in (*looks, seen.append):
            look(args[0])
        return original(*args, **kwargs)

    object.__setattr__(layer, "call", call)
    try:
        yield seen
    finally:
        object.__delattr__(layer, "call")
