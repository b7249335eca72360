import pytest

from kit import progress


def test_control_characters_are_spelt_out_and_letters_of_any_script_are_not() -> None:
    assert progress.clean("a\x1b[31mb\nc") == "a\\x1b[31mb\\nc"
    assert progress.clean("می‌شود 猫 é") == "می‌شود 猫 é"
    assert progress.clean("a\u202eb") == "a\\u202eb"  # turns the reading direction
    assert progress.clean("a\udcffb") == "a\\udcffb"  # a byte of a name that is no UTF-8


def test_a_line_break_in_a_name_makes_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    progress.say("a\nb", "c")
    assert list(progress.track([], 0, "x\ny", "done")) == []
    assert capsys.readouterr().err.splitlines()[:3] == ["a\\nb", "c", "x\\ny: 0"]


def test_a_long_name_keeps_both_ends() -> None:
    assert progress.short("x" * 40) == "x" * 40
    assert progress.short("a" + "x" * 200 + "b") == "a" + "x" * 19 + "…" + "x" * 18 + "b"
    assert progress.short("a\nb") == "a\\nb"


def test_tracking_yields_every_item_and_says_two_lines_to_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(progress.track(iter([1, 2, 3]), 3, "Counting", "numbers counted")) == [1, 2, 3]

    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert first == "Counting: 3"
    assert second.startswith("3 numbers counted in ")
