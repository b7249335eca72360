"""What a cross-validation says: every image answered by a model that has not seen it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kit.evaluation.asking_models import predictions
from kit.evaluation.score_sentences import looks_text, sentences
from kit.evaluation.scores import Scores, score

__all__ = ["CrossValidation", "cross_validated"]


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """The answers of several models, each for the images that it was not trained on.

    Attributes:
        scores: Of all answers together; their interval is Wilson's over all images. It takes the
            images for independent and the models for one: what another draw of the training images
            would change is not in it.
        accuracies: Accuracy of each fold.
        table: One row for each image: file, true, predicted, probability (or score), fold, from 1.
    """

    scores: Scores
    accuracies: tuple[float, ...]
    table: pd.DataFrame = field(repr=False)

    @property
    def mean(self) -> float:
        """The mean of the folds' accuracies."""
        return float(np.mean(self.accuracies))

    @property
    def deviation(self) -> float:
        """Their standard deviation.

        The folds share most of their training images, so it says less than as many independent
        experiments would (Y. Bengio and Y. Grandvalet, "No unbiased estimator of the variance of
        K-fold cross-validation", Journal of Machine Learning Research 5, 2004).
        """
        return float(np.std(self.accuracies, ddof=1))

    def summary(self) -> dict[str, object]:
        """Return the numbers as JSON holds them."""
        return {
            "folds": len(self.accuracies),
            **self.scores.summary(),
            "fold_accuracies": list(self.accuracies),
            "fold_mean": self.mean,
            "fold_standard_deviation": self.deviation,
        }

    def sentences(self, epochs: Sequence[int] = ()) -> list[str]:
        """Say what was reached, and what the numbers mean.

        Args:
            epochs: Of each training; none where that is not known.
        """
        count = len(self.accuracies)
        chosen = f" ({looks_text(epochs)} in all)" if epochs else ""
        each = ", ".join(f"{accuracy:.3f}" for accuracy in self.accuracies)
        return [
            *sentences(self.scores, f"cross-validation of {count} folds"),
            f"accuracy of each fold: {each}; mean {self.mean:.3f}, standard deviation "
            f"{self.deviation:.3f}",
            "Each image is classified by the one model that did not train on it. The interval is "
            f"Wilson's over all answers. Each fold's images chose the epoch of its model{chosen}, "
            "so this score is optimistic too; a test score is not.",
        ]


def cross_validated(
    files: Sequence[str],
    true: NDArray[np.integer],
    answers: NDArray[np.floating],
    fold: NDArray[np.integer],
    class_names: Sequence[str],
    *,
    are_probabilities: bool = True,
) -> CrossValidation:
    """Put together the answers of the models of all folds.

    Args:
        files: Names (images,).
        true: Class numbers (images,), from 0.
        answers: Rows (images, classes), each by the model that did not train on the image.
        fold: For each image the number of its fold, from 1.
        class_names: One name for each column.
        are_probabilities: Whether the answers are; of scores there is no cross-entropy.

    Raises:
        SettingError: Shapes do not fit.
        KitError: A model answered with something that is not a finite number.
    """
    kind = {"are_probabilities": are_probabilities}
    scores = score(true, answers, class_names, **kind)
    right = np.argmax(answers, axis=1) == true
    table = predictions(files, true, answers, class_names, **kind).assign(fold=fold)
    return CrossValidation(
        scores=scores,
        accuracies=tuple(float(right[fold == number].mean()) for number in np.unique(fold)),
        table=table.sort_values("file", ignore_index=True),
    )
