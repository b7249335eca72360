"""What a baseline answers, what an answer costs, and both in plain words."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kit import progress
from kit.baselines.image_vectors import Labels, Vectors, vectors
from kit.baselines.methods import Baseline
from kit.data import Splits
from kit.errors import require_choice

__all__ = ["Answers", "answer", "sentences"]

CHUNK = 256  # images asked at once: enough for fast products, few enough to show progress


@dataclass(frozen=True, eq=False)
class Answers:
    """Answers for the images of a part, in their order.

    Attributes:
        probabilities: float64 (images, classes); rows sum to 1.
        seconds: Wall-clock time of answering, without reading the images.
        numbers: Of these images: those of the part that could still be read.
    """

    probabilities: NDArray[np.float64]
    seconds: float
    numbers: Labels

    @property
    def seconds_per_image(self) -> float:
        """Return what one answer costs."""
        return self.seconds / len(self.probabilities)


def answer(baseline: Baseline, splits: Splits, part: str) -> Answers:
    """Ask a baseline about a part.

    Args:
        baseline: From :func:`kit.baselines.fit`, on the training part of the same data.
        splits: The data.
        part: "train", "validation" or "test".

    Raises:
        SettingError: The data has no such part.
    """
    require_choice("part", part, splits.parts)
    numbers = splits.parts[part]
    rows, there = vectors(splits, numbers, f"Reading {part} images")
    start = time.monotonic()
    answered = progress.track(
        _asked(baseline, rows),
        len(rows),
        f"{baseline.method}: classifying {part} images",
        "images classified",
    )
    probabilities = np.stack(list(answered))
    return Answers(probabilities, time.monotonic() - start, numbers[there])


def _asked(baseline: Baseline, rows: Vectors) -> Iterator[NDArray[np.float64]]:
    for start in range(0, len(rows), CHUNK):
        yield from baseline.ask(rows[start : start + CHUNK])


def sentences(baseline: Baseline, answers: Answers) -> list[str]:
    """Say how a baseline's settings were chosen and what its answers cost.

    Args:
        baseline: From :func:`kit.baselines.fit`.
        answers: From :func:`kit.baselines.answer`.
    """
    told = (_chosen(baseline), _edge(baseline), _cost(baseline, answers))
    return [sentence for sentence in told if sentence]


def _chosen(baseline: Baseline) -> str:
    best = baseline.search["accuracy"].to_numpy().argmax()
    row = baseline.search.iloc[int(best)]
    which = "all" if baseline.tuned_on == baseline.images else f"{baseline.tuned_on} of the"
    said = ", ".join(f"{name} = {value}" for name, value in baseline.settings.items())
    return (
        f"{baseline.title}: {said}, the best of {len(baseline.search)} settings by "
        f"cross-validation on {which} {baseline.images} training images; accuracy "
        f"{row['accuracy']:.3f}, standard deviation between folds {row['spread']:.3f}"
    )


def _edge(baseline: Baseline) -> str:
    """A best value at the edge of its range may not be the best there is."""
    name = "k" if "k" in baseline.settings else "C"
    value, tried = baseline.settings[name], baseline.search[name]
    if name == "k" and value == 1:  # there are no fewer neighbours than one
        return ""
    if value not in (tried.min(), tried.max()):
        return ""
    side = "smallest" if value == tried.min() else "largest"
    return f"The chosen {name} is the {side} value tried; the best may lie beyond it."


def _cost(baseline: Baseline, answers: Answers) -> str:
    cost = f"{1000 * answers.seconds_per_image:.3g} ms per image to classify"
    if baseline.method == "knn":
        cost += (
            f", since each is compared with all {baseline.images} training images; the time grows "
            "with their number"
        )
    return f"{baseline.seconds:.1f} s to choose and fit; {cost}"
