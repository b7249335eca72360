"""RandAugment: a few changes out of fourteen, each as strong as one number says.

Cubuk et al., "RandAugment: Practical Automated Data Augmentation with a Reduced Search Space",
NeurIPS 2020. Which changes an image gets, and to which side, follows from the seed of the image;
only those are computed.
"""

import functools
import math
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from kit.errors import SettingError

HIGHEST = 30  # magnitude
GRAY = (0.299, 0.587, 0.114)  # luma of red, green and blue, as Pillow has it
EDGE = [[1, 1], [1, 1], [0, 0]]  # a pixel all around
ONE = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)  # the map of every pixel to itself

Operation = Callable[[Any, Any], Any]  # float32 image (h, w, c) in [0, 255], side -1 or 1 -> image


class RandAugment:
    """Changes one image, with the methods of Keras' layers.

    They are called as :mod:`kit.data.batches.seeded_layers` calls them.

    Args:
        num_ops: How many changes an image gets one after the other, the same twice included.
        magnitude: How strong they are, 0 to 30; see :func:`operations`.
    """

    def __init__(self, num_ops: int = 2, magnitude: float = 9) -> None:
        whole = isinstance(num_ops, int) and num_ops >= 1
        if not whole or not isinstance(magnitude, int | float) or not 0 <= magnitude <= HIGHEST:
            raise SettingError(
                "num_ops must be a whole number of at least 1, magnitude a number from 0 to "
                f"{HIGHEST}."
            )
        self.num_ops, self.magnitude = num_ops, magnitude

    def get_random_transformation(self, image: Any, training: bool, seed: Any) -> Any:
        """Draw which operations an image gets, and to which side."""
        shape, last = [self.num_ops], len(operations(self.magnitude, image.shape))
        chosen = tf.random.stateless_uniform(shape, seed.next(), 0, last, tf.int32)
        sides = tf.random.stateless_uniform(shape, seed.next(), 0, 2, tf.int32)
        return chosen, tf.cast(2 * sides - 1, tf.float32)

    def transform_single_image(self, image: Any, drawn: Any) -> Any:
        """Change a float32 image ``(height, width, channels)`` in [0, 255]."""
        branches = list(operations(self.magnitude, image.shape).values())

        def step(turn: Any, image: Any) -> Any:
            chosen, side = drawn[0][turn], drawn[1][turn]
            calls = [functools.partial(call, image, side) for call in branches]
            return turn + 1, tf.ensure_shape(tf.switch_case(chosen, calls), image.shape)

        # One step in the graph, not as many as there are operations: it is traced in half the time.
        return tf.while_loop(lambda turn, _: turn < self.num_ops, step, (0, image))[1]


def operations(magnitude: float, shape: Any) -> Mapping[str, Operation]:
    """Return the changes at a magnitude, for images of a shape ``(height, width, channels)``.

    The ranges are those of torchvision's RandAugment. Other than there and in the paper, what is
    moved in from outside is the mirrored image, places between pixels are interpolated, and the
    histogram is equalized as :mod:`kit.data.decoding.equalization` does it. Gray images
    have no colour.
    """
    height, width, channels = shape
    part = magnitude / HIGHEST
    angle, tilt, move = math.radians(30) * part, 0.3 * part, 150 / 331 * part
    factor, levels = 0.9 * part, 2.0 ** round(4 * part)
    found: dict[str, Operation] = {
        "identity": lambda image, side: image,
        "auto_contrast": lambda image, side: _stretched(image),
        "equalize": lambda image, side: _equalized(image),
        "rotate": lambda image, side: _moved(image, _turned(side * angle, height, width)),
        "solarize": lambda image, side: tf.where(image < 255 * (1 - part), image, 255 - image),
        "color": lambda image, side: _blend(_gray(image), image, 1 + side * factor),
        "posterize": lambda image, side: tf.floor(image / levels) * levels,
        "contrast": lambda image, side: _blend(
            tf.reduce_mean(_gray(image)), image, 1 + side * factor
        ),
        "brightness": lambda image, side: _blend(0.0, image, 1 + side * factor),
        "sharpness": lambda image, side: _blend(_smooth(image), image, 1 + side * factor),
        "shear_x": lambda image, side: _moved(image, _row(a1=side * tilt)),
        "shear_y": lambda image, side: _moved(image, _row(b0=side * tilt)),
        "translate_x": lambda image, side: _moved(image, _row(a2=side * move * width)),
        "translate_y": lambda image, side: _moved(image, _row(b2=side * move * height)),
    }
    if channels == 1:
        del found["color"]
    return found


def _row(**entries: Any) -> Any:
    """Return the map (a0 x + a1 y + a2, b0 x + b1 y + b2) from found to given places."""
    names = ("a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1")
    return tf.stack([entries.get(name, one) for name, one in zip(names, ONE, strict=True)])


def _turned(angle: Any, height: int, width: int) -> Any:
    """Return the map of a rotation about the middle of the image."""
    cos, sin = tf.cos(angle), tf.sin(angle)
    x, y = (width - 1) / 2, (height - 1) / 2
    return _row(a0=cos, a1=-sin, a2=x - cos * x + sin * y, b0=sin, b1=cos, b2=y - sin * x - cos * y)


def _moved(image: Any, places: Any) -> Any:
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=image[None],
        transforms=places[None],
        output_shape=tf.shape(image)[:2],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )[0]


def _blend(base: Any, image: Any, factor: Any) -> Any:
    """Return the base for a factor of 0, the image for 1, and beyond it what is further away."""
    return tf.clip_by_value(base + factor * (image - base), 0.0, 255.0)


def _gray(image: Any) -> Any:
    """Return the image without colours, ``(height, width, 1)``."""
    if image.shape[-1] == 1:
        return image
    return tf.tensordot(image, tf.constant(GRAY), 1)[..., None]


def _smooth(image: Any) -> Any:
    """Return the weighted mean of each pixel and its eight neighbours; the edges stay."""
    height, width, channels = image.shape
    if height < 3 or width < 3:
        return image
    around = tf.nn.avg_pool2d(image[None], 3, 1, "VALID")[0]
    inner = (9 * around + 4 * image[1:-1, 1:-1]) / 13
    frame = tf.pad(tf.zeros((height - 2, width - 2, channels)), EDGE, constant_values=1.0)
    return frame * image + tf.pad(inner, EDGE)


def _stretched(image: Any) -> Any:
    """Stretch the values of each channel over the whole range."""
    low = tf.reduce_min(image, axis=(0, 1))
    width = tf.reduce_max(image, axis=(0, 1)) - low
    return tf.where(width > 0, (image - low) * 255 / tf.maximum(width, 1e-6), image)


def _equalized(image: Any) -> Any:
    """Make the values of each channel about equally frequent."""
    values = tf.cast(tf.round(image), tf.int32)
    return tf.stack([_curved(values[..., channel]) for channel in range(image.shape[-1])], axis=-1)


def _curved(values: Any) -> Any:
    counts = tf.cumsum(tf.math.bincount(tf.reshape(values, [-1]), minlength=256, maxlength=256))
    darkest = tf.gather(counts, tf.reduce_min(values))
    brighter = tf.maximum(counts[-1] - darkest, 1)
    curve = 255 * tf.maximum(counts - darkest, 0) / brighter
    flat = tf.equal(counts[-1], darkest)
    return tf.cast(
        tf.where(flat, tf.cast(values, curve.dtype), tf.gather(curve, values)), "float32"
    )
