"""How often the most similar images share a class: what pixels alone can tell."""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
PIXELS = 1 << 22  # values of images that become thumbnails together: 32 MB each time copied
THUMBNAIL = 16  # pixels of a side at most, where images are compared
TINY = 1e-12  # below the length of any picture that is not of one gray


def agreement(
    known: Floats, classes: Any, new: Floats, answers: Any, *, votes: int = 1, same: bool = False
) -> float:
    """Return how often the most similar image has the same class.

    Thumbnails are compared by the correlation of their pixels. Far from a good classifier, but it
    needs no training and cannot be set up wrongly: where it is better than guessing, the labels do
    follow from the images.

    Args:
        known: :func:`thumbnails` of images.
        classes: Their classes.
        new: Thumbnails of others.
        answers: Their classes.
        votes: So many neighbours choose, the more similar one where they are split.
        same: The two are the same images, one perhaps changed: an image is not its own neighbour.
    """
    alike = new @ known.T
    if same:
        np.fill_diagonal(alike, -np.inf)
    kinds = np.asarray(classes, np.int64)
    counts = np.zeros((len(new), int(kinds.max()) + 1))
    nearest = np.argsort(-alike, axis=-1, kind="stable")[:, :votes]
    for place in range(nearest.shape[1]):
        chosen = kinds[nearest[:, place]]
        counts[np.arange(len(new)), chosen] += 1 - place / (votes * len(nearest) * 1e3)
    return float(np.mean(counts.argmax(-1) == np.asarray(answers)))


def thumbnails(images: Any) -> Floats:
    """Return small pictures as vectors of length 1 and mean 0, a few images at a time."""
    given = np.asarray(images)
    size = max(1, PIXELS // max(1, given[:1].size))
    parts = [_thumbnails(given[start : start + size]) for start in range(0, len(given), size)]
    return np.concatenate(parts)


def _thumbnails(images: Any) -> Floats:
    given = np.nan_to_num(np.array(images, np.float64), copy=False)
    if given.ndim == 4:
        for axis in (1, 2):
            length = given.shape[axis]
            if length > THUMBNAIL:
                edges = np.linspace(0, length, THUMBNAIL + 1).astype(int)[:-1]
                sizes = np.diff([*edges, length]).reshape(
                    [-1 if a == axis else 1 for a in range(4)]
                )
                given = np.add.reduceat(given, edges, axis=axis) / sizes
    flat = given.reshape(len(given), -1)
    flat = flat - flat.mean(-1, keepdims=True)
    lengths = np.maximum(np.linalg.norm(flat, axis=-1, keepdims=True), TINY)
    return np.asarray(flat / lengths, np.float64)
