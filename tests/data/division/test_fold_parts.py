"""Dividing for a cross-validation."""

from collections import Counter

import numpy as np
import pytest
from folders import fill

from kit import data
from kit.data.division import fold_parts
from kit.errors import DataError, SettingError


def sides(splits, part):
    return {splits.files[number] for number in splits.parts[part]}


def test_every_image_but_the_test_images_validates_once(tmp_path):
    splits = data.load(fill(tmp_path, a=20, b=11, c=7), image_size=4, test_split=0.2)
    each = data.folds(splits, 4)

    validated = Counter(file for one in each for file in sides(one, "validation"))
    assert set(validated) == set(splits.files) - sides(splits, "test")
    assert set(validated.values()) == {1}
    for one in each:
        assert sides(one, "test") == sides(splits, "test")
        assert sides(one, "train") == set(validated) - sides(one, "validation")
        assert list(one.parts["train"]) == sorted(one.parts["train"])


def test_an_image_of_two_classes_trains_in_every_fold(tmp_path):
    fill(tmp_path, a=10, b=10)
    (tmp_path / "b" / "same.png").write_bytes((tmp_path / "a" / "000.png").read_bytes())
    each = data.folds(data.load(tmp_path, image_size=4), 3)
    assert all({"a/000.png", "b/same.png"} <= sides(one, "train") for one in each)
    assert sum(len(sides(one, "validation")) for one in each) == 19


def test_folds_are_of_nearly_one_size_and_stratified(tmp_path):
    splits = data.load(fill(tmp_path, a=40, b=13, c=5), image_size=4)
    for one in data.folds(splits, 5):
        counts = one.counts("validation")
        assert counts["a"] == 8
        assert counts["b"] in {2, 3}
        assert counts["c"] == 1


def test_the_seed_decides_and_nothing_else(tmp_path):
    fill(tmp_path, a=20, b=20)
    one, same, other = (
        [sides(part, "validation") for part in data.folds(data.load(tmp_path, 4, seed=seed), 3)]
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other


def test_copies_and_groups_are_in_one_fold(tmp_path):
    fill(tmp_path, a=30, b=30)
    for number in range(10):
        target = tmp_path / "a" / f"copy{number}.png"
        target.write_bytes((tmp_path / "a" / f"{number:03}.png").read_bytes())
    splits = data.load(tmp_path, image_size=4, group="b/(..)")  # ten of one group
    each = data.folds(splits, 3)

    for one in each:
        groups = {splits.groups[number] for number in one.parts["validation"]}
        assert not groups & {splits.groups[number] for number in one.parts["train"]}
    loose = data.folds(data.load(tmp_path, image_size=4, group=None), 3)
    tied = [{file[:4] for file in sides(one, "validation") if file[0] == "b"} for one in loose]
    assert set.intersection(*tied)


def test_a_class_with_fewer_groups_than_folds_is_named(tmp_path):
    fill(tmp_path, a=20, b=4)
    (tmp_path / "b" / "copy.png").write_bytes((tmp_path / "b" / "000.png").read_bytes())
    splits = data.load(tmp_path, image_size=4)

    with pytest.raises(DataError, match=r"too few in b \(4\)\. Use folds=4, or add images"):
        data.folds(splits, 5)
    assert len(data.folds(splits, 4)) == 4


@pytest.mark.parametrize("count", [1, 0, -3])
def test_there_are_two_folds_at_least(tmp_path, count):
    splits = data.load(fill(tmp_path, a=4, b=4), image_size=4)
    with pytest.raises(SettingError, match="at least 2 folds"):
        data.folds(splits, count)


def test_a_class_that_one_fold_alone_has_is_an_error(tmp_path, monkeypatch):
    splits = data.load(fill(tmp_path, a=4, b=4), image_size=4)
    by_class = lambda labels, *_: [np.flatnonzero(labels == label) for label in (0, 1)]  # noqa: E731
    monkeypatch.setattr(fold_parts, "_dealt", by_class)
    with pytest.raises(DataError, match="all images of a are in one fold"):
        data.folds(splits, 2)
