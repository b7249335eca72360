"""Whether a label can be told from what is no picture."""

import numpy as np
import pandas as pd
import pytest

from kit.auditing.shortcuts import HINTS, shortcuts

COUNT = 200


def images(seed: int = 0, labels: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "label": np.arange(COUNT) % labels,
            "bytes": rng.integers(5_000, 50_000, COUNT),
            "width": rng.integers(300, 500, COUNT),
            "height": rng.integers(300, 500, COUNT),
            "brightness": rng.normal(110, 30, COUNT),
            "contrast": rng.normal(50, 10, COUNT),
            "format": rng.choice(["JPEG", "PNG"], COUNT),
            "mode": "RGB",
            "camera": rng.choice(["", "Canon", "Nikon"], COUNT),
        }
    )


def clear(table: pd.DataFrame) -> list[str]:
    tried = shortcuts(table, np.arange(len(table)))
    return [one.name for one in tried if one.clear]


@pytest.mark.parametrize("seed", range(2))
def test_noise_tells_nothing(seed: int) -> None:
    tried = shortcuts(images(seed), np.arange(COUNT))

    assert {one.name for one in tried} == set(HINTS)
    assert [one.name for one in tried if one.clear] == []
    assert all(one.images == COUNT and one.guessing == one.majority == 0.5 for one in tried)
    assert all(one.low < one.balanced_accuracy < one.high for one in tried)


@pytest.mark.parametrize(
    ("name", "column", "one", "other"),
    [
        ("file size", "bytes", 9_000, 40_000),
        ("dimensions", "width", 320, 480),
        ("brightness", "brightness", 60.0, 160.0),
        ("format", "format", "JPEG", "PNG"),
        ("camera", "camera", "Canon", "Nikon"),
    ],
)
def test_what_gives_the_label_away_is_named_alone(
    name: str, column: str, one: object, other: object
) -> None:
    table = images()
    table[column] = [one if label == 0 else other for label in table["label"]]

    assert clear(table) == [name]


def test_one_shortcut_of_three_classes_is_enough() -> None:
    table = images(labels=3)
    table.loc[table["label"] == 2, "camera"] = "Leica"
    [one] = [x for x in shortcuts(table, np.arange(COUNT)) if x.name == "camera"]

    assert one.clear
    assert one.guessing == pytest.approx(1 / 3)
    assert 0.5 < one.balanced_accuracy < 0.9


def test_copies_are_no_evidence() -> None:
    """Twenty files, each ten times: their sizes tell the label only because they were seen."""
    table = images().iloc[:20].loc[np.repeat(np.arange(20), 10)].reset_index(drop=True)
    originals = np.repeat(np.arange(20), 10)

    counted = shortcuts(table, np.arange(COUNT))
    once = shortcuts(table, originals)

    assert any(one.clear for one in counted)
    assert not any(one.clear for one in once)
    assert {one.images for one in once} == {20}


def test_what_does_not_vary_is_not_tried_and_tiny_classes_are_left_out() -> None:
    table = images().assign(bytes=7, camera="")
    table.loc[:2, "label"] = 9  # three images

    tried = shortcuts(table, np.arange(COUNT))

    assert {one.name for one in tried} == {"dimensions", "brightness", "format"}
    assert {one.images for one in tried} == {COUNT - 3}


def test_with_one_class_nothing_is_tried() -> None:
    assert shortcuts(images().assign(label=0), np.arange(COUNT)) == []
    assert shortcuts(images().iloc[:0], np.arange(0)) == []


def test_the_interval_is_jeffreys_for_one_class_counted_twice() -> None:
    """Two classes of equal recall: the mean's interval is narrower than one class's by root 2."""
    from scipy.stats import beta

    from kit.auditing.shortcuts import _interval

    low, high = _interval(np.array([80, 80]), np.array([100, 100]))

    one_low, one_high = beta.ppf([0.025, 0.975], 80.5, 20.5)
    assert (high - low) == pytest.approx((one_high - one_low) / np.sqrt(2), rel=0.1)
    assert low < 0.8 < high
