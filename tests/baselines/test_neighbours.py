import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from kit import baselines, data
from kit.baselines import neighbours
from kit.baselines.image_vectors import Learnt
from kit.errors import SettingError


@pytest.mark.parametrize(("distance", "metric"), [("L1", "manhattan"), ("L2", "euclidean")])
@pytest.mark.parametrize("k", [1, 3, 5])
def test_votes_are_those_of_scikit_learns_classifier(distance: str, metric: str, k: int) -> None:
    rng = np.random.default_rng(0)
    train = rng.normal(size=(60, 12)).astype(np.float32)
    labels = rng.integers(0, 3, 60)
    test = rng.normal(size=(30, 12)).astype(np.float32)
    oracle = KNeighborsClassifier(k, metric=metric, algorithm="brute").fit(train, labels)

    settings = {"distance": distance, "k": k}
    answers = neighbours.fitted(Learnt(train, labels, 3, 0), settings)(test)

    np.testing.assert_array_equal(answers.argmax(axis=1), oracle.predict(test))
    votes = answers * (k + 1) - 1 / 3  # without the vote that all classes share
    np.testing.assert_allclose(votes, k * oracle.predict_proba(test), atol=1e-12)
    np.testing.assert_allclose(answers.sum(axis=1), 1)


def test_a_trial_of_all_settings_answers_as_each_setting_alone() -> None:
    rng = np.random.default_rng(1)
    train = rng.normal(size=(60, 5)).astype(np.float32)
    labels = rng.integers(0, 3, 60)
    test = rng.normal(size=(9, 5)).astype(np.float32)
    tried = neighbours.candidates(60)

    rows = list(neighbours.trials(Learnt(train, labels, 3, 0), test, tried))

    assert len(rows) == len(tried) == 12
    for settings, row in zip(tried, rows, strict=True):
        alone = neighbours.fitted(Learnt(train, labels, 3, 0), settings)(test)
        np.testing.assert_array_equal(row, alone)


def test_l1_and_l2_may_find_another_neighbour() -> None:
    train = np.array([[3, 3], [0, 5]], np.float32)  # L1: 6 and 5; L2: 4.24 and 5
    labels = np.array([0, 1])
    image = np.zeros((1, 2), np.float32)
    nearest = {
        distance: neighbours.fitted(Learnt(train, labels, 2, 0), {"distance": distance, "k": 1})(
            image
        )
        for distance in ("L1", "L2")
    }

    assert nearest["L1"].argmax() == 1
    assert nearest["L2"].argmax() == 0


def test_few_images_are_not_asked_for_more_neighbours_than_there_are() -> None:
    assert max(one["k"] for one in neighbours.candidates(7)) == 3
    assert [one["k"] for one in neighbours.candidates(1)] == [1, 1]


def test_the_nearest_of_the_training_images_come_first() -> None:
    grays = np.array([10, 200, 20, 210, 60, 12, 201], np.uint8)
    splits = data.from_arrays(
        np.tile(grays[:, None, None], (1, 2, 2)),
        [0, 1, 0, 1, 0, 0, 1],
        parts=["train"] * 5 + ["validation"] * 2,
    )

    near = baselines.nearest(splits, splits.parts["validation"], 2)

    assert near.tolist() == [[0, 2], [1, 3]]
    assert baselines.nearest(splits, [4], 9).shape == (1, 5)
    with pytest.raises(SettingError, match="distance"):
        baselines.nearest(splits, [4], distance="L3")
