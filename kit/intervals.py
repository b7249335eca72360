"""How far chance alone moves a share of images: standard errors, intervals, guessing."""

import math
from collections.abc import Iterable, Sequence

Z = 1.959964  # standard errors of a 95 % interval
IMBALANCED = 3.0  # largest class over smallest, above which accuracy hides the small classes
DEVIATIONS = 3.0  # standard errors above guessing that a score must be to be more than luck


def standard_error(share: float, counts: Sequence[float], *, balanced: bool) -> float:
    """Return the standard error of an accuracy; NaN where there are no images.

    Args:
        share: The accuracy, or the recall of every class.
        counts: Images of each class.
        balanced: Whether the accuracy is the mean of the classes' recalls.
    """
    images = worth(counts, balanced=balanced)
    return math.sqrt(max(share * (1 - share), 0.0) / images) if images else math.nan


def worth(counts: Sequence[float], *, balanced: bool) -> float:
    """Return how many images, evenly spread over the classes, say as much about an accuracy.

    A class of few images makes balanced accuracy unsure, however many the others have: of 190 and
    10 images it is as unsure as of 38.

    Args:
        counts: Images of each class; classes without any do not count.
        balanced: Whether the accuracy is the mean of the classes' recalls.
    """
    present = [count for count in counts if count > 0]
    if not balanced:
        return sum(present)
    return len(present) ** 2 / sum(1 / count for count in present) if present else 0.0


def is_imbalanced(counts: Iterable[float]) -> bool:
    """Tell whether classes differ so much in size that accuracy hides the small ones.

    Args:
        counts: Images of each class.
    """
    sizes = list(counts)
    return max(sizes) > IMBALANCED * min(sizes)


def guessing(counts: Sequence[float], *, balanced: bool) -> tuple[float, float]:
    """Return what guessing scores on images, and the standard error of that.

    Guessing balanced is naming each class that is present equally often; else it is always naming
    the largest.

    Args:
        counts: Images of each class.
        balanced: Whether the score is the mean of the classes' recalls.
    """
    present = [count for count in counts if count > 0]
    if not present:
        return math.nan, math.nan
    score = 1 / len(present) if balanced else max(present) / sum(present)
    return score, standard_error(score, present, balanced=balanced)


def luck(score: float, error: float) -> float:
    """Return the highest score that may be luck where guessing gives ``score``."""
    return score + DEVIATIONS * error


def paired(only_one: int, only_other: int) -> float:
    """Return how likely two that are equally good differ so much on the same images.

    Args:
        only_one: Images that only the first has right.
        only_other: Images that only the second has right.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions
    or percentages", Psychometrika 12, 1947; here exact.
    """
    from scipy.stats import binomtest

    differing = only_one + only_other
    return float(binomtest(only_one, differing).pvalue) if differing else 1.0


def wilson(hits: float, images: float) -> tuple[float, float]:
    """Return the 95 % interval of a share of images; NaN where there are none.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22, 1927.
    """
    if not images or not math.isfinite(hits):
        return math.nan, math.nan
    share = hits / images
    spread = Z * math.sqrt(share * (1 - share) / images + Z**2 / (4 * images**2))
    middle, scale = share + Z**2 / (2 * images), 1 + Z**2 / images
    return max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)
