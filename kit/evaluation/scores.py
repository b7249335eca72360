"""Counts of right and wrong answers, with the interval in which the truth may lie.

scikit-learn is imported where it counts: it takes two seconds, for which prediction, which has no
truth to compare with, need not wait.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kit.errors import KitError, SettingError
from kit.intervals import wilson

__all__ = ["Scores", "recalled", "score"]

SUMMARY = (  # the numbers about all images
    *("images", "accuracy", "accuracy_low", "accuracy_high", "majority_baseline"),
    *("balanced_accuracy", "macro_f1", "loss"),
)
SUM_TOLERANCE = 1e-3  # of a row of probabilities: float32 softmax over 1000 classes stays far below


@dataclass(frozen=True, eq=False)
class Scores:
    """What a model reached on some images.

    Every share is between 0 and 1. Every interval is Wilson's at 95 %: of the intervals that 100
    such sets of images give, about 95 hold the share that the model would get right in the long
    run. The score on another set lies in it less often. It knows nothing of the choices made by
    looking at these images. Two models on the same images are compared by
    :func:`kit.intervals.paired`, not by their intervals.

    Attributes:
        class_names: In the order of the model's outputs.
        images: How many images were asked.
        accuracy: Share of right answers.
        accuracy_low: Lower end of its interval.
        accuracy_high: Upper end of its interval.
        majority_baseline: What always answering these images' most frequent class would reach.
        balanced_accuracy: Mean recall over the classes that have images here.
        macro_f1: Mean F1 over the classes that have images here.
        loss: Cross-entropy in nats, the mean over the images; ln(classes) is knowing nothing. A
            probability of zero counts as 2.2e-16, so the loss of one image is at most 36. NaN where
            the model gives scores and not probabilities.
        per_class: One row a class: class, precision, precision_low, precision_high, recall,
            recall_low, recall_high, f1, support. NaN where there is nothing to divide by: the
            precision of a class never predicted, the recall of one without images.
        confusion: Counts (classes, classes), rows the true class, columns the predicted one.
    """

    class_names: tuple[str, ...]
    images: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    majority_baseline: float
    balanced_accuracy: float
    macro_f1: float
    loss: float
    per_class: pd.DataFrame
    confusion: NDArray[np.int64]

    def summary(self) -> dict[str, int | float | None]:
        """Return the numbers about all images, as JSON holds them: None for NaN."""
        numbers = {name: getattr(self, name) for name in SUMMARY}
        return {name: None if np.isnan(value) else value for name, value in numbers.items()}

    def confusion_table(self) -> pd.DataFrame:
        """Return the confusion matrix with names: a column "true", then one for each answer."""
        table = pd.DataFrame(self.confusion, columns=list(self.class_names))
        table.insert(0, "true", list(self.class_names), allow_duplicates=True)
        return table


def score(
    true: NDArray[np.integer],
    answers: NDArray[np.floating],
    class_names: Sequence[str],
    *,
    are_probabilities: bool = True,
) -> Scores:
    """Compare a model's answers with the truth.

    The answer for an image is the class of its largest number, the first of them in a tie.

    Args:
        true: Class numbers (images,), from 0.
        answers: Rows (images, classes) of probabilities that sum to 1, or of scores.
        class_names: One name for each column.
        are_probabilities: Whether the answers are; of scores there is no cross-entropy.

    Raises:
        SettingError: Shapes, numbers of classes or sums do not fit.
        KitError: The model answered with something that is not a finite number.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
    Journal of the American Statistical Association 22, 1927.
    """
    from sklearn.metrics import confusion_matrix, f1_score, log_loss

    rows = _checked(true, answers, class_names)
    if are_probabilities:
        rows = _normalized(rows)
    classes = range(len(class_names))
    predicted = rows.argmax(axis=1)
    confusion = confusion_matrix(true, predicted, labels=classes).astype(np.int64)
    support = confusion.sum(axis=1)
    present = np.flatnonzero(support)
    hits = np.diagonal(confusion)
    low, high = wilson(int(hits.sum()), len(rows))
    return Scores(
        class_names=tuple(class_names),
        images=len(rows),
        accuracy=float(hits.sum() / len(rows)),
        accuracy_low=low,
        accuracy_high=high,
        majority_baseline=float(support.max() / len(rows)),
        balanced_accuracy=float(np.mean(hits[present] / support[present])),
        macro_f1=float(
            f1_score(true, predicted, labels=present, average="macro", zero_division=0.0)
        ),
        loss=float(log_loss(true, rows, labels=classes)) if are_probabilities else float("nan"),
        per_class=_per_class(confusion, class_names),
        confusion=confusion,
    )


def recalled(
    summary: Mapping[str, float | None], answers: pd.DataFrame, class_names: Sequence[str]
) -> Scores:
    """Return scores as they were kept.

    Args:
        summary: Of :meth:`Scores.summary`.
        answers: The images' classes by name, in the columns true and predicted.
        class_names: In the order of the model's outputs.

    Raises:
        SettingError: The answers name other classes, or are not as many as the summary says.
    """
    true, predicted = (
        pd.Categorical(answers[column], categories=list(class_names)).codes.astype(int)
        for column in ("true", "predicted")
    )
    if min([*true, *predicted, len(true) - 1]) < 0 or len(true) != summary["images"]:
        raise SettingError(
            f"The answers to {len(true)} images do not match the scores of {summary['images']}."
        )
    confusion = np.zeros((len(class_names), len(class_names)), np.int64)
    np.add.at(confusion, (true, predicted), 1)
    numbers: dict[str, Any] = {
        name: float("nan") if summary[name] is None else summary[name] for name in SUMMARY
    }
    return Scores(
        class_names=tuple(class_names),
        per_class=_per_class(confusion, class_names),
        confusion=confusion,
        **numbers,
    )


def _checked(
    true: NDArray[np.integer], answers: NDArray[np.floating], class_names: Sequence[str]
) -> NDArray[np.float64]:
    rows = np.asarray(answers, dtype=np.float64)
    expected = (len(true), len(class_names))
    if rows.shape != expected or len(true) == 0 or len(class_names) < 2:
        raise SettingError(
            "Answers must have the shape (images, classes), with at least one image and two "
            f"classes; for {expected[0]} images and {expected[1]} class names they have "
            f"{rows.shape}."
        )
    if np.min(true) < 0 or np.max(true) >= len(class_names):
        raise SettingError(
            f"True classes must be numbers from 0 to {len(class_names) - 1}; got {np.min(true)} to "
            f"{np.max(true)}."
        )
    broken = int((~np.isfinite(rows)).any(axis=1).sum())
    if broken:
        raise KitError(
            f"The model's answers for {broken} of {len(rows)} images are not finite, because its "
            "training diverged. Lower the learning rate and train again."
        )
    return rows


def _normalized(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    sums = rows.sum(axis=1)
    if rows.min() < 0 or np.abs(sums - 1).max() > SUM_TOLERANCE:
        raise SettingError(
            "Every row of probabilities must be positive and sum to 1; the sums range from "
            f"{sums.min():.3g} to {sums.max():.3g}. Does the model end in softmax or sigmoid?"
        )
    return np.asarray(rows / sums[:, None])  # in float64 the sums of float32 rows are a bit off


def _per_class(confusion: NDArray[np.int64], class_names: Sequence[str]) -> pd.DataFrame:
    hits, answered, support = np.diagonal(confusion), confusion.sum(axis=0), confusion.sum(axis=1)
    table: dict[str, Any] = {"class": list(class_names)}
    with np.errstate(invalid="ignore"):  # of no images there is no share
        for name, whole in (("precision", answered), ("recall", support)):
            ends = [wilson(*map(int, pair)) for pair in zip(hits, whole, strict=True)]
            low, high = zip(*ends, strict=True)
            table |= {name: hits / whole, f"{name}_low": low, f"{name}_high": high}
        return pd.DataFrame({**table, "f1": 2 * hits / (answered + support), "support": support})
