"""Choose a method's settings by cross-validation, then fit it on the whole training part."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kit import progress
from kit.baselines import linear_methods, neighbours
from kit.baselines.image_vectors import Labels, Learnt, Vectors, folds, vectors
from kit.data import Splits
from kit.errors import SettingError, nearest, require_choice

__all__ = ["METHODS", "Baseline", "fit"]

Rows = NDArray[np.float64]
Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Method:
    """How a method is tried and fitted; ``distances`` says that its answers do not sum to 1."""

    title: str
    candidates: Callable[[int], list[Settings]]
    trials: Callable[..., Iterator[Rows]]
    fitted: Callable[..., Callable[[Vectors], Rows]]
    distances: bool = False


METHODS: Mapping[str, Method] = {
    "knn": Method(
        "nearest neighbours", neighbours.candidates, neighbours.trials, neighbours.fitted
    ),
    "logistic": Method(
        "logistic regression",
        linear_methods.candidates,
        partial(linear_methods.trials, linear_methods.logistic),
        partial(linear_methods.fitted, linear_methods.logistic),
    ),
    "svm": Method(
        "linear support vector machine",
        linear_methods.candidates,
        partial(linear_methods.trials, linear_methods.svm),
        partial(linear_methods.fitted, linear_methods.svm),
        distances=True,
    ),
}
TUNED_ON = 2000  # images: cross-validating over all 50,000 would cost 600 times as much


@dataclass(frozen=True, eq=False)
class Baseline:
    """A fitted method.

    Attributes:
        method: "knn", "logistic" or "svm".
        title: The method in words.
        settings: What the cross-validation chose: ``distance`` and ``k``, or ``C``.
        search: One row for each setting tried: the setting, ``accuracy`` over all held-out images,
            and ``spread``, the standard deviation between the folds.
        tuned_on: Number of training images in the cross-validation.
        images: Number of training images it was fitted on.
        seconds: Wall-clock time of choosing and fitting, without reading images.
        ask: From vectors float32 (images, values) to probabilities (images, classes).
    """

    method: str
    title: str
    settings: Settings
    search: pd.DataFrame = field(repr=False)
    tuned_on: int
    images: int
    seconds: float
    ask: Callable[[Vectors], Rows] = field(repr=False)


def fit(splits: Splits, method: str) -> Baseline:
    """Fit a classifier without a network on the training part, and on nothing else.

    Its settings are chosen by cross-validation over five folds of at most about 2,000 training
    images; the best setting is the one with the highest accuracy, of equals the smoothest.

    Args:
        splits: The data. ``splits.images.read`` may return pixels, or vectors that stand for
            images; each is taken as one row of numbers. Augmentation is not applied.
        method: "knn": k nearest neighbours by L1 or L2 distance; "logistic": multinomial logistic
            regression; "svm": a linear support vector machine with the hinge loss. The last two
            with L2 of a chosen strength, on values of mean 0 and standard deviation 1.

    Raises:
        SettingError: There is no such method or no training part, or the images are too large for
            the memory.
        DataError: A class has fewer than two different training images.
    """
    if method not in METHODS:
        raise SettingError(
            f"There is no baseline {method!r}. Choose from: "
            f"{', '.join(METHODS)}.{nearest(str(method), METHODS)}"
        )
    require_choice("part", "train", splits.parts)
    kind = METHODS[method]
    numbers = splits.parts["train"]
    labels = splits.labels[numbers]
    contents = [splits.hashes[number] for number in numbers]
    fold = folds(labels, contents, splits.class_names, TUNED_ON, splits.seed)
    train, there = vectors(splits, numbers, "Reading training images")
    labels, fold = labels[there], fold[there]
    start = time.monotonic()
    sizes = np.bincount(fold[fold >= 0])
    tried = kind.candidates(int(sizes.sum() - sizes.max()))
    learnt = Learnt(train, labels, splits.num_classes, splits.seed)
    answers = _tried(method, learnt, fold, tried)
    used = fold >= 0
    search = _table(tried, answers, labels[used], fold[used])
    best = int(search["accuracy"].to_numpy().argmax())
    progress.say(f"{method}: fitting on {len(train)} images")
    ask = kind.fitted(learnt, tried[best])
    if kind.distances:
        ask = linear_methods.calibrated(ask, answers[best], labels[used])
    return Baseline(
        method=method,
        title=kind.title,
        settings=tried[best],
        search=search,
        tuned_on=int(used.sum()),
        images=len(train),
        seconds=time.monotonic() - start,
        ask=ask,
    )


def _tried(name: str, learnt: Learnt, fold: NDArray[np.int64], tried: Sequence[Settings]) -> Rows:
    """Return the answers (settings, images in folds, classes), each by the other folds' images."""
    used = fold >= 0
    answers = np.zeros((len(tried), int(used.sum()), learnt.num_classes))
    count = int(fold.max()) + 1

    def steps() -> Iterator[tuple[int, int, Rows]]:
        for number in range(count):
            others = used & (fold != number)
            train, labels = learnt.vectors[others], learnt.labels[others]  # copies
            part = replace(learnt, vectors=train, labels=labels)
            rows = METHODS[name].trials(part, learnt.vectors[fold == number], tried)
            yield from ((number, setting, row) for setting, row in enumerate(rows))

    total = count * len(tried)
    for number, setting, rows in progress.track(
        steps(), total, f"{name}: cross-validating", "combinations of fold and setting tried"
    ):
        answers[setting, fold[used] == number] = rows
    return answers


def _table(
    tried: Sequence[Settings], answers: Rows, labels: Labels, fold: NDArray[np.int64]
) -> pd.DataFrame:
    right = answers.argmax(axis=2) == labels
    each = np.stack([right[:, fold == number].mean(axis=1) for number in np.unique(fold)])
    table = pd.DataFrame(list(tried))
    return table.assign(accuracy=right.mean(axis=1), spread=each.std(axis=0, ddof=1))
