"""Keras' augmentation layers, with random numbers that belong to an image and an epoch.

Left to itself a layer counts its calls, so that what it does to an image depends on the images
before it, and draws once for a whole batch. Here every image has numbers of its own seed: its
neighbours, the number of threads or an interruption change nothing.
"""

import inspect
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kit.data.batches.offered_layers import FLIP, Row
from kit.data.batches.rand_augment import RandAugment
from kit.errors import SettingError, nearest

OURS = ("self", "seed", "data_format", "value_range", "kwargs")  # not for others to set
MODES = ("horizontal", "vertical", "horizontal_and_vertical")
TRIAL = (24, 24, 3)  # shape of the image that settings are tried on
# Layers that draw nothing but a few uniform numbers for each image.
UNIFORM = (
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
)
MOST = 32  # numbers that an image has in an epoch: all these layers together draw 17
SEEDED = "no seed of the layer's own: see _ImageNumbers"


def seeds(
    seed: int, epoch: int, indices: Iterable[int], times: Iterable[int] | None = None
) -> NDArray[np.int32]:
    """Return a seed for each image in an epoch, int32 ``(n,)``: a hash of the three numbers.

    Args:
        seed: The data's.
        epoch: From 0.
        indices: The images.
        times: How often each came before in this epoch: another time it looks different.
    """
    numbers = [[seed, epoch, int(index)] for index in indices]
    if times is not None:  # of zeros at the end a hash takes no notice
        numbers = [[*three, int(t)] for three, t in zip(numbers, times, strict=True)]
    words = [np.random.SeedSequence(one).generate_state(1)[0] for one in numbers]
    return np.array(words, np.uint32).view(np.int32)


def check(rows: Iterable[Row]) -> None:
    """Build each layer and change an image with it, since Keras notices some mistakes late.

    Raises:
        SettingError: A layer has no such setting, or cannot take such a value.
    """
    for name, settings in rows:
        known = [one for one in inspect.signature(_kind(name)).parameters if one not in OURS]
        for setting in settings:
            if setting not in known:
                raise SettingError(
                    f'augment: {name} has no setting "{setting}".{nearest(str(setting), known)} '
                    f"Its settings are {', '.join(known)}."
                )
        said = ", ".join(f"{key}={value!r}" for key, value in settings.items())
        try:
            call = change([(name, settings)], TRIAL)
            found = call(np.full((1, *TRIAL), 99, np.uint8), seeds(0, 0, [0])).numpy()
        except Exception as error:  # of any kind: each layer has its own
            reason = str(error).strip().partition("\n")[0].removeprefix(f"{name}.__init__() ")
            raise SettingError(f"augment: {name} cannot take {said}: {reason}") from None
        mode = settings.get("mode")
        if not np.isfinite(found).all() or (name == "RandomFlip" and mode not in MODES):
            modes = f": mode must be one of {', '.join(MODES)}" if name == "RandomFlip" else ""
            raise SettingError(f"augment: {name} cannot take {said}{modes}.")


def change(rows: Sequence[Row], shape: Sequence[int], shift: float = 0.0) -> Callable[..., Any]:
    """Return the function that changes a batch, to be mapped over a ``tf.data`` dataset.

    Args:
        rows: The layers, in their order.
        shape: ``(height, width, channels)`` of the images.
        shift: Share of a side by which an image moves first, at most: its frame is filled by the
            mirrored image.

    Returns:
        A function of uint8 images ``(n, height, width, channels)`` in [0, 255] and of their
        :func:`seeds`, to float32 images of the same shape.
    """
    margins = [max(1, round(shift * side)) if shift else 0 for side in shape[:2]]
    mirrored = next(iter(rows), None) == FLIP
    rows, numbers = rows[mirrored:], _ImageNumbers()
    calls = [_batched(row, numbers) if _draws_few(row) else _one_by_one(row) for row in rows]

    def batch(images: Any, seeds: Any) -> Any:
        numbers.start(seeds)
        for axis, margin in enumerate(margins, start=1):
            flip = mirrored and axis == 2
            if margin or flip:
                places = _window(numbers.uniform((-1,)), margin, shape[axis - 1])
                if flip:
                    turned = numbers.uniform((-1, 1)) < 0.5
                    places = tf.where(turned, tf.reverse(places, [1]), places)
                images = tf.gather(images, places, axis=axis, batch_dims=1)
        images = tf.cast(images, tf.float32)
        for call in calls:
            images = tf.ensure_shape(call(images, seeds), (None, *shape))
        return tf.clip_by_value(images, 0.0, 255.0)  # resampled ones reach 255.00002

    return batch


