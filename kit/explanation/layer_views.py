"""Views of layers: what the first compares an image with, and what the later ones make of it."""

import math
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from kit.checks.recording import Recording, leaves, recorded
from kit.errors import SettingError
from kit.explanation.class_evidence import checked_images

PADDING = keras.layers.ZeroPadding2D  # the same map again, a pixel larger


def filters(model: keras.Model) -> NDArray[np.float32]:
    """Return the weights of the first layer, each filter as a picture.

    A dense layer that takes all pixels has one weight for each of them, so its filters are as large
    as the image. In a linear network they are the templates of the classes.

    Args:
        model: A Functional or Sequential network, nested ones included.

    Returns:
        Float32 ``(height, width, channels, filters)``.

    Raises:
        SettingError: The first layer with weights does not look at pixels.
    """
    whole = tuple(model.input_shape[1:])
    first = next((layer for _, layer in leaves(model) if has_kernel(layer)), None)
    kernel = np.asarray(getattr(first, "kernel", np.empty(0)), np.float32)
    if kernel.ndim == 2 and len(kernel) == math.prod(whole):
        kernel = kernel.reshape(*whole, -1)
    if kernel.ndim != 4 or kernel.shape[2] not in (1, 3):
        raise SettingError(
            f"The network {model.name} has no filters that can be drawn: its first layer with "
            "weights must be a convolution or a dense layer that takes the pixels."
        )
    return kernel


def feature_maps(model: keras.Model, image: ArrayLike) -> dict[str, NDArray[np.float32]]:
    """Return what a network makes of an image: the last feature map of each size.

    Args:
        model: A Functional or Sequential network, nested ones included.
        image: ``(height, width, channels)``, values from 0 to 255.

    Returns:
        Float32 ``(height, width, channels)`` by the name of the layer, in the order of their work.
        It is empty for a network without convolutions.

    Raises:
        SettingError: The image does not suit the model.
    """
    recording, layers = outputs(model, checked_images(model, np.asarray(image)[None]))
    last, convolved = {}, False
    for name, output in recording.outputs.items():  # in the order of their work
        is_map = positions(output) > 1 and not isinstance(layers[name], PADDING)
        convolved = convolved or (is_map and has_kernel(layers[name]))
        if convolved and is_map:
            last[tuple(output.shape[1:3])] = name
    return {name: np.asarray(recording.outputs[name], np.float32)[0] for name in last.values()}


def outputs(model: keras.Model, pixels: Any) -> tuple[Recording, dict[str, keras.Layer]]:
    """Return what each layer takes and gives for some images, and the layers, both by name."""
    with recorded(model) as recording:
        model(pixels, training=False)
    return recording, dict(leaves(model))


def has_kernel(layer: keras.Layer) -> bool:
    """Tell whether a layer is a convolution or dense, which a normalization is not."""
    return any("kernel" in weight.name for weight in layer.weights)


def positions(values: Any) -> int:
    """Return how many positions a map has, 0 for what is no map."""
    shape: Any = getattr(values, "shape", ())
    return int(shape[1] * shape[2]) if len(shape) == 4 else 0
