"""A few images and labels to look at a model with."""

import math
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from kit import data
from kit.errors import SettingError

Array = npt.NDArray[Any]

MOST_VALUES = 500 * 256 * 256 * 3  # of all images of a sample ...
FEW = 64  # ... where these are more


@dataclass(frozen=True)
class Sample:
    """Images and labels as a model's ``fit`` takes them.

    Attributes:
        images: float32 or uint8 ``(n, height, width, channels)`` in [0, 255], or what else the
            model takes.
        labels: As its loss takes them: one-hot rows, a column of 0 and 1, or class numbers.
        classes: The class number of each image, int64 ``(n,)``.
        names: The classes' names, or their numbers as text.
    """

    images: Array = field(repr=False)
    labels: Array = field(repr=False)
    classes: npt.NDArray[np.int64] = field(repr=False)
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.images)

    def first(self, count: int) -> "Sample":
        """Return the first images only; classes take turns."""
        return Sample(self.images[:count], self.labels[:count], self.classes[:count], self.names)


def from_arrays(images: Any, labels: Any, count: int = 256, seed: int = 0) -> Sample:
    """Return a sample of arrays in which the classes take turns, as far as there are images.

    Args:
        images: ``(n, ...)``.
        labels: One-hot rows ``(n, classes)``, 0 and 1 as ``(n, 1)``, or class numbers ``(n,)``.
        count: Images, at most.
        seed: Chooses them.

    Raises:
        SettingError: There are not as many images as labels, or fewer than 2.
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if len(images) != len(labels) or len(images) < 2:
        raise SettingError(
            f"A sample needs 2 or more images with one label each, not {len(labels)} labels for "
            f"{len(images)} images."
        )
    many = labels.ndim > 1 and labels.shape[-1] > 1
    classes = labels.argmax(-1) if many else np.rint(labels.reshape(len(labels))).astype(np.int64)
    chosen = _in_turn(classes, count, seed)
    size = labels.shape[-1] if many else int(classes.max()) + 1
    return Sample(
        images[chosen], labels[chosen], classes[chosen], tuple(str(one) for one in range(size))
    )


def sample(
    splits: data.Splits,
    model: keras.Model,
    count: int = 256,
    part: str = "train",
    *,
    as_stored: bool = False,
) -> Sample:
    """Return images of a part, not augmented, in which the classes take turns.

    Of images that are larger than 256 x 256 it has fewer, but 64 in any case.

    Args:
        splits: The data.
        model: Its output says which form the labels have.
        count: Images, at most.
        part: ``"train"`` or ``"validation"``.
        as_stored: Leave pixels in 8 bits, a quarter of the memory.
    """
    numbers = splits.parts[part]
    count = min(count, max(FEW, MOST_VALUES // math.prod(splits.images.shape)))
    chosen = numbers[_in_turn(splits.labels[numbers], count, splits.seed)]
    pixels, present = splits.images.read_present(chosen)
    classes = splits.labels[present]
    labels = (
        classes.astype(np.float32)[:, None]
        if model.output_shape[-1] == 1
        else np.eye(splits.num_classes, dtype=np.float32)[classes]
    )
    images = pixels if as_stored else pixels.astype(np.float32)
    return Sample(images, labels, classes, splits.class_names)


def _in_turn(classes: Array, count: int, seed: int) -> npt.NDArray[np.int64]:
    """Return numbers of images, one of each class, then the next of each, and so on."""
    order = np.random.default_rng(seed).permutation(len(classes))
    turn = np.empty(len(classes), np.int64)
    for label in np.unique(classes):
        mine = order[classes[order] == label]
        turn[mine] = np.arange(len(mine))
    return order[np.argsort(turn[order], kind="stable")][:count]
