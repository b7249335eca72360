"""How given parts differ from the training part."""

import numpy as np
import pandas as pd
import pytest

from kit.auditing.drift import drifts

NAMES = ("cats", "dogs")


def images(seed: int = 0, count: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "part": rng.choice(["train", "validation", "test"], count),
            "label": rng.integers(0, 2, count),
            "bytes": rng.integers(5_000, 50_000, count),
            "width": rng.integers(300, 500, count),
            "height": rng.integers(300, 500, count),
            "brightness": rng.normal(110, 30, count),
            "contrast": rng.normal(50, 10, count),
            "sharpness": rng.normal(2, 0.4, count),
            "format": rng.choice(["JPEG", "PNG"], count),
            "camera": rng.choice(["", "Canon"], count),
        }
    )


@pytest.mark.parametrize("seed", range(2))
def test_parts_drawn_at_random_do_not_differ(seed: int) -> None:
    assert drifts(images(seed), NAMES) == []


def test_a_darker_test_part_is_named_with_both_medians() -> None:
    table = images()
    table.loc[table["part"] == "test", "brightness"] -= 40

    [one] = drifts(table, NAMES)

    assert (one.part, one.name, one.test) == ("test", "brightness", "Kolmogorov-Smirnov")
    assert one.effect > 0.4
    assert one.detail.startswith("median 10")
    assert one.detail.endswith("in test")


def test_other_class_shares_are_named_with_the_class() -> None:
    table = images()
    inside = table["part"] == "validation"
    table.loc[inside, "label"] = (np.arange(inside.sum()) % 10 == 0).astype(int)

    [one] = drifts(table, NAMES)

    assert (one.part, one.name, one.test) == ("validation", "classes", "chi-square")
    assert "cats: " in one.detail
    assert "90% of validation" in one.detail


def test_a_difference_that_is_certain_but_small_is_not_named() -> None:
    table = images(count=30_000)
    table.loc[table["part"] == "test", "brightness"] += 5
    from scipy.stats import ks_2samp

    train, test = (table.loc[table["part"] == part, "brightness"] for part in ("train", "test"))
    assert ks_2samp(train, test).pvalue < 1e-6

    assert drifts(table, NAMES) == []


def test_parts_of_few_images_and_data_without_parts_are_not_compared() -> None:
    few = images(count=50)
    few.loc[few["part"] == "test", "brightness"] = 0.0

    assert drifts(few, NAMES) == []
    assert drifts(images().assign(part=""), NAMES) == []


def test_cramers_v_is_scikit_learns_phi_for_two_classes() -> None:
    """For two by two, Cramér's V is the size of Matthews' correlation."""
    from sklearn.metrics import matthews_corrcoef

    table = images(count=600)
    table.loc[table["part"] == "validation", "part"] = "train"
    table.loc[(table["part"] == "test") & (np.arange(600) % 2 == 0), "label"] = 1
    [one] = drifts(table, NAMES)

    correlation = matthews_corrcoef(table["part"] == "test", table["label"])
    assert one.effect == pytest.approx(abs(correlation), abs=0.02)  # Yates' correction
