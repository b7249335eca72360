"""Heat maps: the places of an image that speak for a class, by the network's last map.

Selvaraju, Cogswell, Das, Vedantam, Parikh and Batra, "Grad-CAM: Visual Explanations from Deep
Networks via Gradient-based Localization", ICCV 2017. The last map still knows where something is.
Each of its channels counts by its slope: how the evidence for the class grows with it.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from kit.errors import SettingError
from kit.explanation.class_evidence import checked, entering, evidence
from kit.explanation.layer_views import has_kernel, outputs, positions

TINY = 1e-12


def heat_map(
    model: keras.Model, images: ArrayLike, classes: ArrayLike, *, batch_size: int = 16
) -> NDArray[np.float32]:
    """Return where each image speaks for a class.

    Args:
        model: A Functional or Sequential network with convolutions, nested ones included.
        images: ``(n, height, width, channels)``, values from 0 to 255.
        classes: A class number for each image, from 0: what the network answered, or the true one.
        batch_size: Images at a time. It changes the pace and the memory needed.

    Returns:
        Float32 ``(n, height, width)`` from 0 to 1, where 1 is the place of an image that speaks
        most for the class. All is 0 where nothing does.

    Raises:
        SettingError: The images or classes do not suit the model, or it has no map: every place of
            the image goes into the first layer with weights alike.
    """
    pixels, numbers = checked(model, images, classes)
    reader = _reader_of_the_last_map(model)
    if reader is None:
        raise SettingError(
            f"The network {model.name} has no feature map: no convolution of it keeps the places "
            "of an image apart. Use explanation.occlusion instead."
        )
    parts = [
        _heat(
            model, reader, pixels[start : start + batch_size], numbers[start : start + batch_size]
        )
        for start in range(0, len(pixels), batch_size)
    ]
    return np.concatenate([np.empty((0, *pixels.shape[1:3]), np.float32), *parts])


def has_map(model: keras.Model) -> bool:
    """Tell whether a network has a map of features, which :func:`heat_map` needs."""
    return _reader_of_the_last_map(model) is not None


def relative(heat: NDArray[Any]) -> NDArray[np.float32]:
    """Return heat of each image ``(n, height, width)`` from 0 to 1, what is below 0 as 0."""
    positive = np.maximum(heat, 0)
    largest = positive.max(axis=(1, 2), keepdims=True, initial=0)
    return np.asarray(positive / np.where(largest > TINY, largest, np.inf), np.float32)


def _heat(model: keras.Model, reader: keras.Layer, pixels: Any, classes: Any) -> Any:
    with (
        tf.GradientTape(watch_accessed_variables=False) as tape,
        entering(reader, tape.watch) as maps,
    ):
        total = evidence(model(pixels, training=False), classes)
    slopes = tape.gradient(total, maps[-1])
    values, slopes = tf.cast(maps[-1], tf.float32), tf.cast(slopes, tf.float32)
    weights = tf.reduce_mean(slopes, axis=(1, 2), keepdims=True)
    heat = tf.nn.relu(tf.reduce_sum(weights * values, axis=-1, keepdims=True))
    return relative(tf.image.resize(heat, pixels.shape[1:3]).numpy()[..., 0])


def _reader_of_the_last_map(model: keras.Model) -> keras.Layer | None:
    """Return the layer that takes the last map of a convolution, None without such a map.

    That is the layer that pools or flattens it. Of several poolings in a row it is the first: the
    map before it shows more.
    """
    recording, layers = outputs(model, np.zeros((1, *model.input_shape[1:]), np.float32))
    reader, is_new = None, False
    for name, output in recording.outputs.items():  # in the order of their work
        before, after = positions(recording.inputs[name]), positions(output)
        weighted = has_kernel(layers[name])
        if is_new and before > 1 and (after <= 1 or (after < before and not weighted)):
            reader, is_new = layers[name], False
        is_new = is_new or (weighted and after > 1)
    return reader
