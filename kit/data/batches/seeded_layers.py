"""Keras' augmentation layers, with random numbers that belong to an image and an epoch.

Left to itself a layer counts its calls, so that what it does to an image depends on the images
before it, and draws once for a whole batch. Here every image has numbers of its own seed: its
neighbours, the number of threads or an interruption change nothing.
"""

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kit.data.batches.image_numbers import ImageNumbers, ImageSeed
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
    flips, rows = (True, rows[1:]) if rows and rows[0] == FLIP else (False, rows)
    numbers = ImageNumbers()
    calls = [_batched(row, numbers) if _draws_few(row) else _one_by_one(row) for row in rows]

    def batch(images: Any, seeds: Any) -> Any:
        numbers.start(seeds)
        images = tf.cast(_moved(images, margins, flips, numbers), tf.float32)
        for call in calls:
            images = tf.ensure_shape(call(images, seeds), (None, *shape))
        return tf.clip_by_value(images, 0.0, 255.0)  # resampled ones reach 255.00002

    return batch


def _moved(images: Any, margins: Sequence[int], flips: bool, numbers: ImageNumbers) -> Any:
    """Shift images by their rows and columns, and mirror half of them left and right if wanted.

    Both choose which column is seen, so one gather of bytes does both: Keras' RandomFlip reverses
    the whole batch of floats, which takes eight times as long.
    """
    for axis, (margin, mirrored) in enumerate(zip(margins, (False, flips), strict=True), start=1):
        if not margin and not mirrored:
            continue
        places = _window(numbers.uniform((-1,)), margin, images.shape[axis])
        if mirrored:
            turned = numbers.uniform((-1, 1)) < 0.5
            places = tf.where(turned, tf.reverse(places, [1]), places)
        images = tf.gather(images, places, axis=axis, batch_dims=1)
    return images


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


def _batched(row: Row, numbers: ImageNumbers) -> Callable[..., Any]:
    layer = _layer(*row)
    layer.backend.random = numbers

    def call(images: Any, seeds: Any) -> Any:
        drawn = layer.get_random_transformation(images, training=True, seed=numbers)
        return layer.transform_images(images, drawn)

    return call


def _one_by_one(row: Row) -> Callable[..., Any]:
    layer, generator = _layer(*row), ImageSeed()

    def one(image_and_seed: tuple[Any, Any]) -> Any:
        image, seed = image_and_seed
        generator.start(seed)
        drawn = layer.get_random_transformation(image, training=True, seed=generator)
        return layer.transform_single_image(image, drawn)

    def call(images: Any, seeds: Any) -> Any:
        kind = tf.TensorSpec(images.shape[1:], tf.float32)
        return tf.map_fn(one, (images, seeds), fn_output_signature=kind)

    return call


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
