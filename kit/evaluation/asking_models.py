"""What a model answers, as numbers and as a table."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["both_columns", "predictions", "probabilities"]

DECIMALS = 6  # as many as float32 holds of a number near 1


def probabilities(model: Any, dataset: Any) -> NDArray[np.float64]:
    """Ask a model about every image of a data set, in its order.

    Args:
        model: A ``keras.Model`` that takes float32 images (batch, height, width, channels), values
            0 to 255, and gives class probabilities or scores.
        dataset: A finite data set of batches of images, or of pairs of images and labels. One that
            shuffles would part the answers from their files.

    Returns:
        Probabilities or scores (images, classes). One sigmoid output gives two columns.
    """
    return both_columns(model.predict(dataset, verbose=0))


def both_columns(answers: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return probabilities, or scores, with a column for every class.

    Args:
        answers: A model's output (images, classes), or (images, 1) from one sigmoid unit, which is
            the probability of the second of two classes.

    Returns:
        Rows (images, classes), at least two columns.
    """
    rows = np.asarray(answers, dtype=np.float64)
    return np.hstack([1 - rows, rows]) if rows.shape[-1] == 1 else rows


def predictions(
    files: Sequence[str],
    true: NDArray[np.integer],
    answers: NDArray[np.floating],
    class_names: Sequence[str],
    *,
    are_probabilities: bool = True,
) -> pd.DataFrame:
    """Return one row for each image: what it shows, what was answered, and how surely.

    Args:
        files: Names (images,), in the order of the rows of ``answers``.
        true: Class numbers (images,), from 0.
        answers: Rows (images, classes).
        class_names: One name for each column.
        are_probabilities: Whether the answers are; of scores the columns are called so.

    Returns:
        file, true, predicted, probability (of the answer), true_probability, second (the next best
        class), second_probability; classes by name, probabilities rounded to six decimals. Of
        scores score, true_score and second_score.
    """
    names, every = np.asarray(class_names, dtype=object), np.arange(len(files))
    rows, kind = np.asarray(answers, np.float64), "probability" if are_probabilities else "score"
    first = np.argmax(rows, axis=1)
    others = rows.copy()
    others[every, first] = -np.inf
    second = np.argmax(others, axis=1)
    columns = {
        "file": list(files),
        "true": names[true],
        "predicted": names[first],
        kind: rows[every, first].round(DECIMALS),
        f"true_{kind}": rows[every, true].round(DECIMALS),
        "second": names[second],
        f"second_{kind}": rows[every, second].round(DECIMALS),
    }
    return pd.DataFrame(columns)
