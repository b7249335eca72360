"""A folder of images becomes training, validation and test part.

``load(folder)`` gives :class:`Splits`, as does ``from_arrays(images, labels)``; its batches come as
``tf.data`` datasets. TensorFlow is imported when the first batch is asked for, not before.
"""

from collections.abc import Sequence
from typing import Any

from kit.data.array_splits import from_arrays
from kit.data.capacity import check_memory
from kit.data.division.fold_parts import folds
from kit.data.division.stratified_draw import PARTS
from kit.data.image_survey import Survey, survey
from kit.data.listing.table_columns import is_table
from kit.data.listing.tree import Problem
from kit.data.loading import load, load_test
from kit.data.scanning.images import CachedImages, DecodedImages, Images, named_failures
from kit.data.sources import given_parts, image_folders
from kit.data.splits import Splits
from kit.data.unlabelled_images import Joined, unlabelled

__all__ = [
    "PARTS",
    "CachedImages",
    "DecodedImages",
    "Images",
    "Joined",
    "Problem",
    "Splits",
    "Survey",
    "check_memory",
    "folds",
    "from_arrays",
    "given_parts",
    "image_folders",
    "is_table",
    "load",
    "load_test",
    "named_failures",
    "ordered_batches",
    "steps",
    "survey",
    "training_batches",
    "unlabelled",
]


def training_batches(
    splits: Splits,
    label_mode: str = "categorical",
    first_epoch: int = 0,
    class_weight: Sequence[float] | None = None,
) -> Any:
    """Return shuffled and augmented training batches without end; an epoch is ``steps(splits)``.

    Args:
        splits: The data.
        label_mode: ``"categorical"``, ``"binary"`` or ``"int"``.
        first_epoch: Where to go on, from 0.
        class_weight: How much an image of each class counts; the batches then have weights, too.
    """
    from kit.data.batches import pipeline

    return pipeline.training(splits, label_mode, first_epoch, class_weight)


def ordered_batches(
    splits: Splits,
    part: str,
    label_mode: str = "categorical",
    batch_size: int | None = None,
    epoch: int | None = None,
) -> Any:
    """Return one pass over a part in the order of its files, unchanged unless ``epoch`` is given.

    With a number the images are changed as the training would change them in that epoch, from 0.
    """
    from kit.data.batches import pipeline

    return pipeline.ordered(splits, part, label_mode, batch_size, epoch)


def steps(splits: Splits, part: str = "train") -> int:
    """Return the number of batches in one pass over a part."""
    from kit.data.batches import pipeline

    return pipeline.steps(splits, part)
