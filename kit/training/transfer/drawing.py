"""Networks that draw their images again: the layers of a classifier, and a decoder behind them."""

import math
from typing import Any

import keras
from keras import layers

from kit.errors import SettingError

FILTERS = (16, 128)  # fewest and most in a layer of the decoder


def autoencoder(model: keras.Model, seed: int, last: str) -> keras.Model:
    """Return the model's own layers up to its last map, and a decoder behind them.

    Args:
        model: A classifier with a layer "features" behind its last map.
        seed: Of the decoder's initial weights.
        last: The activation of the image that is drawn.

    Raises:
        SettingError: It has no such layer, or none before it that can be trained.
    """
    try:
        last_map = model.get_layer("features").input
    except (ValueError, AttributeError):
        raise SettingError(
            f"{model.name} has no layer called features to pretrain up to."
        ) from None
    encoder = keras.Model(model.inputs[0], last_map)
    if len(last_map.shape) != 4 or not encoder.trainable_weights:
        raise SettingError(
            f"{model.name} has no trainable layers before its features, so an autoencoder has "
            "nothing to pretrain. Use a network with convolutions that are not frozen."
        )
    drawn = _decoded(last_map, model.input_shape[1:], seed, last)
    return keras.Model(model.inputs[0], drawn, name="autoencoder")


def _decoded(x: Any, image_shape: tuple[int, int, int], seed: int, activation: str) -> Any:
    """Double the sides of a map ``(batch, height, width, channels)`` until it is an image."""
    height, width, channels = image_shape
    doublings = [
        max(0, round(math.log2(side / small)))
        for side, small in zip((height, width), x.shape[1:3], strict=True)
    ]
    filters = min(x.shape[-1], FILTERS[1])
    for step in range(max(doublings)):
        filters = max(filters // 2, FILTERS[0])
        x = layers.Conv2DTranspose(
            filters,
            3,
            strides=tuple(2 if step < count else 1 for count in doublings),
            padding="same",
            activation="relu",
            kernel_initializer=keras.initializers.HeNormal((seed + step) % 2**32),
            name=f"decoder_{step + 1}",
        )(x)
    if x.shape[1:3] != (height, width):  # sides that are no power of two times the map's
        x = layers.Resizing(height, width, name="decoder_size")(x)
    return layers.Conv2DTranspose(
        channels,
        3,
        padding="same",
        activation=activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        dtype="float32",  # bfloat16 has fewer steps than pixels, under mixed precision too
        name="decoder_image",
    )(x)
