import pytest

from kit import progress


def test_control_characters_are_spelt_out_and_letters_of_any_script_are_not() -> None:
    assert progress.clean("a\x1b[31mb\nc") == "a\\x1b[31mb\\nc"
    assert progress.clean("می‌شود 猫 é") == "می‌شود 猫 é"
    assert progress.clean("a\u202eb") == "a\\u202eb"  # turns the reading direction
    assert progress.clean("a\udcffb") == "a\\udcffb"  # a byte of a name that is no UTF-8


def test_tracking_yields_every_item_and_says_two_lines_to_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert list(progress.track(iter([1, 2, 3]), 3, "Counting", "numbers counted")) == [1, 2, 3]

    out, err = capsys.readouterr()
    assert out == ""
    first, second = err.splitlines()
    assert first == "Counting: 3"
    assert second.startswith("3 numbers counted in ")
