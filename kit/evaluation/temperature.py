"""The temperature, which makes probabilities as high as answers are right."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["temperature"]


def temperature(
    logits: NDArray[np.floating], labels: NDArray[np.integer], wrong: float = 0.0
) -> float:
    """Return by what logits are to be divided for the smallest cross-entropy.

    It does not change which class is the first. Source: Guo et al., "On Calibration of Modern
    Neural Networks", ICML 2017, section 4.2.

    Args:
        logits: Numbers (images, classes) whose softmax are probabilities.
        labels: Classes (images,).
        wrong: How many images more count as answered wrongly, by the class that comes next. At 1,
            of n images that are all right n + 1 of n + 2 remain, as Laplace's rule of succession
            has it, and no probability becomes 1.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    rows = np.asarray(logits, np.float64)
    own = np.arange(len(rows)), labels
    others = rows.copy()
    others[own] = -np.inf
    next_one = own[0], others.argmax(axis=1)

    def cross_entropy(logarithm: float) -> float:
        found = log_softmax(np.exp(logarithm) * rows, axis=1)
        return -float(found[own].mean() + wrong / len(rows) * found[next_one].mean())

    return float(np.exp(-minimize_scalar(cross_entropy, bounds=(-10, 10), method="bounded").x))