def _window(drawn: Any, margin: int, side: int) -> Any:
    """Return which rows are seen, int32 ``(n, side)``: a window of the image in a mirrored frame.

    The edge is repeated, as the layers' own fill mode "reflect" does it.

    Args:
        drawn: float32 ``(n,)`` in [0, 1): where the window begins.
        margin: Rows of the frame at each end.
        side: Rows of the image.
    """
    frame = np.pad(np.arange(side, dtype=np.int32), margin, "symmetric")
    first = tf.cast(drawn * (2 * margin + 1), tf.int32)
    return tf.gather(frame, first[:, None] + tf.range(side))


def _draws_few(row: Row) -> bool:
    """Tell whether a layer takes a few uniform numbers for each image, so that a batch can."""
    name, settings = row
    if name == "RandomErasing":  # draws every pixel, unless it paints one value
        return settings.get("fill_value") is not None
    return name in UNIFORM


def _batched(row: Row, numbers: "_ImageNumbers") -> Callable[..., Any]:
    layer = _layer(*row)
    layer.backend.random = numbers

    def call(images: Any, seeds: Any) -> Any:
        drawn = layer.get_random_transformation(images, training=True, seed=SEEDED)
        return layer.transform_images(images, drawn)

    return call


def _one_by_one(row: Row) -> Callable[..., Any]:
    layer, generator = _layer(*row), _ImageSeed()

    def one(image_and_seed: tuple[Any, Any]) -> Any:
        image, seed = image_and_seed
        generator.start(seed)
        drawn = layer.get_random_transformation(image, training=True, seed=generator)
        return layer.transform_single_image(image, drawn)

    def call(images: Any, seeds: Any) -> Any:
        kind = tf.TensorSpec(images.shape[1:], tf.float32)
        return tf.map_fn(one, (images, seeds), fn_output_signature=kind)

    return call


class _ImageNumbers:
    """Stands for ``keras.random`` in a layer: each image of a batch gets numbers of its own seed.

    One call per image draws all that the layers of a batch may ask for. A call per image and layer
    took ten times as long as changing the images.
    """

    def start(self, seeds: Any) -> None:
        """Draw for these images, whose seeds are int32 ``(n,)``."""
        self._drawn = tf.map_fn(
            lambda seed: tf.random.stateless_uniform([MOST], tf.stack([seed, 0])),
            seeds,
            fn_output_signature=tf.TensorSpec([MOST], tf.float32),
        )
        self._taken = 0

    def uniform(
        self,
        shape: Sequence[Any],
        minval: Any = 0.0,
        maxval: Any = 1.0,
        dtype: Any = None,
        seed: Any = None,
    ) -> Any:
        """Return the next numbers of each image, ``(n, ...)``, whatever the seed."""
        first, self._taken = self._taken, self._taken + math.prod(shape[1:])
        drawn = tf.reshape(self._drawn[:, first : self._taken], [-1, *shape[1:]])
        return minval + drawn * (maxval - minval)


class _ImageSeed(keras.random.SeedGenerator):
    """Seeds that follow from an image's own, and nothing else."""

    def __init__(self) -> None:
        super().__init__(0)
        self.start(0)

    def start(self, seed: Any) -> None:
        """Go to the first draw for an image, whose seed is an int32 tensor without axes."""
        self._seed, self._draw = seed, 0

    def next(self, ordered: bool = True) -> Any:
        """Return the seed of the next draw, int32 ``(2,)``: the image's and the draw's number."""
        self._draw += 1  # counted while TensorFlow traces: the first layer's first draw is 1
        return tf.stack([self._seed, self._draw])


def _kind(name: str) -> Any:
    return RandAugment if name == "RandAugment" else getattr(keras.layers, name)


def _layer(name: str, settings: dict[str, Any]) -> Any:
    # Whatever Keras is set to: mixed precision would round the pixels. The seed is not used, but
    # without one Keras would take it from Python's random numbers, which also start a network.
    if name == "RandAugment":  # Keras' own draws from a seed of its own
        return RandAugment(**settings)
    layer = _kind(name)(**settings, seed=0, dtype="float32", data_format="channels_last")
    layer.backend.set_backend("tensorflow")  # tf.data is TensorFlow on every backend of Keras
    return layer
