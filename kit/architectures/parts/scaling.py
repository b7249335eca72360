"""What happens to the pixels first: scaled by numbers, by the image itself or by the training data.

A model takes pixels in [0, 255] and holds its scaling, so that nobody scales outside. ``"unit"``
and ``"symmetric"`` map to [0, 1] and [-1, 1]. ``"minmax"`` and ``"zscore"`` look at one image: its
darkest value becomes 0 and its brightest 1, or its mean becomes 0 and its variance 1, all channels
together. The others need statistics of the training images, which :func:`adapt` computes:

==================  ============================================================================
``mean_image``      less the mean image, a number for each pixel and channel (Krizhevsky, Sutskever
                    and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks",
                    NeurIPS 2012, section 2)
``mean_channel``    less the mean of each channel (Simonyan and Zisserman, "Very Deep Convolutional
                    Networks for Large-Scale Image Recognition", ICLR 2015, section 2.1)
``channel_zscore``  less the mean of each channel, divided by its standard deviation
==================  ============================================================================

The first two of them divide by nothing, as published: values stay in the range of pixels, about
-128 to 128, and learning rates suit that range. The stock layer ``Normalization`` keeps the
statistics as weights, and so does a saved file.
"""

from collections.abc import Iterable

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from kit.architectures.parts.assembling import Block, Stage, Tensor, named
from kit.architectures.parts.rules import Scale
from kit.errors import SettingError

# The axes with statistics of their own. A saved layer tells by them what it is: (-1,) divides by
# the standard deviation, the others do not.
AXES = {"mean_image": (1, 2, 3), "mean_channel": (3,), "channel_zscore": (-1,)}
ALL = (1, 2, 3)  # axes of one image


def scaling(scale: Scale) -> Stage:
    """Return the stage ``scale``, from pixels in [0, 255] to what the first layer sees.

    Before :func:`adapt`, the stages that need data leave the pixels as they are. All stages compute
    in float32, under mixed precision too.
    """
    if scale == "unit":
        return layers.Rescaling(1 / 255, dtype="float32", name="scale")
    if scale == "symmetric":
        return layers.Rescaling(1 / 127.5, offset=-1, dtype="float32", name="scale")
    if scale == "minmax":
        return Block(_minmax, name="scale")
    if scale == "zscore":  # its epsilon of 0.001 is added to a variance of up to 16,256
        return layers.LayerNormalization(
            axis=ALL, center=False, scale=False, dtype="float32", name="scale"
        )
    return layers.Normalization(axis=AXES[scale], dtype="float32", name="scale")


def needs_data(model: keras.Model) -> bool:
    """Tell whether the model's scaling wants :func:`adapt`."""
    return _adapted(model) is not None


def adapt(model: keras.Model, batches: Iterable[NDArray[np.float32]]) -> None:
    """Give the scaling of a model the statistics of the training images.

    Nothing is done, and nothing is read, where the scaling needs none. To be called before the
    model is compiled or asked: what it has compiled until then keeps the old statistics.

    Args:
        model: Of :func:`kit.architectures.build`, in either style.
        batches: Images of the training part only, without augmentation, each batch of shape
            (batch, height, width, channels) as the model takes it. They are read once, and summed
            in float64. A channel without any variance is not divided.

    Raises:
        SettingError: There is no image, or the images are not of the model's shape.
    """
    layer = _adapted(model)
    if layer is None:
        return
    shape = tuple(model.input_shape[1:])
    count, total, squares = 0, np.zeros(shape), np.zeros(shape)
    for batch in batches:
        images = np.asarray(batch, dtype=np.float64)
        if images.shape[1:] != shape:
            raise SettingError(
                "The images for adapting the scaling must have the model's input shape, (batch, "
                f"{', '.join(map(str, shape))}); they have {images.shape}."
            )
        count += len(images)
        total += images.sum(axis=0)
        squares += np.square(images).sum(axis=0)
    if count == 0:
        raise SettingError("Adapting the scaling needs at least one training image.")
    mean, variance = _statistics(tuple(layer.axis), total / count, squares / count)
    layer.set_weights([mean, variance, np.asarray(count)])
    layer.finalize_state()


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Give ``target`` the weights of a model with the same layers, and use its statistics.

    ``set_weights`` alone leaves a ``Normalization``, one within a backbone too, with the statistics
    that it had before.
    """
    target.set_weights(source.get_weights())
    _use_statistics(target)


def _use_statistics(model: keras.Model) -> None:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            _use_statistics(layer)
        elif isinstance(layer, layers.Normalization):
            layer.finalize_state()


def _adapted(model: keras.Model) -> layers.Normalization | None:
    found = (layer for layer in model.layers if layer.name == "scale")
    return next((layer for layer in found if isinstance(layer, layers.Normalization)), None)


def _statistics(
    axes: tuple[int, ...], mean: NDArray[np.float64], squares: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and variance to divide by, from means over the images for each pixel."""
    if axes == AXES["mean_image"]:
        return mean, np.ones_like(mean)
    mean, squares = mean.mean(axis=(0, 1)), squares.mean(axis=(0, 1))
    if axes == AXES["mean_channel"]:
        return mean, np.ones_like(mean)
    variance = squares - np.square(mean)
    rounding = 1e-12 * squares  # what is left of a variance of 0
    return mean, np.where(variance > rounding, variance, 1.0)


def _minmax(x: Tensor, *, name: str) -> Tensor:
    """Map the values of each image to [0, 1]; an image of one value becomes 0."""
    flat = layers.Reshape((-1, 1, 1), dtype="float32", name=f"{name}_flat")(x)
    highest = layers.GlobalMaxPooling2D(keepdims=True, dtype="float32", name=f"{name}_highest")
    lowest = layers.GlobalMaxPooling2D(keepdims=True, dtype="float32", name=f"{name}_lowest")
    negative = layers.Rescaling(-1.0, dtype="float32", name=f"{name}_negative")
    minus_low = lowest(negative(flat))
    span = layers.Add(dtype="float32", name=f"{name}_span")([highest(flat), minus_low])
    # Too little to be seen in a span of 1 to 255, and more than nothing to divide by.
    positive = layers.Rescaling(1.0, offset=1e-7, dtype="float32", name=f"{name}_positive")(span)
    shifted = layers.Add(dtype="float32", name=f"{name}_shifted")([x, minus_low])
    return named(keras.ops.divide(shifted, positive), f"{name}_divided")
