"""Linear classifiers: one weight for each value and class, and no layers."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kit import evaluation
from kit.baselines.image_vectors import Labels, Learnt, Vectors

__all__ = ["calibrated", "candidates", "fitted", "logistic", "svm", "trials"]

# scikit-learn's C for vectors of length 1, so that 64 and 3,072 values can share the numbers. The
# smaller, the more strongly regularized.
STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0)
STEPS = 200  # of L-BFGS: only weak regularization needs more, and overfits with fewer
PASSES = 20  # of stochastic gradient descent over the images

Settings = Mapping[str, Any]
Rows = NDArray[np.float64]
Estimator = Callable[[float, int, int], Any]  # from C, number of images and seed


def candidates(images: int) -> list[Settings]:
    """Return the settings to choose from."""
    return [{"C": strength} for strength in STRENGTHS]


def logistic(strength: float, images: int, seed: int) -> Any:
    """Return multinomial logistic regression: a network of one softmax layer, with L2."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=STEPS)


def svm(strength: float, images: int, seed: int) -> Any:
    """Return a linear support vector machine: the hinge loss with L2, one class against the rest.

    Averaged stochastic gradient descent needs no copy of the images; liblinear would take 16 bytes
    for each of their values, 2.5 GB for 50,000 images of 32x32x3.
    """
    from sklearn.linear_model import SGDClassifier

    penalty = 1 / (strength * images)
    common = {"max_iter": PASSES, "random_state": seed, "n_jobs": -1}
    return SGDClassifier(loss="hinge", alpha=penalty, average=True, **common)


def trials(
    estimator: Estimator, learnt: Learnt, test: Vectors, tried: Sequence[Settings]
) -> Iterator[Rows]:
    """Yield answers (images, classes) for each setting; the learnt vectors are scaled in place."""
    scaled = _scaling(learnt.vectors)(test)
    for one in tried:
        yield _answers(_trained(estimator, learnt, one), scaled, learnt.num_classes)


def fitted(estimator: Estimator, learnt: Learnt, settings: Settings) -> Callable[[Vectors], Rows]:
    """Return the function from vectors to answers; the learnt vectors are scaled in place."""
    scale = _scaling(learnt.vectors)
    model = _trained(estimator, learnt, settings)
    return lambda vectors: _answers(model, scale(vectors), learnt.num_classes)


def calibrated(
    answer: Callable[[Vectors], Rows], held_out: Rows, labels: Labels
) -> Callable[[Vectors], Rows]:
    """Turn distances from a boundary into probabilities by one factor, softmax(factor * distance).

    The factor is one over :func:`kit.evaluation.temperature` of answers for held-out images.
    """
    from scipy.special import softmax

    found = evaluation.temperature(held_out, labels)
    return lambda vectors: np.asarray(softmax(answer(vectors) / found, axis=1))


def _scaling(train: Vectors) -> Callable[[Vectors], Vectors]:
    """Bring every value to mean 0 and all to an average length of 1, ``train`` in place."""
    mean = train.mean(axis=0, dtype=np.float64).astype(np.float32)
    train -= mean
    spread = np.sqrt(np.einsum("ij,ij->j", train, train, dtype=np.float64) / len(train))
    factor = 1 / (np.where(spread > 0, spread, 1) * np.sqrt(train.shape[1])).astype(np.float32)
    train *= factor
    return lambda vectors: (vectors - mean) * factor


def _trained(estimator: Estimator, learnt: Learnt, settings: Settings) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    # On products as flat as these, threads wait for one another: two take 6 times the processor
    # time of one, and longer.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model = estimator(settings["C"], len(learnt.vectors), learnt.seed)
        return model.fit(learnt.vectors, learnt.labels)


def _answers(model: Any, vectors: Vectors, num_classes: int) -> Rows:
    if hasattr(model, "predict_proba"):
        found = model.predict_proba(vectors)
    else:
        found = model.decision_function(vectors)
        found = np.stack([-found, found], axis=1) if found.ndim == 1 else found
    rows = np.zeros((len(vectors), num_classes))
    rows[:, model.classes_] = found
    return rows
