"""SMOTE: features of images that do not exist, between those of a small class.

Chawla et al., "SMOTE: Synthetic Minority Over-sampling Technique", Journal of Artificial
Intelligence Research 16, 2002. Between two photos lies no photo, but between what a network sees in
them lies what it might see in a third. The package imbalanced-learn does it.
"""

import dataclasses
import importlib.util
from typing import cast

import numpy as np

from kit import progress
from kit.data.features.features import Features
from kit.data.splits import Splits
from kit.errors import SettingError

NEIGHBOURS = 5  # of the paper; fewer where a class has fewer other images


def check_installed() -> None:
    """Raise SettingError where the package is missing."""
    if importlib.util.find_spec("imblearn") is None:
        raise SettingError(
            "SMOTE needs a package that is not installed: pip install imbalanced-learn"
        )


def oversampled(splits: Splits) -> Splits:
    """Return the data with as many training vectors in every class as in the largest.

    What is added lies at a random place between a vector and one of its nearest neighbours of the
    same class. Validation and test part stay as they are: what is made from training images says
    nothing about others. The same seed adds the same.

    Args:
        splits: Features in place of images, as
            :func:`kit.data.features.features.featured` gives them.

    Raises:
        SettingError: These are images, a class has a single training image, or the package
            imbalanced-learn is missing.
    """
    if not isinstance(splits.images, Features):
        raise SettingError("SMOTE works on the features of a frozen backbone, not on images.")
    check_installed()
    counts = {name: count for name, count in splits.counts("train").items() if count}
    single = [name for name, count in counts.items() if count == 1]
    if single:
        raise SettingError(
            "SMOTE needs two training images of a class to interpolate between, but "
            f'"{single[0]}" has one. Use sampling "balanced".'
        )
    from imblearn.over_sampling import SMOTE

    train, features = splits.parts["train"], splits.images
    labels = splits.labels[train]
    neighbours = min(NEIGHBOURS, min(counts.values()) - 1)
    vectors, every = SMOTE(random_state=splits.seed, k_neighbors=neighbours).fit_resample(
        features.read(train), labels
    )
    made = np.asarray(vectors[len(train) :], np.float32)  # the given ones come first
    progress.say(
        f"SMOTE added {len(made)} training vectors, interpolated within "
        f"{', '.join((name for name, count in counts.items() if count < max(counts.values())))}."
    )
    added = np.arange(len(features), len(features) + len(made))
    blank = ("",) * len(made)
    return dataclasses.replace(
        splits,
        images=dataclasses.replace(
            features,
            arrays=(*features.arrays, made),
            places=np.concatenate([features.places, np.full(len(made), len(features.arrays))]),
            rows=np.concatenate([features.rows, np.arange(len(made))]),
        ),
        files=splits.files + blank,
        hashes=splits.hashes + blank,
        groups=splits.groups + blank,
        labels=np.concatenate([splits.labels, cast("np.ndarray", every)[len(train) :]]),
        parts={**splits.parts, "train": np.concatenate([train, added])},
        sampling="none",
    )
