import numpy as np
import pytest

from kit import evaluation

FILES = ["d", "a", "c", "b", "f", "e"]
TRUE = np.array([0, 1, 0, 1, 0, 0])
FOLD = np.array([1, 1, 1, 2, 2, 2])
ANSWERS = np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6], [0.7, 0.3], [0.8, 0.2], [0.6, 0.4]])


def validated(**change):
    given = {"files": FILES, "true": TRUE, "answers": ANSWERS, "fold": FOLD}
    return evaluation.cross_validated(**{**given, **change}, class_names=["cat", "dog"])


def test_the_score_is_that_of_all_answers_together():
    found = validated()
    together = evaluation.score(TRUE, ANSWERS, ["cat", "dog"])

    assert found.scores.summary() == together.summary()
    assert found.scores.accuracy == pytest.approx(4 / 6)
    assert found.scores.majority_baseline == pytest.approx(4 / 6)


def test_each_fold_has_its_accuracy_and_they_have_a_mean_and_a_spread():
    found = validated(fold=np.array([1, 1, 2, 2, 2, 2]))

    assert found.accuracies == (1.0, 0.5)
    assert found.mean == pytest.approx(0.75)
    assert found.deviation == pytest.approx(np.sqrt(2 * 0.25**2))
    summary = found.summary()
    assert summary["fold_accuracies"] == [1.0, 0.5]
    assert summary["folds"] == 2


def test_the_table_has_every_image_once_with_its_fold_sorted_by_file():
    table = validated().table

    assert list(table["file"]) == sorted(FILES)
    row = table[table["file"] == "c"].iloc[0]
    assert (row["true"], row["predicted"], row["probability"], row["fold"]) == (
        "cat",
        "dog",
        0.6,
        1,
    )


def test_the_sentences_say_which_interval_it_is_and_what_limits_it():
    told = "\n".join(validated().sentences([75, 70]))

    assert told.startswith("cross-validation of 2 folds: 0.667 (95 % interval ")
    assert 'always answering "cat" would score 0.667' in told
    assert "accuracy of each fold: 0.667, 0.667; mean 0.667, standard deviation 0.000" in told
    assert "Wilson's over all answers" in told
    assert "(145 epochs of 2 trainings in all), so this score is optimistic too" in told
