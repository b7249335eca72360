import json

import numpy as np
import pytest
from sklearn import metrics

from kit import evaluation
from kit.errors import KitError, SettingError

NAMES = ("cat", "dog", "گربه")


def answers(rng, images, classes):
    rows = rng.random((images, classes)).astype(np.float32) + 0.01
    return rows / rows.sum(axis=1, keepdims=True)


def certain(predicted, classes):
    return np.eye(classes)[predicted] * 0.7 + 0.3 / classes


@pytest.fixture
def scored():
    rng = np.random.default_rng(5)
    true, rows = rng.integers(0, 3, 200), answers(rng, 200, 3)
    return true, rows, evaluation.score(true, rows, NAMES)


def test_numbers_equal_those_of_scikit_learn(scored):
    true, rows, scores = scored
    predicted = rows.argmax(axis=1)
    assert scores.accuracy == pytest.approx(metrics.accuracy_score(true, predicted))
    assert scores.balanced_accuracy == pytest.approx(
        metrics.balanced_accuracy_score(true, predicted)
    )
    assert scores.macro_f1 == pytest.approx(metrics.f1_score(true, predicted, average="macro"))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(true, predicted)
    np.testing.assert_allclose(scores.per_class["precision"], precision)
    np.testing.assert_allclose(scores.per_class["recall"], recall)
    np.testing.assert_allclose(scores.per_class["f1"], f1)
    np.testing.assert_array_equal(scores.per_class["support"], support)


def test_loss_is_the_mean_negative_log_of_the_true_class(scored):
    true, rows, scores = scored
    assert scores.loss == pytest.approx(-np.log(rows[np.arange(200), true]).mean(), rel=1e-5)


def test_rows_of_the_confusion_matrix_are_the_true_classes():
    true, predicted = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 1, 1, 1, 0, 2])
    scores = evaluation.score(true, certain(predicted, 3), NAMES)
    np.testing.assert_array_equal(scores.confusion, [[1, 2, 0], [0, 1, 0], [1, 0, 1]])
    table = scores.confusion_table()
    assert list(table["true"]) == list(NAMES)
    assert table.loc[0, "dog"] == 2


def test_hand_counted_case():
    true, predicted = np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])
    scores = evaluation.score(true, certain(predicted, 2), ("a", "b"))
    assert (scores.images, scores.accuracy, scores.majority_baseline) == (4, 0.75, 0.75)
    assert scores.balanced_accuracy == pytest.approx((2 / 3 + 1) / 2)
    assert scores.macro_f1 == pytest.approx((0.8 + 2 / 3) / 2)


@pytest.mark.parametrize(("hits", "images"), [(0, 5), (10, 10), (37, 90)])
def test_interval_follows_wilsons_formula(hits, images):
    true, predicted = np.zeros(images, int), (np.arange(images) >= hits).astype(int)
    scores = evaluation.score(true, certain(predicted, 2), ("a", "b"))
    share, z = hits / images, 1.959964
    centre = (share + z**2 / (2 * images)) / (1 + z**2 / images)
    half = z * np.sqrt(share * (1 - share) / images + z**2 / (4 * images**2)) / (1 + z**2 / images)
    assert scores.accuracy_low == pytest.approx(centre - half, abs=1e-6)
    assert scores.accuracy_high == pytest.approx(centre + half, abs=1e-6)
    assert scores.per_class.loc[0, "recall_low"] == pytest.approx(centre - half, abs=1e-6)


def test_class_without_images_is_left_out_of_the_means():
    true, predicted = np.array([0, 0, 1, 1]), np.array([0, 2, 1, 1])
    scores = evaluation.score(true, certain(predicted, 3), NAMES)
    assert scores.balanced_accuracy == pytest.approx(0.75)
    assert scores.macro_f1 == pytest.approx((2 / 3 + 1) / 2)
    assert np.isnan(scores.per_class.loc[2, "recall"])
    assert np.isnan(scores.per_class.loc[2, "recall_high"])
    assert scores.per_class.loc[2, "precision"] == 0


def test_summary_is_json_of_the_promised_names(scored):
    summary = json.loads(json.dumps(scored[2].summary(), allow_nan=False))
    assert list(summary) == [
        "images",
        "accuracy",
        "accuracy_low",
        "accuracy_high",
        "majority_baseline",
        "balanced_accuracy",
        "macro_f1",
        "loss",
    ]


def test_a_tie_goes_to_the_first_class():
    scores = evaluation.score(np.array([0, 1]), np.full((2, 2), 0.5), ("a", "b"))
    np.testing.assert_array_equal(scores.confusion, [[1, 0], [1, 0]])


def test_certain_and_wrong_costs_a_finite_loss():
    scores = evaluation.score(np.array([1, 0]), np.array([[1.0, 0.0], [1.0, 0.0]]), ("a", "b"))
    assert 17 < scores.loss < 19


def test_answers_that_are_not_numbers_are_the_models_failure():
    rows = np.array([[0.5, 0.5], [np.nan, np.nan]])
    with pytest.raises(KitError, match="1 of 2 images are not finite"):
        evaluation.score(np.array([0, 1]), rows, ("a", "b"))


@pytest.mark.parametrize(
    ("true", "rows", "says"),
    [
        ([0, 1], [[0.5, 0.5]], "for 2 images"),
        ([0], [[0.2, 0.3, 0.5]], "2 class names"),
        ([], np.empty((0, 2)), "at least one image"),
        ([0, 2], [[0.5, 0.5]] * 2, "from 0 to 1"),
        ([0, 1], [[3.0, -1.0]] * 2, "sum to 1"),
        ([0, 1], [[2.0, -1.0]] * 2, "positive"),
    ],
)
def test_what_does_not_fit_is_refused(true, rows, says):
    with pytest.raises(SettingError, match=says):
        evaluation.score(np.array(true, int), np.array(rows), ("a", "b"))


def test_scores_count_as_probabilities_do_but_have_no_loss(scored):
    true, rows, probable = scored
    given = 7 * np.log(rows) + 3  # the order within each row stays
    scores = evaluation.score(true, given, NAMES, are_probabilities=False)
    np.testing.assert_array_equal(scores.confusion, probable.confusion)
    assert scores.per_class.equals(probable.per_class)
    assert np.isnan(scores.loss)
    summary = json.loads(json.dumps(scores.summary(), allow_nan=False))
    assert summary == probable.summary() | {"loss": None}


def test_scores_are_taken_for_probabilities_only_where_they_are():
    with pytest.raises(SettingError, match="sum to 1"):
        evaluation.score(np.array([0, 1]), np.array([[3.0, -2.5], [0.1, 4.0]]), ("a", "b"))


def test_scores_must_be_numbers_too():
    with pytest.raises(KitError, match="1 of 1 images are not finite"):
        evaluation.score(
            np.array([0]), np.array([[np.inf, 0]]), ("a", "b"), are_probabilities=False
        )
