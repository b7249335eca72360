"""How far chance moves a score: by formulas, and by guessing for real."""

import math

import numpy as np
import pytest

from kit import intervals

DRAWS = 40_000


def guesses(counts: tuple[int, ...]) -> np.ndarray:
    """Return the balanced accuracy of so many guesses on images of these classes."""
    rng, share = np.random.default_rng(0), 1 / len(counts)
    return np.mean([rng.binomial(n, share, DRAWS) / n for n in counts], axis=0)


def test_the_error_of_balanced_accuracy_is_that_of_its_small_classes() -> None:
    score, error = intervals.guessing((190, 10), balanced=True)

    assert score == 0.5
    assert error == pytest.approx(math.sqrt(0.25 / 190 + 0.25 / 10) / 2)
    assert error == pytest.approx(guesses((190, 10)).std(), rel=0.02)


@pytest.mark.parametrize("counts", [(190, 10), (100, 100), (60, 30, 12, 8)])
def test_guessing_seldom_passes_for_more_than_luck(counts: tuple[int, ...]) -> None:
    highest = intervals.luck(*intervals.guessing(counts, balanced=True))

    assert np.mean(guesses(counts) > highest) < 0.004


def test_by_the_error_of_plain_accuracy_guessing_would_pass_in_a_tenth_of_trainings() -> None:
    plain = intervals.standard_error(0.5, (190, 10), balanced=False)

    assert np.mean(guesses((190, 10)) > intervals.luck(0.5, plain)) > 0.08


def test_even_classes_have_the_error_of_plain_accuracy() -> None:
    even = intervals.standard_error(0.1, (30,) * 10, balanced=True)

    assert even == pytest.approx(math.sqrt(0.1 * 0.9 / 300))
    assert even == pytest.approx(intervals.standard_error(0.1, (30,) * 10, balanced=False))


def test_classes_without_images_are_not_guessed() -> None:
    assert intervals.guessing((50, 0, 50, 0), balanced=True)[0] == 0.5
    assert intervals.guessing((80, 0, 20), balanced=False)[0] == 0.8


def test_the_interval_is_that_of_wilson() -> None:
    # Statsmodels' proportion_confint(16, 20, method="wilson")
    assert intervals.wilson(16, 20) == pytest.approx((0.584, 0.919), abs=1e-3)


def test_the_interval_holds_the_long_run_share_in_19_of_20_cases_and_another_score_less_often() -> (
    None
):
    rng, share, images = np.random.default_rng(0), 0.9, 600
    scores, others = rng.binomial(images, share, (2, 4000))
    low, high = np.transpose([intervals.wilson(score, images) for score in scores.tolist()])

    assert np.mean((low <= share) & (share <= high)) == pytest.approx(0.95, abs=0.015)
    assert np.mean((low <= others / images) & (others / images <= high)) < 0.86


def test_answers_to_the_same_images_differ_for_sure_though_their_intervals_overlap() -> None:
    assert intervals.wilson(540, 600)[1] > intervals.wilson(552, 600)[0]
    assert intervals.paired(0, 12) == pytest.approx(0.0005, abs=5e-5)
    assert intervals.paired(48, 60) > 0.2
    assert intervals.paired(0, 0) == 1.0


def test_nothing_is_known_of_no_images() -> None:
    assert np.isnan(intervals.guessing((0, 0), balanced=True)).all()
    assert math.isnan(intervals.standard_error(0.5, (), balanced=False))
    assert np.isnan(intervals.wilson(0, 0)).all()


def test_few_images_of_one_class_are_worth_few_evenly_spread_ones() -> None:
    assert intervals.worth((190, 10), balanced=True) == pytest.approx(38)
    assert intervals.worth((190, 10), balanced=False) == 200
