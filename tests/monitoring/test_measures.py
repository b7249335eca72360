"""Small measurements, each against a case counted by hand."""

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
