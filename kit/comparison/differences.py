"""The difference of two shares of right answers on the same images, and how sure it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kit.intervals import paired

__all__ = ["Difference", "difference"]

DRAWS = 10_000  # the ends of the interval then move by less than a tenth of a point on 600 images
UNSURE = 0.05  # how likely a difference may be by chance, before it is no finding


@dataclass(frozen=True)
class Difference:
    """What the second of two has more of right answers than the first.

    Attributes:
        images: How many both were asked about.
        only_first: Images that only the first has right.
        only_second: Images that only the second has right.
        share: The difference of the accuracies, second minus first.
        low: Lower end of its 95 % interval, from the paired bootstrap.
        high: Upper end of its interval.
        p_value: How likely two that are equally good differ so much, by McNemar's exact test.
    """

    images: int
    only_first: int
    only_second: int
    share: float
    low: float
    high: float
    p_value: float

    @property
    def told_apart(self) -> bool:
        """Whether it is more than luck: the test and the interval must both say so.

        On few images the bootstrap is too sure, and the test is not.
        """
        return self.p_value < UNSURE and (self.low > 0 or self.high < 0)

    def verdict(self, first: str, second: str) -> str:
        """Say in one sentence which of two names is better, if any."""
        worse, better = (second, first) if self.share < 0 else (first, second)
        low, high = (-self.high, -self.low) if self.share < 0 else (self.low, self.high)
        interval = f"[{100 * low:z.1f}, {100 * high:z.1f}]"
        points = f"{100 * abs(self.share):.1f} points more {interval} on {self.images:,} images"
        chance = f"p = {self.p_value:.2g}"
        if self.told_apart:
            return f"{better} is better than {worse}: {points} ({chance})."
        found = f"{better} has {points} ({chance})"
        if self.only_first == self.only_second:
            found = f"both are right on equally many of {self.images:,} images {interval}"
        return f"{first} and {second} are not told apart: {found}."


def difference(first: NDArray[np.bool_], second: NDArray[np.bool_], *, seed: int = 0) -> Difference:
    """Compare two on the same images.

    Args:
        first: For each image whether the first has it right.
        second: The same of the second, in the same order.
        seed: What the bootstrap draws from.

    Sources: Q. McNemar, "Note on the sampling error of the difference between correlated
    proportions or percentages", Psychometrika 12, 1947, here exact; B. Efron and R. Tibshirani,
    "An Introduction to the Bootstrap", 1993, chapter 13 (percentile interval).
    """
    images = len(first)
    lost, won = int(np.sum(first & ~second)), int(np.sum(~first & second))
    # Drawing images with replacement draws how many of each of three kinds come.
    kinds = np.array([lost, won, images - lost - won]) / images
    drawn = np.random.default_rng(seed).multinomial(images, kinds, size=DRAWS)
    low, high = np.percentile((drawn[:, 1] - drawn[:, 0]) / images, [2.5, 97.5])
    share = (won - lost) / images
    return Difference(images, lost, won, share, float(low), float(high), paired(lost, won))
