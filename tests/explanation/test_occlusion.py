"""Occlusion, on networks whose answers are counted by hand."""

import keras
import numpy as np
import pytest
from planted import planted, shares

from kit import explanation


def counting(shape: tuple[int, int, int], weights: np.ndarray) -> keras.Model:
    """Return a network whose evidence for class 1 is a weighted sum of the pixels."""
    stages = [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential(stages)
    model.set_weights([weights.reshape(-1, 1), np.zeros(1)])
    return model


def test_a_cover_of_one_pixel_finds_the_pixel_that_counts() -> None:
    weights = np.zeros((4, 4, 1))
    weights[1, 2] = 0.1
    image = np.zeros((1, 4, 4, 1))
    image[0, 1, 2] = 160  # the mean is 10, so a cover takes 150 away

    found = explanation.occlusion(counting((4, 4, 1), weights), image, [1])

    expected = np.zeros((4, 4))
    expected[1, 2] = 1
    np.testing.assert_allclose(found[0], expected, atol=1e-6)
    assert found.dtype == np.float32
    assert not explanation.occlusion(counting((4, 4, 1), weights), image, [0]).any()


def test_covers_reach_every_pixel_of_odd_sides() -> None:
    image = np.zeros((1, 7, 5, 1))
    image[0, 3:] = 200

    found = explanation.occlusion(counting((7, 5, 1), np.full((7, 5, 1), 0.01)), image, [1])

    assert found[0, 3:].min() > 0
    assert found[0, -1, -1] > 0.3


@pytest.mark.parametrize("batch_size", [7, 64])
def test_a_cover_of_the_object_costs_the_answer(batch_size: int) -> None:
    images, labels, inside = planted(6, 16)
    red_or_blue = np.broadcast_to([-0.001, 0, 0.001], (16, 16, 3))

    found = explanation.occlusion(
        counting((16, 16, 3), red_or_blue), images, labels, batch_size=batch_size
    )

    assert shares(found, inside).mean() >= 0.6
