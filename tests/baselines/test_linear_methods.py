import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from kit.baselines import linear_methods
from kit.baselines.image_vectors import Learnt

SIZE = 6  # values of a vector


@pytest.fixture
def blobs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vectors of three classes in different units, and some to ask about."""
    rng = np.random.default_rng(0)
    labels = np.arange(90) % 3
    centers = rng.normal(0, 2, (3, SIZE))
    units = 10.0 ** np.arange(SIZE)
    train = (centers[labels] + rng.normal(size=(90, SIZE))) * units
    test = rng.normal(0, 2, (20, SIZE)) * units
    return train.astype(np.float32), labels, test.astype(np.float32)


@pytest.mark.parametrize("strength", [0.1, 10.0])
def test_logistic_regression_is_scikit_learns_on_standardized_values(blobs, strength) -> None:
    train, labels, test = blobs
    unit_length = FunctionTransformer(lambda values: values / np.sqrt(SIZE))
    oracle = make_pipeline(
        StandardScaler(), unit_length, LogisticRegression(C=strength, tol=1e-6, max_iter=1000)
    ).fit(train.astype(np.float64), labels)

    ask = linear_methods.fitted(
        linear_methods.logistic, Learnt(train.copy(), labels, 3, 0), {"C": strength}
    )

    np.testing.assert_allclose(ask(test), oracle.predict_proba(test), atol=0.01)


def test_the_svm_has_the_hinge_loss_and_its_strength_is_per_image(blobs) -> None:
    made = linear_methods.svm(0.5, 40, 3)

    assert isinstance(made, SGDClassifier)
    assert (made.loss, made.alpha) == ("hinge", 1 / (0.5 * 40))


@pytest.mark.parametrize("kind", [linear_methods.logistic, linear_methods.svm])
def test_separable_classes_are_separated_and_asking_changes_nothing(blobs, kind) -> None:
    train, labels, _ = blobs
    before = train.copy()
    ask = linear_methods.fitted(kind, Learnt(train.copy(), labels, 3, 0), {"C": 100.0})
    first = ask(train)

    assert (first.argmax(axis=1) == labels).mean() > 0.9
    np.testing.assert_array_equal(train, before)
    np.testing.assert_array_equal(ask(train), first)


def test_two_classes_have_two_columns(blobs) -> None:
    train, labels, test = blobs
    two = labels < 2
    learnt = Learnt(train[two], labels[two], 2, 0)
    ask = linear_methods.fitted(linear_methods.svm, learnt, {"C": 1.0})

    np.testing.assert_allclose(ask(test).sum(axis=1), 0, atol=1e-12)


def test_a_value_that_never_changes_is_no_division_by_zero(blobs) -> None:
    train, labels, test = blobs
    train[:, 0] = test[:, 0] = 255
    learnt = Learnt(train, labels, 3, 0)
    ask = linear_methods.fitted(linear_methods.logistic, learnt, {"C": 1.0})

    assert np.isfinite(ask(test)).all()


def test_the_calibrating_factor_is_found_again_and_keeps_the_order() -> None:
    rng = np.random.default_rng(0)
    distances = rng.normal(0, 2, (4000, 3))
    chances = softmax(0.5 * distances, axis=1).cumsum(axis=1)
    labels = (rng.random((4000, 1)) > chances).sum(axis=1)

    ask = linear_methods.calibrated(lambda rows: rows, distances, labels)

    probabilities = ask(distances)
    np.testing.assert_allclose(probabilities, softmax(0.5 * distances, axis=1), atol=0.03)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), distances.argmax(axis=1))
