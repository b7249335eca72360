"""Batches for training and for scoring, as ``tf.data`` datasets.

A batch is a pure function of its number: number k of epoch e holds certain images, changed in a
certain way, whatever came before it. A training that stopped goes on at any epoch as if it had not.
"""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from kit.data.batches import (
    augmentation,
    class_sampling,
    label_modes,
    mixing,
    seeded_layers,
)
from kit.errors import require_choice

if TYPE_CHECKING:
    from kit.data.splits import Splits

Array = NDArray[Any]
Batch = tuple[Array, ...]

NO_SEEDS, NO_WEIGHTS = np.empty(0, np.int32), np.empty(0, np.float32)


def steps(splits: "Splits", part: str = "train") -> int:
    """Return the number of batches in one pass over a part.

    Raises:
        SettingError: The data has no such part.
    """
    require_choice("part", part, splits.parts)
    return math.ceil(len(splits.parts[part]) / splits.batch_size)


def training(
    splits: "Splits",
    label_mode: str = "categorical",
    first_epoch: int = 0,
    class_weight: Sequence[float] | None = None,
) -> tf.data.Dataset:
    """Return shuffled, augmented and mixed training batches without end, epoch after epoch.

    An epoch is :func:`steps` batches, of sizes that differ by one at most: a last batch of two
    images would upset batch normalization.

    Args:
        splits: The data.
        label_mode: "categorical", "binary" or "int", see :func:`ordered`.
        first_epoch: Epoch to begin with, from 0.
        class_weight: How much an image of each class counts in the loss.

    Returns:
        Batches ``(images, labels)`` as :func:`ordered` describes them, with class weights
        ``(images, labels, weights)``: float32 ``(batch,)``. Mixed images have mixed labels and
        weights.

    Raises:
        SettingError: What is wanted cannot be had together.
    """
    count = steps(splits)
    numbers = tf.data.Dataset.counter(start=first_epoch * count)
    return _changed(splits, numbers, label_mode, class_weight)


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
        [0, 255]. A file that breaks meanwhile is left out of its batch; afterwards
        ``splits.present(part)`` gives the numbers of the images that were there, in this order.

    Raises:
        SettingError: The data has no such part, or the label mode does not fit.
    """
    require_choice("part", part, splits.parts)
    indices, labels = splits.parts[part], label_modes.labels(splits, label_mode)
    count = math.ceil(len(indices) / (batch_size or splits.batch_size))
    pieces = np.array_split(indices, max(1, count))  # nearly even: none is soon lost as a whole

    def read(number: Array) -> Batch:
        images, chosen = _present(splits, pieces[number])
        seeds = (
            seeded_layers.seeds(splits.seed, epoch or 0, chosen) if epoch is not None else NO_SEEDS
        )
        return images, labels[chosen], NO_WEIGHTS, seeds

    numbers = tf.data.Dataset.range(count)
    # One element a call, in order: reading is a copy from memory, or has a thread pool of its own.
    batches = _called(read, numbers, _specs(splits, labels))
    return _finished(batches, None if epoch is None else augmentation.changing(splits))


def _changed(
    splits: "Splits",
    numbers: tf.data.Dataset,
    label_mode: str,
    class_weight: Sequence[float] | None = None,
) -> tf.data.Dataset:
    """Turn the numbers of batches, counted from epoch 0, into training batches."""
    label_modes.check(splits, label_mode)
    seed, count, how = splits.seed, steps(splits), splits.mix
    train, labels = splits.parts["train"], label_modes.labels(splits, label_mode)
    weighted = class_weight is not None
    by_class = np.asarray(class_weight if weighted else [1] * splits.num_classes, np.float32)

    @functools.lru_cache(maxsize=4)  # batches of two epochs may be read at once, at their border
    def order(epoch: int) -> list[tuple[Array, Array]]:
        whole = class_sampling.order(train, splits.labels, seed, epoch, splits.sampling)
        return list(zip(*(np.array_split(one, count) for one in whole), strict=True))

    def read(number: Array) -> Batch:
        epoch, batch = divmod(int(number), count)
        wanted, times = order(epoch)[batch]
        images, chosen = _present(splits, wanted)
        seeds = seeded_layers.seeds(seed, epoch, chosen, times[np.isin(wanted, chosen)])
        found = images, labels[chosen], by_class[splits.labels[chosen]], seeds
        if how is None:
            return found
        drawn = mixing.draw(how, seed, epoch, batch, len(chosen), images.shape[1:3])
        return *found, drawn.partners, drawn.outside, drawn.boxes, drawn.shares

    batches = _called(read, numbers, _specs(splits, labels, mixed=how is not None))
    return _finished(batches, augmentation.changing(splits), weighted)


def _specs(splits: "Splits", labels: Array, mixed: bool = False) -> list[tf.TensorSpec]:
    """Return the types of images, labels, weights and seeds, and of what mixing draws."""
    images = splits.images
    kinds = [(images.shape, images.dtype), (labels.shape[1:], labels.dtype), ((), "float32")]
    kinds += [((), "int32")]
    if mixed:  # as in kit.data.batches.mixing.Draws
        kinds += [((), "int64"), ((), "float32"), ((4,), "int32"), ((), "float32")]
    return [tf.TensorSpec((None, *shape), kind) for shape, kind in kinds]


def _called(
    read: Callable[[Array], Batch], numbers: tf.data.Dataset, specs: list[tf.TensorSpec]
) -> tf.data.Dataset:
    """Map a NumPy function over numbers, and tell TensorFlow what it returns."""

    def call(number: Any) -> tuple[Any, ...]:
        arrays = tf.numpy_function(read, [number], [spec.dtype for spec in specs])
        return tuple(tf.ensure_shape(a, s.shape) for a, s in zip(arrays, specs, strict=True))

    return numbers.map(call)


def _finished(
    batches: tf.data.Dataset, change: Callable[..., Any] | None, weighted: bool = False
) -> tf.data.Dataset:
    """Change images one by one, mix them where that was drawn, and leave out what is not needed."""

    def one(images: Any, labels: Any, weights: Any, seeds: Any, *drawn: Any) -> tuple[Any, ...]:
        images = tf.cast(images, tf.float32) if change is None else change(images, seeds)
        if drawn:
            rows = tf.concat([labels, weights[:, None]], axis=1)
            images, rows = mixing.mixed(images, rows, *drawn)
            labels, weights = rows[:, :-1], rows[:, -1]
        return (images, labels, weights) if weighted else (images, labels)

    if change is None:  # too little work for more than one thread
        return batches.map(one).prefetch(2)
    many = batches.map(one, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return many.prefetch(2)


def _present(splits: "Splits", chosen: Array) -> tuple[Array, Array]:
    """Read what can still be read of a batch, and tell which images these are."""
    images, there = splits.images.read_present(chosen)
    if not len(there):
        splits.images.read(chosen)  # raises, with their names: of no images there is no loss
    return images, there
