"""Kinds of images told apart from the others: planted ones, and none where there is none."""

import numpy as np
import pytest
from scipy import stats

from kit.comparison import slices


def drawn(seed: int, images: int = 200, kinds: int = 6) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    generator = np.random.default_rng(seed)
    right = generator.random(images) < 0.8
    return right, {str(kind): generator.random(images) < 0.2 for kind in range(kinds)}


def test_a_kind_that_fails_is_told_apart_from_the_others() -> None:
    right, kinds = drawn(0, images=400)
    right[kinds["3"]] = np.arange(kinds["3"].sum()) % 2 == 0

    first, *others = slices(right, kinds)

    assert (first.kind, first.told_apart) == ("3", True)
    assert first.accuracy == pytest.approx(0.5, abs=0.02)
    assert first.others == right[~kinds["3"]].mean()
    assert first.low < first.accuracy < first.high
    assert not any(one.told_apart for one in others)


def test_chances_are_fisher_s_times_the_looks_that_are_left() -> None:
    right, kinds = drawn(1, kinds=3)
    right[kinds["0"]] = False
    tables = {
        name: [[np.sum(right & mask), np.sum(~right & mask)],
               [np.sum(right & ~mask), np.sum(~right & ~mask)]] for name, mask in kinds.items()
    }  # fmt: skip
    alone = sorted(stats.fisher_exact(table).pvalue for table in tables.values())

    found = [one.p_value for one in slices(right, kinds)]

    assert found[0] == pytest.approx(3 * alone[0])
    assert found[1] == pytest.approx(min(1, 2 * alone[1]))
    assert found == sorted(found)


def test_where_no_kind_differs_hardly_any_is_told_apart() -> None:
    told = sum(any(one.told_apart for one in slices(*drawn(seed))) for seed in range(300))
    assert told <= 0.05 * 300


@pytest.mark.parametrize("count", [9, 191])
def test_too_few_images_of_a_kind_or_beside_it_are_not_looked_at(count: int) -> None:
    right, _ = drawn(2)
    assert slices(right, {"few": np.arange(200) < count}) == []
    assert len(slices(right, {"enough": np.arange(200) < 10})) == 1
