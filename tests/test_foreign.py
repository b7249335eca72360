from pathlib import Path

import pytest

from kit import foreign

LAUGHS = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{a: " * 60 + "1" + "}" * 60, "nested deeper"),
        ("[" * 100_000, "nested deeper"),
        (LAUGHS, "contains more than 100,000 values"),
        ("a: &a [*a]", "contains more than 100,000 values"),
        (r'a: "\uD800"', "half a character"),
        ("a: [", "not YAML"),
        ("a: !!python/object:os.system x", "not YAML"),
        ("a: !!timestamp x", "cannot read"),
        ('a: !!int ""', "cannot read"),
        ("a: 2024-13-45", "month must be"),
        ("a: " + "1" * 5000, "4300 digits"),
        ("[1]: 2", "not YAML"),
    ],
)
def test_yaml_that_is_no_settings_is_a_value_error(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        foreign.yaml_value(text)


def test_yaml_may_repeat_itself_in_small() -> None:
    assert foreign.yaml_value("a: &x [1, 2]\nb: *x") == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 60 + "]" * 60, "nested deeper"),
        ("[" * 100_000 + "]" * 100_000, "too deeply"),
        (r'{"a": ["\udc80"]}', "half a character"),
        ("{", "Expecting"),
        ("1" * 5000, "4300 digits"),
    ],
)
def test_json_that_is_no_facts_is_a_value_error(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        foreign.json_value(text)


def test_text_is_utf_8_of_a_limited_length(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes("گربه".encode())

    assert foreign.text(path, 8) == "گربه"
    with pytest.raises(ValueError, match="larger than"):
        foreign.text(path, 7)
    path.write_bytes(b"\xff")
    with pytest.raises(ValueError, match="not UTF-8"):
        foreign.text(path)
