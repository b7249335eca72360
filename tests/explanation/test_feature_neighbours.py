"""Features are what the last layer with weights takes; neighbours are those of least angle."""

import keras
import numpy as np
import pytest
from example_networks import build_example, pictures

from kit import explanation
from kit.errors import SettingError
from kit.explanation.feature_neighbours import telling


@pytest.mark.parametrize("style", ["functional", "sequential"])
def test_the_answers_are_those_of_the_last_layer_for_the_features(style: str) -> None:
    model = build_example("basic_cnn", style=style)
    images = pictures(model.input_shape[1:], 5)
    kernel, bias = model.layers[-1].get_weights()

    found = explanation.features(model, images, batch_size=2)

    scores = np.exp(found @ kernel + bias)
    answers = model(images, training=False)
    np.testing.assert_allclose(scores / scores.sum(axis=1, keepdims=True), answers, atol=1e-5)
    assert found.shape == (5, 8)


def test_of_a_last_map_the_features_are_the_mean_of_each_channel() -> None:
    model = build_example("network_in_network")
    images = pictures(model.input_shape[1:], 3)
    before = keras.Model(model.inputs[0], model.get_layer("class_maps").input)

    found = explanation.features(model, images)

    means = np.asarray(before(images, training=False)).mean(axis=(1, 2))
    np.testing.assert_allclose(found, means, atol=1e-6)


def test_many_batches_trace_a_network_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_example("basic_cnn")
    images = pictures(model.input_shape[1:], 6)
    expected = explanation.features(model, images)
    called = []
    pooling = model.get_layer("features")
    original = pooling.call
    monkeypatch.setattr(pooling, "call", lambda x: (called.append(1), original(x))[1])

    with telling(model) as told:
        parts = [told(images[start : start + 3], 2) for start in (0, 3)]

    np.testing.assert_allclose(np.concatenate(parts), expected, atol=1e-6)
    assert len(called) == 1


def test_neighbours_are_those_of_the_least_angle() -> None:
    random = np.random.default_rng(0)
    known, asked = random.normal(size=(20, 4)), random.normal(size=(3, 4))
    lengths = np.linalg.norm(asked, axis=1)[:, None] * np.linalg.norm(known, axis=1)
    expected = 1 - asked @ known.T / lengths

    numbers, distances = explanation.neighbours(known, asked, 6)

    np.testing.assert_array_equal(numbers, np.argsort(expected, axis=1)[:, :6])
    np.testing.assert_allclose(distances, np.sort(expected, axis=1)[:, :6], atol=1e-6)


def test_brighter_features_are_no_other_ones_and_no_more_come_than_there_are() -> None:
    numbers, distances = explanation.neighbours([[1, 0], [0, 2]], [[0, 5]], 9)

    np.testing.assert_array_equal(numbers, [[1, 0]])
    np.testing.assert_allclose(distances, [[0, 1]], atol=1e-6)


@pytest.mark.parametrize(
    ("known", "asked", "count", "said"),
    [
        (np.zeros((2, 3)), np.zeros((1, 4)), 1, "the same length"),
        (np.zeros((2, 3)), np.zeros((1, 3)), 0, "count at least 1"),
        (np.zeros((0, 3)), np.zeros((1, 3)), 1, "at least one image"),
    ],
)
def test_features_that_cannot_be_compared_are_refused(
    known: np.ndarray, asked: np.ndarray, count: int, said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        explanation.neighbours(known, asked, count)
