"""Small measurements on arrays: what a model answers, how it moves, what it is fed with.

Every function here takes numbers and returns a number, whatever library made them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
SURE = 0.25  # share of the images: those whose answer the model is surest of
TINY = 1e-12  # below any weight's norm that is not zero on purpose


@dataclass(frozen=True)
class Answers:
    """What a model says about images.

    Attributes:
        classes: The number of the class it answers, int64 ``(n,)``.
        sureness: Of that answer, larger is surer: its probability, or the distance of the two
            highest scores.
        spread: Standard deviation of the outputs between images, mean over the columns: 0 where the
            answer does not depend on the image.
    """

    classes: npt.NDArray[np.int64]
    sureness: Floats
    spread: float

    @property
    def commonest(self) -> float:
        """Share of the images that get the commonest answer."""
        return float(np.bincount(self.classes).max() / len(self.classes))


def answers(outputs: Any) -> Answers:
    """Read a model's outputs.

    Args:
        outputs: ``(n, classes)`` probabilities or scores, or ``(n, 1)``, the probability of the
            second of two classes. Values that are no numbers count as class 0.
    """
    given = np.asarray(outputs, np.float64)
    spread = float(np.std(given, axis=0).mean())
    given = np.nan_to_num(given)
    if given.shape[-1] == 1:
        second = given[:, 0]
        classes = (second > 0.5).astype(np.int64)
        return Answers(classes, np.maximum(second, 1 - second), spread)
    ordered = np.sort(given, axis=-1)
    probabilities = given.min() >= 0 and np.allclose(given.sum(-1), 1, atol=1e-2)
    sureness = ordered[:, -1] if probabilities else ordered[:, -1] - ordered[:, -2]
    return Answers(given.argmax(-1), sureness, spread)


def balanced_accuracy(found: Answers, classes: Array) -> float:
    """Return the mean over the classes of the share of their images that is recognised."""
    return float(np.mean([np.mean(found.classes[classes == one] == one)
                          for one in np.unique(classes)]))  # fmt: skip


def sure_accuracy(found: Answers, classes: Array) -> float:
    """Return the share of right answers among the quarter of the images it is surest of.

    A hard problem has easy images: there a model that has learned something is nearly always right.
    Where labels are wrong by chance, no image is safe: the share stays as low as elsewhere.
    """
    count = max(1, round(SURE * len(classes)))
    surest = np.argsort(-found.sureness, kind="stable")[:count]
    return float(np.mean(found.classes[surest] == np.asarray(classes)[surest]))


def norm(weights: Sequence[Any]) -> float:
    """Return the Euclidean norm of several arrays as one vector."""
    return float(np.sqrt(sum(np.sum(np.square(np.asarray(one, np.float64))) for one in weights)))


def ratio(before: Sequence[Any], after: Sequence[Any]) -> float:
    """Return by which part of their own size weights moved: the norm of a step over the norm.

    CS231n, "Neural Networks part 3": about 1e-3 is usual. NaN where the weights are zero.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        step = norm([np.subtract(b, a) for a, b in zip(before, after, strict=True)])
    size = norm(before)
    return step / size if size > TINY else float("nan")


def update_ratios(moved: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return the middle, the least and the greatest update / weights of the layers.

    Args:
        moved: By layer, what :func:`ratio` gave for some steps.
    """
    means = [float(np.mean(values)) for values in moved.values()]
    known = [value for value in means if math.isfinite(value)]
    # The last layer starts near 0, and its first updates are large beside it: it is no middle.
    middle = math.nan if len(known) < 2 else known[0] if len(known) == 2 else np.median(known)
    some = len(known) > 1
    return {
        "update_ratio": float(middle),
        "update_ratio_least": min(known) if some else math.nan,
        "update_ratio_greatest": max(known) if some else math.nan,
    }


def scale(kernels: Sequence[Any]) -> float:
    """Return how large kernels are beside what He et al. (ICCV 2015) start ReLU layers with.

    The root mean square of the weights over sqrt(2 / inputs of a unit); 1 for He's, about 0.7 for
    Glorot's, of several kernels the one that is farthest from 1.
    """
    found = []
    for kernel in kernels:
        given = np.asarray(kernel, np.float64)
        depthwise = given.ndim == 4 and given.shape[-1] == 1 and given.shape[-2] > 1
        inputs = np.prod(given.shape[:2] if depthwise else given.shape[:-1])
        found.append(float(np.sqrt(np.mean(np.square(given)) * inputs / 2)))
    return max(found, key=lambda one: abs(np.log(max(one, TINY))))


def used_units(output: Any) -> npt.NDArray[np.bool_]:
    """Tell of each unit (channel) of a layer whether it is above 0 for any image and place.

    Args:
        output: ``(n, ..., units)``, after a ReLU.
    """
    given = np.asarray(output, np.float32)
    return np.asarray((given > 0).any(axis=tuple(range(given.ndim - 1))))


def cross_entropy(counts: Mapping[Any, int] | Sequence[int]) -> float:
    """Return the loss of who knows how often each class comes, and nothing else."""
    values = counts.values() if isinstance(counts, Mapping) else counts
    shares = np.asarray([one for one in values if one > 0], np.float64)
    shares = shares / shares.sum()
    return float(-(shares * np.log(shares)).sum())
