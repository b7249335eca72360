"""What a baseline answers, and what an answer costs."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kit import progress
from kit.baselines.choosing import Baseline
from kit.baselines.image_vectors import Labels, Vectors, numbers_of, vectors
from kit.data import Splits

__all__ = ["Answers", "answer"]

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
    numbers = numbers_of(splits, part)
    rows, there = vectors(splits, numbers, f"Reading {part} images")
    start = time.monotonic()
    answered = progress.track(
        _asked(baseline, rows),
        len(rows),
        f"{baseline.method}: answering for {part} images",
        "images answered for",
    )
    probabilities = np.stack(list(answered))
    return Answers(probabilities, time.monotonic() - start, numbers[there])


def _asked(baseline: Baseline, rows: Vectors) -> Iterator[NDArray[np.float64]]:
    for start in range(0, len(rows), CHUNK):
        yield from baseline.ask(rows[start : start + CHUNK])
