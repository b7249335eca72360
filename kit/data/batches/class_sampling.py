"""Which images an epoch consists of, and in which order."""

import numpy as np
from numpy.typing import NDArray

OURS = 2  # tells these numbers from those drawn for (seed, epoch, image)

Indices = NDArray[np.int64]


def order(
    train: Indices, labels: Indices, seed: int, epoch: int, sampling: str = "none"
) -> tuple[Indices, Indices]:
    """Return the images of an epoch in their order, and for each how often it came before.

    An epoch has as many images as the training part. "none" takes each once. "balanced" takes the
    classes equally often: those of small classes come several times, those of large ones not in
    every epoch, but over the epochs each image of a class equally often.

    Args:
        train: Numbers of the training images.
        labels: Class numbers of all images.
        seed: The data's.
        epoch: From 0.
        sampling: "none" or "balanced".
    """
    rng = np.random.default_rng([seed, epoch])
    if sampling == "none":
        return rng.permutation(train), np.zeros(len(train), np.int64)
    chosen = rng.permutation(_balanced(train, labels[train], seed, epoch))
    return chosen, _times(chosen)


def _balanced(train: Indices, labels: Indices, seed: int, epoch: int) -> Indices:
    """Return the images of a balanced epoch, in no order that matters.

    Think of an endless row of places: place p belongs to class p mod C, and a class fills its
    places with its images, all of them in one order, then all in another. An epoch is as many
    places as there are images.
    """
    classes = np.unique(labels)
    places = np.arange(epoch * len(train), (epoch + 1) * len(train))
    found = []
    for number, label in enumerate(classes):
        images = train[labels == label]
        rounds, turns = np.divmod(
            places[places % len(classes) == number] // len(classes), len(images)
        )
        for one in np.unique(rounds):
            rng = np.random.default_rng([seed, int(one), int(label), OURS])
            found.append(rng.permutation(images)[turns[rounds == one]])
    return np.concatenate(found)


def _times(chosen: Indices) -> Indices:
    """Return for each number how many equal ones stand before it."""
    places = np.argsort(chosen, kind="stable")
    in_order = chosen[places]
    times = np.empty(len(chosen), np.int64)
    times[places] = np.arange(len(chosen)) - np.searchsorted(in_order, in_order)
    return times
