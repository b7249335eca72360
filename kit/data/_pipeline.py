"""Batches for training and for scoring, as ``tf.data`` datasets.

A batch is a pure function of its number: number k of epoch e holds certain images, changed in a
certain way, whatever came before it. A training that stopped goes on at any epoch as if it had not.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kit.data import _seeded, augmentation
from kit.errors import SettingError

if TYPE_CHECKING:
    from kit.data._splits import Splits

__all__ = ["one_pass", "ordered", "steps", "training"]

Array = NDArray[Any]
Batch = tuple[Array, ...]

SEEDS = tf.TensorSpec((None,), tf.int32)
NO_SEEDS = np.empty(0, np.int32)


def steps(splits: "Splits", part: str = "train") -> int:
    """Return the number of batches in one pass over a part.

    Raises:
        SettingError: The data has no such part.
    """
    return math.ceil(len(_indices(splits, part)) / splits.batch_size)


def training(
    splits: "Splits", label_mode: str = "categorical", first_epoch: int = 0
) -> tf.data.Dataset:
    """Return shuffled and augmented training batches without end, epoch after epoch.

    An epoch is :func:`steps` batches, of sizes that differ by one at most: a last batch of two
    images would upset batch normalization.

    Args:
        splits: The data.
        label_mode: "categorical", "binary" or "int", see :func:`ordered`.
        first_epoch: Epoch to begin with, from 0.

    Returns:
        Batches ``(images, labels)`` as :func:`ordered` describes them.
    """
    count = steps(splits)
    numbers = tf.data.Dataset.counter(start=first_epoch * count)
    return _changed(splits, numbers, label_mode)


def one_pass(splits: "Splits", label_mode: str = "categorical") -> tf.data.Dataset:
    """Return one epoch of :func:`training`, another one at each iteration: 0, 1, 2, ...

    Keras looks into a dataset before its first fit; that look is an iteration as well.
    """
    count, epochs = steps(splits), itertools.count()
    epoch = tf.data.Dataset.range(1).map(
        lambda _: tf.numpy_function(lambda: np.int64(next(epochs)), [], tf.int64)
    )
    numbers = epoch.flat_map(lambda e: tf.data.Dataset.range(e * count, (e + 1) * count))
    numbers = numbers.apply(tf.data.experimental.assert_cardinality(count))
    return _changed(splits, numbers, label_mode)


def ordered(
    splits: "Splits",
    part: str,
    label_mode: str = "categorical",
    batch_size: int | None = None,
    epoch: int | None = None,
) -> tf.data.Dataset:
    """Return a part once, in the order of ``splits.parts[part]``, unchanged unless ``epoch`` says.

    Args:
        splits: The data.
        part: "train", "validation" or "test".
        label_mode: "categorical": float32 ``(batch, classes)``, 1 at the class and 0 elsewhere;
            "binary", for two classes: float32 ``(batch, 1)``, 1 for the second class; "int":
            int32 ``(batch,)``.
        batch_size: Images in a batch; ``splits.batch_size`` where it is None.
        epoch: Change the images as the training would in this epoch, from 0.

    Returns:
        Batches ``(images, labels)``: images float32 ``(batch, height, width, channels)`` in
        [0, 255].

    Raises:
        SettingError: The data has no such part, or the label mode does not fit.
    """
    indices, size = _indices(splits, part), batch_size or splits.batch_size
    labels = _labels(splits, label_mode)

    def read(number: Array) -> Batch:
        chosen = indices[number * size : (number + 1) * size]
        seeds = _seeded.seeds(splits.seed, epoch or 0, chosen) if epoch is not None else NO_SEEDS
        return splits.images.read(chosen), labels[chosen], seeds

    numbers = tf.data.Dataset.range(math.ceil(len(indices) / size))
    # One element a call, in order: reading is a copy from memory, or has a thread pool of its own.
    batches = _called(read, numbers, [_image_spec(splits), _spec(labels), SEEDS])
    return _augmented(batches, None if epoch is None else augmentation.changing(splits))


def _changed(splits: "Splits", numbers: tf.data.Dataset, label_mode: str) -> tf.data.Dataset:
    """Turn the numbers of batches, counted from epoch 0, into training batches."""
    seed, count = splits.seed, steps(splits)
    train, labels = _indices(splits, "train"), _labels(splits, label_mode)

    @functools.lru_cache(maxsize=4)  # batches of two epochs may be read at once, at their border
    def order(epoch: int) -> list[Array]:
        return np.array_split(np.random.default_rng([seed, epoch]).permutation(train), count)

    def read(number: Array) -> Batch:
        epoch, batch = divmod(int(number), count)
        chosen = order(epoch)[batch]
        return splits.images.read(chosen), labels[chosen], _seeded.seeds(seed, epoch, chosen)

    batches = _called(read, numbers, [_image_spec(splits), _spec(labels), SEEDS])
    return _augmented(batches, augmentation.changing(splits))


def _augmented(batches: tf.data.Dataset, change: Callable[..., Any] | None) -> tf.data.Dataset:
    """Change the images of batches (images, labels, seeds) and leave the seeds out."""
    if change is None:
        return batches.map(lambda x, y, _: (tf.cast(x, tf.float32), y)).prefetch(2)
    batches = batches.map(
        lambda x, y, seeds: (change(x, seeds), y),
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    return batches.prefetch(2)


def _called(
    read: Callable[[Array], Batch], numbers: tf.data.Dataset, specs: Iterable[tf.TensorSpec]
) -> tf.data.Dataset:
    """Map a NumPy function over numbers, and tell TensorFlow what it returns."""
    specs = list(specs)

    def call(number: Any) -> tuple[Any, ...]:
        arrays = tf.numpy_function(read, [number], [spec.dtype for spec in specs])
        return tuple(tf.ensure_shape(a, s.shape) for a, s in zip(arrays, specs, strict=True))

    return numbers.map(call)


def _indices(splits: "Splits", part: str) -> Array:
    if part not in splits.parts:
        have = ", ".join(splits.parts)
        raise SettingError(f"The data has no {part} part, only {have}.")
    indices: Array = splits.parts[part]
    return indices


def _labels(splits: "Splits", label_mode: str) -> Array:
    """Return the labels of all images as the loss wants them, see :func:`ordered`."""
    if label_mode == "categorical":
        return np.eye(splits.num_classes, dtype=np.float32)[splits.labels]
    if label_mode == "int":
        return splits.labels.astype(np.int32)
    if label_mode != "binary":
        raise SettingError(f"label_mode must be categorical, binary or int, not {label_mode!r}.")
    if splits.num_classes != 2:
        raise SettingError(
            f"Binary labels need 2 classes, not {splits.num_classes}; use a softmax head instead."
        )
    return splits.labels.astype(np.float32)[:, None]


def _image_spec(splits: "Splits") -> tf.TensorSpec:
    return tf.TensorSpec((None, *splits.images.shape), splits.images.dtype)


def _spec(labels: Array) -> tf.TensorSpec:
    return tf.TensorSpec((None, *labels.shape[1:]), labels.dtype)
