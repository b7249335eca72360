"""Neighbours: the known images that a network sees as most like another one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from kit.checks.recording import leaves
from kit.errors import SettingError
from kit.explanation.class_evidence import checked_images, entering


def features(model: keras.Model, images: ArrayLike, *, batch_size: int = 64) -> NDArray[np.float32]:
    """Return what the last layer with weights is told of each image: all that its answer rests on.

    Args:
        model: A Functional or Sequential network, nested ones included.
        images: ``(n, height, width, channels)``, values from 0 to 255.
        batch_size: Images at a time. It changes the pace and the memory needed.

    Returns:
        Float32 ``(n, features)``; of a map, which some networks have until the end, the mean over
        its places.

    Raises:
        SettingError: The images do not suit the model.
    """
    with telling(model) as told:
        return told(images, batch_size)


@contextmanager
def telling(model: keras.Model) -> Iterator[Callable[[ArrayLike, int], NDArray[np.float32]]]:
    """Yield :func:`features` of one network, a function of images and the batch size.

    The network is traced once, however often the function is called.
    """
    last = [layer for _, layer in leaves(model) if layer.weights][-1]
    with entering(last) as seen:

        def asked(batch: Any) -> Any:
            model(batch, training=False)
            return seen.pop()

        signature = [tf.TensorSpec((None, *model.input_shape[1:]))]
        traced = tf.function(asked, input_signature=signature)

        def told(images: ArrayLike, batch_size: int) -> NDArray[np.float32]:
            pixels, rows = checked_images(model, images), []
            for start in range(0, len(pixels), batch_size):
                values = np.asarray(traced(pixels[start : start + batch_size]), np.float32)
                rows.append(values.mean(axis=(1, 2)) if values.ndim == 4 else values)
            return np.concatenate(rows) if rows else np.empty((0, 0), np.float32)

        yield told


def neighbours(
    known: ArrayLike, asked: ArrayLike, count: int = 5
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the known images that are nearest to each of some others, the nearest first.

    Args:
        known: Features ``(n, features)`` of the images to choose from, as :func:`features` gives.
        asked: Features ``(m, features)`` of those that are asked about.
        count: How many for each; no more than there are.

    Returns:
        Their numbers in ``known`` and their distances, both ``(m, min(count, n))``. The distance is
        one less the cosine: 0 where the features differ by a factor only, 1 where they have nothing
        in common, 2 where they are opposite.

    Raises:
        SettingError: The features are of different lengths, or there is nothing to choose from.
    """
    there, here = np.asarray(known, np.float32), np.asarray(asked, np.float32)
    if there.ndim != 2 or here.ndim != 2 or there.shape[1] != here.shape[1] or count < 1:
        raise SettingError(
            "known and asked must be features of the same length, (images, features), and count at "
            f"least 1; got {there.shape}, {here.shape} and {count}."
        )
    if not len(there):
        raise SettingError("known must have the features of at least one image; it is empty.")
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=min(count, len(there)), metric="cosine")
    distances, numbers = search.fit(there).kneighbors(here)
    return np.asarray(numbers, np.int64), np.asarray(distances, np.float64)
