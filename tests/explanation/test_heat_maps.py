"""Heat lies on planted objects; each box is a quarter of its image, where a flat map has 0.25."""

from pathlib import Path

import keras
import numpy as np
import pytest
from planted import FLAT, planted, share_with_random_last_layers, shares, taught

from kit import architectures, explanation
from kit.errors import SettingError
from kit.explanation.class_evidence import evidence

ENOUGH = 0.6  # share of the heat in the boxes
SIDE = 24
AVERAGED = {"filters": (8,), "stem": "none", "dropout": 0.0}


@pytest.fixture(scope="module")
def averaged() -> keras.Model:
    return taught("basic_cnn", SIDE, **AVERAGED)


@pytest.fixture(scope="module")
def flattened() -> keras.Model:
    return taught("convnet", SIDE, epochs=5, filters=(8,), convolutions=1, dense=())


@pytest.fixture(scope="module")
def maps(averaged: keras.Model) -> np.ndarray:
    images, labels, _ = planted(32, SIDE, seed=1)
    return explanation.heat_map(averaged, images, labels)


def test_heat_is_a_share_of_the_largest_in_each_image(maps: np.ndarray) -> None:
    assert maps.shape == (32, SIDE, SIDE)
    assert maps.dtype == np.float32
    assert maps.min() >= 0
    np.testing.assert_allclose(maps.max(axis=(1, 2)), 1)


@pytest.mark.parametrize("kind", ["averaged", "flattened"])
def test_heat_lies_on_the_object_until_the_last_layer_is_random(
    kind: str, request: pytest.FixtureRequest
) -> None:
    model = request.getfixturevalue(kind)
    images, labels, inside = planted(32, SIDE, seed=1)

    assert shares(explanation.heat_map(model, images, labels), inside).mean() >= ENOUGH
    assert share_with_random_last_layers(model, images, labels, inside) < 0.5


def test_heat_is_that_of_the_map_before_the_poolings() -> None:
    stages = [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(1, 1),
        keras.layers.MaxPooling2D(4),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(2, "softmax"),
    ]
    model = keras.Sequential(stages)
    model.set_weights([np.ones((1, 1, 1, 1)), np.zeros(1), np.array([[0, 1]]), np.zeros(2)])
    image = np.zeros((1, 8, 8, 1))
    image[0, 5, 2] = 1

    np.testing.assert_allclose(explanation.heat_map(model, image, [1]), image[..., 0], atol=1e-6)


def test_heat_for_the_other_class_lies_elsewhere(averaged: keras.Model) -> None:
    images, labels, inside = planted(32, SIDE, seed=1)

    assert shares(explanation.heat_map(averaged, images, 1 - labels), inside).mean() < FLAT


def test_a_sequential_network_has_the_heat_of_the_functional_one(
    averaged: keras.Model, maps: np.ndarray
) -> None:
    images, labels, _ = planted(32, SIDE, seed=1)
    twin = architectures.build("basic_cnn", (SIDE, SIDE, 3), 2, "sequential", **AVERAGED)
    twin.set_weights(averaged.get_weights())

    np.testing.assert_allclose(explanation.heat_map(twin, images, labels), maps, atol=1e-4)


@pytest.mark.parametrize("style", ["functional", "sequential"])
def test_a_network_within_another_has_its_own_heat(
    averaged: keras.Model, maps: np.ndarray, style: str, tmp_path: Path
) -> None:
    averaged.save(tmp_path / "whole.keras")
    nested = architectures.build(
        "pretrained", (SIDE, SIDE, 3), 2, style, backbone=str(tmp_path / "whole.keras")
    )
    nested.layers[-1].set_weights(averaged.layers[-1].get_weights())
    images, labels, _ = planted(32, SIDE, seed=1)

    np.testing.assert_allclose(explanation.heat_map(nested, images, labels), maps, atol=1e-4)


def test_a_network_that_is_sure_has_the_same_heat(averaged: keras.Model, maps: np.ndarray) -> None:
    images, labels, _ = planted(32, SIDE, seed=1)
    last = averaged.layers[-1]
    learnt = last.get_weights()
    last.set_weights([1e5 * one for one in learnt])
    sure = np.asarray(averaged(images, training=False))
    found = explanation.heat_map(averaged, images, labels)
    last.set_weights(learnt)

    assert (sure.min(axis=1) == 0).all(), "a probability has no slope here"
    np.testing.assert_allclose(found, maps, atol=1e-3)


def test_there_is_no_heat_where_nothing_speaks_for_a_class(averaged: keras.Model) -> None:
    last = averaged.layers[-1]
    learnt = last.get_weights()
    last.set_weights([np.zeros_like(one) for one in learnt])
    images, labels, _ = planted(2, SIDE)
    found = explanation.heat_map(averaged, images, labels)
    last.set_weights(learnt)

    assert not found.any()


def test_no_image_has_no_heat(averaged: keras.Model) -> None:
    found = explanation.heat_map(averaged, np.empty((0, SIDE, SIDE, 3)), np.empty(0, int))

    assert found.shape == (0, SIDE, SIDE)


@pytest.mark.parametrize("name", ["linear", "mlp"])
def test_a_network_without_convolutions_has_no_map(name: str) -> None:
    model = architectures.build(name, (8, 8, 3), 2)

    assert not explanation.has_map(model)
    with pytest.raises(SettingError, match=rf"{name} has no feature map.*occlusion"):
        explanation.heat_map(model, np.zeros((1, 8, 8, 3)), [0])


@pytest.mark.parametrize(
    ("shape", "classes", "said"),
    [
        ((1, 8, 8, 3), [0], r"\(count, 24, 24, 3\)"),
        ((SIDE, SIDE, 3), [0], "must have the network's input shape"),
        ((1, SIDE, SIDE, 3), [2], "a number from 0 to 1 for each of the 1 images"),
        ((2, SIDE, SIDE, 3), [0], "for each of the 2 images"),
        ((1, SIDE, SIDE, 3), [0.5], r"got \[0\.5\]"),
    ],
)
def test_what_does_not_suit_the_network_is_said(
    averaged: keras.Model, shape: tuple[int, ...], classes: list[float], said: str
) -> None:
    with pytest.raises(SettingError, match=said):
        explanation.heat_map(averaged, np.zeros(shape), classes)


@pytest.mark.parametrize(("units", "activation"), [(3, "softmax"), (1, "sigmoid"), (3, None)])
def test_evidence_is_the_log_odds_of_a_class(units: int, activation: str | None) -> None:
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense(units, activation=activation)
    given = np.random.default_rng(0).normal(size=(2, 4)).astype("float32")
    answers = dense(given)
    rows = np.asarray(answers, np.float64)
    if activation is None:
        rows = np.exp(rows)
    if units == 1:
        rows = np.hstack([1 - rows, rows])
    odds = rows[[0, 1], [1, 0]] / (rows.sum(axis=1) - rows[[0, 1], [1, 0]])

    np.testing.assert_allclose(evidence(answers, np.array([1, 0])), np.log(odds), atol=1e-5)
