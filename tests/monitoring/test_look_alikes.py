"""Similar images and their classes, each against a case counted by hand."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

from kit.monitoring import look_alikes


def accuracy(images: Any, classes: Any, asked: Any, answers: Any, **settings: Any) -> float:
    known, new = look_alikes.thumbnails(images), look_alikes.thumbnails(asked)
    return look_alikes.agreement(known, classes, new, answers, **settings)


def patterns(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return noisy images of four patterns, 40 pixels of a side."""
    rng = np.random.default_rng(seed)
    classes = np.arange(count) % 4
    base = np.random.default_rng(99).random((4, 8, 8, 1)).repeat(5, 1).repeat(5, 2)
    return base[classes] + 0.05 * rng.random((count, 40, 40, 1)), classes


def test_similar_images_tell_classes_unless_the_labels_are_shuffled() -> None:
    images, classes = patterns(80, 0)
    asked, answers = patterns(80, 1)
    shuffled = np.random.default_rng(2).permutation(classes)

    assert accuracy(images, classes, asked, answers) == 1
    assert accuracy(images, shuffled, asked, answers) < 0.5
    assert accuracy(images * 255, classes, asked / 255, answers) == 1


def test_votes_mend_labels_that_are_wrong_by_chance() -> None:
    images, classes = patterns(200, 0)
    asked, answers = patterns(80, 1)
    rng = np.random.default_rng(3)
    wrong = rng.random(200) < 0.4
    noisy = np.where(wrong, (classes + rng.integers(1, 4, 200)) % 4, classes)
    one = accuracy(images, noisy, asked, answers)
    many = accuracy(images, noisy, asked, answers, votes=15)

    assert one < 0.8
    assert many > one + 0.15


def test_images_that_are_compared_stay_as_they_are() -> None:
    images = np.full((2, 4, 4, 1), np.nan)  # in the precision that they are compared in

    look_alikes.thumbnails(images)
    assert np.isnan(images).all()


def test_an_image_is_not_its_own_neighbour() -> None:
    images, classes = np.random.default_rng(0).random((40, 8, 8, 1)), np.arange(40)

    assert accuracy(images, classes, images, classes) == 1
    assert accuracy(images, classes, images, classes, same=True) == 0


def test_many_large_images_are_compared_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(0).integers(0, 256, (100, 64, 64, 3), np.uint8)
    whole = look_alikes.thumbnails(images)
    monkeypatch.setattr(look_alikes, "PIXELS", 4 * images[0].size)

    tracemalloc.start()
    parts = look_alikes.thumbnails(images)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    np.testing.assert_array_equal(parts, whole)
    assert peak < 3e6  # in one piece 9.8 MB, and as much again for each step
