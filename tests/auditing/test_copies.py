"""Which of several copies is named, and what is no copy but how the data look."""

import numpy as np
import pandas as pd
import pytest
from audit_pictures import photo

from kit.auditing.copies import copies
from kit.data.division.near_copies import thumbnail

NAMES = ("cats", "dogs")


def images(*rows: tuple[str, int, str, str]) -> pd.DataFrame:
    """Return a table of (file, label, part, pixels); bytes are equal where pixels are."""
    table = pd.DataFrame(rows, columns=["file", "label", "part", "pixels"])
    return table.assign(hash=table["pixels"], width=40, height=30)


def thumbs_of(table: pd.DataFrame) -> np.ndarray:
    made = {name: thumbnail(np.array(photo(place))) for place, name in enumerate("abcdef")}
    return np.stack([made[name[0]] for name in table["pixels"]])


def found(*rows: tuple[str, int, str, str]) -> set[tuple[str, str, str]]:
    table = images(*rows)
    return {(x.kind, x.file, x.partner) for x in copies(table, thumbs_of(table), NAMES).findings}


def test_different_images_are_no_copies() -> None:
    assert found(("1", 0, "", "a"), ("2", 0, "", "b"), ("3", 1, "", "c")) == set()


def test_the_first_name_stays() -> None:
    assert found(("2", 0, "", "a"), ("1", 0, "", "a")) == {("copy", "2", "1")}


@pytest.mark.parametrize(
    ("one", "other", "leaves"),
    [("train", "test", "1"), ("test", "train", "2"), ("validation", "test", "1")],
)
def test_of_two_parts_the_less_guarded_one_leaves(one: str, other: str, leaves: str) -> None:
    stays = {"1": "2", "2": "1"}[leaves]

    exact = found(("1", 0, one, "a"), ("2", 0, other, "a"))
    near = found(("1", 0, one, "a1"), ("2", 0, other, "a2"))

    assert exact == {("two-parts", leaves, stays)}
    assert near == {("near-two-parts", leaves, stays)}


def test_a_copy_under_two_labels_is_said_once_whatever_the_part() -> None:
    rows = (("1", 0, "train", "a"), ("2", 1, "test", "a"), ("3", 0, "train", "a"))

    assert found(*rows) == {
        ("two-labels", "1", "2"),
        ("two-labels", "2", "1"),
        ("two-labels", "3", "2"),
    }


def test_near_copies_with_both_another_label_and_another_part_are_both() -> None:
    assert found(("1", 0, "train", "a1"), ("2", 1, "test", "a2")) == {
        ("near-two-labels", "1", "2"),
        ("near-two-labels", "2", "1"),
        ("near-two-parts", "1", "2"),
    }


def test_copies_and_near_copies_share_a_group() -> None:
    table = images(("1", 0, "", "a1"), ("2", 0, "", "a1"), ("3", 1, "", "a2"), ("4", 1, "", "b"))

    groups = copies(table, thumbs_of(table), NAMES).groups.tolist()

    assert groups[0] == groups[1] == groups[2] != groups[3]


def test_two_pairs_that_share_a_file_are_one_group_of_which_one_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pairs = np.array([[0, 1], [1, 2]]), np.array([0.985, 0.999])
    monkeypatch.setattr("kit.auditing.copies.near", lambda thumbs: pairs)
    table = images(("1", 0, "", "a1"), ("2", 0, "", "b2"), ("3", 0, "", "c3"))

    near = copies(table, thumbs_of(table), NAMES).findings

    assert [(one.file, one.partner) for one in near] == [("2", "1"), ("3", "1")]
    assert [one.detail for one in near] == [
        "correlation 0.985",
        "correlation 0.999 with 2, which links it to the group",
    ]


def test_near_copies_within_a_group_are_meant_but_not_under_two_labels_or_in_two_parts() -> None:
    rows = (("1", 0, "train", "a1"), ("2", 0, "train", "a2"), ("3", 1, "train", "b1"),
            ("4", 0, "train", "b2"), ("5", 0, "train", "c1"), ("6", 0, "test", "c2"))  # fmt: skip
    table = images(*rows)
    together = np.array([0, 0, 1, 1, 2, 2])

    kinds = {one.kind for one in copies(table, thumbs_of(table), NAMES, together).findings}

    assert "near-copy" in {one.kind for one in copies(table, thumbs_of(table), NAMES).findings}
    assert kinds == {"near-two-labels", "near-two-parts"}


def test_a_crowd_is_how_the_data_look() -> None:
    crowd = [(f"{number:02}", number % 2, "", f"a{number}") for number in range(12)]
    table = images(*crowd, ("98", 0, "", "b1"), ("99", 0, "", "b2"))

    result = copies(table, thumbs_of(table), NAMES)

    assert result.crowds == (12,)
    assert [(one.kind, one.file) for one in result.findings] == [("near-copy", "99")]
    few = images(*crowd[:10])
    assert copies(few, thumbs_of(few), NAMES).crowds == ()
    assert copies(few, thumbs_of(few), NAMES).findings
