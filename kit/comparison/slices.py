"""Kinds of images on which a model errs more often, or less often, than on the others."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kit.comparison.differences import UNSURE
from kit.intervals import wilson

__all__ = ["FEWEST", "Slice", "slices"]

FEWEST = 10  # images of a kind, and beside it; fewer can hardly be told from the others


@dataclass(frozen=True)
class Slice:
    """How often a model is right on one kind of image, beside all others.

    Attributes:
        kind: What the images have in common.
        images: How many there are.
        accuracy: The share of them that is right.
        low: Lower end of its 95 % interval (Wilson).
        high: Upper end of it.
        others: The share of all other images that is right.
        p_value: How likely a difference as large is by chance, by Fisher's exact test, corrected
            for all kinds that were looked at.
    """

    kind: str
    images: int
    accuracy: float
    low: float
    high: float
    others: float
    p_value: float

    @property
    def told_apart(self) -> bool:
        """Whether the difference is more than luck."""
        return self.p_value < UNSURE

    def __str__(self) -> str:
        """Return it as a sentence."""
        interval = f"95 % interval {self.low:.3f} to {self.high:.3f}, {self.images:,} images"
        others = f"{self.others:.3f} on the others (p = {self.p_value:.2g})"
        return f"{self.kind}: accuracy {self.accuracy:.3f} ({interval}), {others}"


def slices(right: NDArray[np.bool_], kinds: Mapping[str, NDArray[np.bool_]]) -> list[Slice]:
    """Compare each kind of image with all other images, the most unlikely difference first.

    Args:
        right: For each image whether the model has it right.
        kinds: For each kind which of the images are of it. Kinds of fewer than 10 images, or with
            fewer than 10 beside them, are not looked at.

    Sources: R. A. Fisher, "The logic of inductive inference", Journal of the Royal Statistical
    Society 98, 1935 (the exact test); S. Holm, "A simple sequentially rejective multiple test
    procedure", Scandinavian Journal of Statistics 6, 1979 (the correction).
    """
    known = {
        kind: mask for kind, mask in kinds.items() if FEWEST <= mask.sum() <= len(mask) - FEWEST
    }
    chances = {kind: _chance(right[mask], right[~mask]) for kind, mask in known.items()}
    found, corrected = [], 0.0
    for place, kind in enumerate(sorted(chances, key=lambda kind: chances[kind])):
        corrected = max(corrected, min(1.0, (len(chances) - place) * chances[kind]))
        within, others = right[known[kind]], right[~known[kind]]
        ends = wilson(int(within.sum()), len(within))
        shares = float(within.mean()), *ends, float(others.mean())
        found.append(Slice(kind, len(within), *shares, corrected))
    return found


def _chance(within: NDArray[np.bool_], others: NDArray[np.bool_]) -> float:
    from scipy import stats  # which takes long to import

    table = [[int(group.sum()), int((~group).sum())] for group in (within, others)]
    return float(stats.fisher_exact(table).pvalue)
