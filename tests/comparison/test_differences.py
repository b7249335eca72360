"""Two on the same images: counts by hand, SciPy's bootstrap, and two that are equally good."""

from math import comb

import numpy as np
import pytest
from scipy.stats import bootstrap

from kit.comparison import difference


def of(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which images are right, given how many are so by both, by one, by none."""
    rows = [(True, True)] * both + [(True, False)] * first
    rows += [(False, True)] * second + [(False, False)] * neither
    one, other = zip(*rows, strict=True)
    return np.array(one), np.array(other)


def test_a_difference_is_counted_as_by_hand() -> None:
    found = difference(*of(70, 4, 16, 10))

    assert (found.images, found.only_first, found.only_second) == (100, 4, 16)
    assert found.share == pytest.approx(0.86 - 0.74)
    by_hand = 2 * sum(comb(20, count) for count in range(5)) / 2**20  # 4 or fewer of 20 coins
    assert found.p_value == pytest.approx(by_hand)
    assert found.told_apart
    assert found.verdict("A", "B") == (
        f"B is better than A: 12.0 points more [{100 * found.low:.1f}, {100 * found.high:.1f}] "
        "on 100 images (p = 0.012)."
    )


def test_the_interval_is_that_of_scipy_s_paired_bootstrap() -> None:
    first, second = of(400, 60, 90, 50)
    found = difference(first, second)

    def gain(one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(other.mean(axis=axis) - one.mean(axis=axis))

    expected = bootstrap(
        (first.astype(float), second.astype(float)),
        gain,
        paired=True,
        vectorized=True,
        method="percentile",
        n_resamples=5000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    assert [found.low, found.high] == pytest.approx(list(expected), abs=0.003)
    assert found == difference(first, second), "the same draws each time"


def test_the_order_of_two_turns_only_the_sign() -> None:
    first, second = of(70, 16, 4, 10)
    found, turned = difference(first, second), difference(second, first)

    assert found.share == -turned.share
    assert found.p_value == turned.p_value
    assert found.verdict("A", "B").startswith("A is better than B: 12.0 points more [")
    low, high = (float(text) for text in found.verdict("A", "B").split("[")[1][:9].split(", "))
    assert 0 < low < 12 < high


def test_few_or_equal_images_are_not_told_apart() -> None:
    few = difference(*of(10, 0, 5, 0))  # all five for the second: 2 / 32 by chance
    assert few.p_value == pytest.approx(0.0625)
    assert few.low > 0, "the bootstrap alone would be sure"
    assert "A and B are not told apart: B has 33.3 points more" in few.verdict("A", "B")
    same = difference(*of(10, 0, 0, 5))
    assert (same.p_value, same.low, same.high) == (1.0, 0.0, 0.0)
    assert same.verdict("A", "B") == (
        "A and B are not told apart: both are right on equally many of 15 images [0.0, 0.0]."
    )


def test_of_equally_good_ones_hardly_more_than_one_in_twenty_is_called_different() -> None:
    random = np.random.default_rng(0)
    hard = random.random((500, 200))  # what both find hard, they get wrong together
    pairs = (hard + random.normal(0, 0.15, (2, 500, 200))) < 0.8
    called = sum(difference(*pair).told_apart for pair in zip(*pairs, strict=True))

    assert 5 < called <= 500 * 0.05 + 2 * np.sqrt(500 * 0.05 * 0.95)
