"""Small measurements, each against a case counted by hand."""

import tracemalloc

import numpy as np
import pytest

from kit.monitoring import measures


def test_the_answer_is_the_largest_output_and_its_probability_the_sureness() -> None:
    found = measures.answers([[0.1, 0.7, 0.2], [0.5, 0.2, 0.3], [0.1, 0.6, 0.3]])

    assert found.classes.tolist() == [1, 0, 1]
    assert found.sureness.tolist() == [0.7, 0.5, 0.6]
    assert found.commonest == pytest.approx(2 / 3)


def test_one_sigmoid_column_has_two_answers() -> None:
    found = measures.answers([[0.9], [0.2]])

    assert found.classes.tolist() == [1, 0]
    assert found.sureness == pytest.approx([0.9, 0.8])


def test_scores_are_surest_where_the_two_highest_are_far_apart() -> None:
    assert measures.answers([[5.0, -1.0], [2.0, 1.0]]).sureness.tolist() == [6.0, 1.0]


def test_outputs_that_do_not_depend_on_the_image_have_no_spread() -> None:
    assert measures.answers([[0.3, 0.7]] * 5).spread == 0
    assert measures.answers([[0.3, 0.7], [0.7, 0.3]]).spread == pytest.approx(0.2)


def test_only_the_surest_quarter_counts() -> None:
    sureness = np.linspace(1, 0, 8)
    found = measures.Answers(np.zeros(8, np.int64), sureness, 0.1)

    assert measures.sure_accuracy(found, np.array([0, 0, 1, 1, 1, 1, 1, 1])) == 1
    assert measures.sure_accuracy(found, np.array([0, 1, 0, 0, 0, 0, 0, 0])) == 0.5


def test_the_ratio_is_that_of_the_course() -> None:
    weights, step = np.full((10, 10), 0.02), np.full((10, 10), 2e-4)

    assert measures.ratio([weights], [weights + step]) == pytest.approx(0.01)
    assert np.isnan(measures.ratio([np.zeros(3)], [np.ones(3)]))


def test_the_scale_of_he_is_1_and_that_of_glorot_less() -> None:
    rng = np.random.default_rng(0)
    he = rng.normal(0, np.sqrt(2 / 900), (3, 3, 100, 200))

    assert measures.scale([he]) == pytest.approx(1, abs=0.01)
    assert measures.scale([he * 0.0]) == 0
    assert measures.scale([he, he / 50]) == pytest.approx(0.02, abs=0.001)


def test_a_depthwise_kernel_has_the_inputs_of_its_own_channel() -> None:
    kernel = np.random.default_rng(0).normal(0, np.sqrt(2 / 9), (3, 3, 500, 1))

    assert measures.scale([kernel]) == pytest.approx(1, abs=0.05)


def test_a_unit_is_dead_only_if_it_is_0_for_all_images_and_places() -> None:
    output = np.zeros((4, 2, 2, 3))
    output[1, 0, 1, 0] = 0.1

    assert measures.used_units(output).tolist() == [True, False, False]


def test_knowing_the_shares_of_the_classes_is_worth_their_entropy() -> None:
    assert measures.cross_entropy([5] * 10) == pytest.approx(np.log(10))
    assert measures.cross_entropy({"a": 9, "b": 1}) == pytest.approx(0.325, abs=1e-3)
    assert measures.cross_entropy([7, 0]) == 0


def test_sorted_labels_make_pure_batches_and_shuffled_ones_do_not() -> None:
    labels = np.repeat(np.arange(10), 64)

    assert measures.batch_purity(labels, 32) == 1
    shuffled = np.random.default_rng(0).permutation(labels)
    assert measures.batch_purity(shuffled, 32) == pytest.approx(0.19, abs=0.03)


def test_overlap_counts_validation_images_that_training_has_too() -> None:
    images = np.random.default_rng(0).random((10, 4, 4, 1))

    assert measures.overlap(images[:6], images[6:]) == 0
    assert measures.overlap(images[:6], images[4:8]) == 0.5


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

    assert measures.neighbour_accuracy(images, classes, asked, answers) == 1
    assert measures.neighbour_accuracy(images, shuffled, asked, answers) < 0.5
    assert measures.neighbour_accuracy(images * 255, classes, asked / 255, answers) == 1


def test_votes_mend_labels_that_are_wrong_by_chance() -> None:
    images, classes = patterns(200, 0)
    asked, answers = patterns(80, 1)
    rng = np.random.default_rng(3)
    wrong = rng.random(200) < 0.4
    noisy = np.where(wrong, (classes + rng.integers(1, 4, 200)) % 4, classes)
    one = measures.neighbour_accuracy(images, noisy, asked, answers)
    many = measures.neighbour_accuracy(images, noisy, asked, answers, votes=15)

    assert one < 0.8
    assert many > one + 0.15


def test_images_that_are_compared_stay_as_they_are() -> None:
    images = np.full((2, 4, 4, 1), np.nan)  # in the precision that they are compared in

    measures.thumbnails(images)
    assert np.isnan(images).all()


def test_an_image_is_not_its_own_neighbour() -> None:
    images, classes = np.random.default_rng(0).random((40, 8, 8, 1)), np.arange(40)

    assert measures.neighbour_accuracy(images, classes, images, classes) == 1
    assert measures.neighbour_accuracy(images, classes, images, classes, same=True) == 0


def test_many_large_images_are_compared_in_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(0).integers(0, 256, (100, 64, 64, 3), np.uint8)
    whole = measures.thumbnails(images)
    monkeypatch.setattr(measures, "PIXELS", 4 * images[0].size)

    tracemalloc.start()
    parts = measures.thumbnails(images)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    np.testing.assert_array_equal(parts, whole)
    assert peak < 3e6  # in one piece 9.8 MB, and as much again for each step
