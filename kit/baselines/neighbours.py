"""k nearest neighbours: an image is of the class that most of the training images like it have."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kit.baselines.image_vectors import Labels, Learnt, Vectors, vectors
from kit.data import Splits
from kit.errors import require_choice

__all__ = ["candidates", "fitted", "nearest", "trials"]

METRICS = {"L2": "euclidean", "L1": "manhattan"}
NEIGHBOURS = (25, 15, 9, 5, 3, 1)  # odd, so that two classes never tie

Settings = Mapping[str, Any]
Rows = NDArray[np.float64]


def candidates(images: int) -> list[Settings]:
    """Return the settings to choose from where the smallest training fold has so many images."""
    usable = [k for k in NEIGHBOURS if k <= max(1, images // 2)]
    return [{"distance": distance, "k": k} for distance in METRICS for k in usable]


def nearest(
    splits: Splits, numbers: Sequence[int] | Labels, count: int = 5, distance: str = "L1"
) -> Labels:
    """Return the training images that are nearest to some images, the nearest first.

    Args:
        splits: The data, with pixels or with vectors that stand for images.
        numbers: The images that are asked about, as ``splits.files`` numbers them.
        count: How many neighbours of each; at most as many as there are training images.
        distance: "L1" or "L2".

    Returns:
        Numbers of training images ``(images, count)``.

    Raises:
        SettingError: There is no such distance, or the images are too large for the memory.
    """
    require_choice("distance", distance, METRICS)
    known = splits.parts["train"]
    train, there = vectors(splits, known, "Reading training images")
    asked, _ = vectors(splits, np.asarray(numbers), "Reading images")
    return known[there][_nearest(train, distance, min(count, len(train)))(asked)]


def trials(learnt: Learnt, test: Vectors, tried: Sequence[Settings]) -> Iterator[Rows]:
    """Yield shares of votes (images, classes) for each setting; one search serves every k."""
    for distance in METRICS:
        ks = [one["k"] for one in tried if one["distance"] == distance]
        near = learnt.labels[_nearest(learnt.vectors, distance, max(ks))(test)]
        for k in ks:
            yield _votes(near[:, :k], learnt.num_classes)


def fitted(learnt: Learnt, settings: Settings) -> Callable[[Vectors], Rows]:
    """Return the function from vectors to shares of votes (images, classes)."""
    nearest = _nearest(learnt.vectors, settings["distance"], settings["k"])
    return lambda vectors: _votes(learnt.labels[nearest(vectors)], learnt.num_classes)


def _nearest(train: Vectors, distance: str, most: int) -> Callable[[Vectors], NDArray[np.int64]]:
    from sklearn.neighbors import NearestNeighbors

    # No tree: among thousands of values it would have to look everywhere as well.
    search = NearestNeighbors(n_neighbors=most, metric=METRICS[distance], algorithm="brute")
    search.fit(train)
    return lambda vectors: np.asarray(search.kneighbors(vectors, return_distance=False))


def _votes(near: Labels, num_classes: int) -> Rows:
    """Share the votes, and one more among all classes: without a vote is not impossible."""
    votes = (near[:, :, None] == np.arange(num_classes)).sum(axis=1)
    return np.asarray((votes + 1 / num_classes) / (near.shape[1] + 1))
