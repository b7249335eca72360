import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from kit import plots
from kit.plots import figure_text


def ink(text, **settings):
    """Return where a text is dark: booleans (height, width), cut to the ink."""
    figure = Figure(figsize=(8, 1), dpi=100)
    figure.text(0.05, 0.3, text, **(figure_text.plain(24) | settings))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    dark = np.asarray(canvas.buffer_rgba())[..., 0] < 128
    rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    return dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def test_persian_letters_are_joined():
    joined, apart = ink("بببب").shape[1], ink("ب\u200cب\u200cب\u200cب").shape[1]
    assert joined < 0.7 * apart


def test_persian_runs_from_right_to_left():
    dark = ink("اااارررر")  # tall letters first, low ones then
    top = dark[: dark.shape[0] // 3]
    half = dark.shape[1] // 2
    assert top[:, half:].sum() > 0
    assert top[:, :half].sum() == 0


@pytest.mark.parametrize(
    ("name", "leftmost"), [("گربه Cat 12", "Cat 12"), ("گربه 12 Cat", "Cat"), ("گربه ۱۲", "۱۲")]
)
def test_latin_and_digits_after_persian_stand_to_its_left(name, leftmost):
    whole, left = ink(name), ink(leftmost)
    width = left.shape[1]
    np.testing.assert_array_equal(whole[:, :width].any(axis=0), left.any(axis=0))
    assert not whole[:, width].any()  # a gap, then the rest


def test_dollar_signs_start_no_formula():
    name = "$\\nonsense{$"
    with pytest.raises(ValueError, match="nonsense"):  # what happens without our settings
        ink(name, parse_math=True)
    assert ink(name).any()


def test_short_names_stay_as_they_are():
    assert figure_text.shorten("گربه‌ی ایرانی 12 Cat", 24) == "گربه‌ی ایرانی 12 Cat"


def test_control_characters_and_direction_overrides_are_spelt_out():
    assert figure_text.shorten("a\nb\x1b\u202e", 40) == r"a\nb\x1b\u202e"


def test_long_names_lose_their_middle():
    assert figure_text.shorten("a" * 30 + "1", 10) == "aaaaa…aaa1"


@pytest.mark.parametrize("name", ["猫" * 30, "a" * 100, "é" * 50, "e\u0301" * 50, "🐱" * 30])
def test_shortened_names_are_not_too_wide(name):
    short = figure_text.shorten(name, 20)
    assert 17 <= figure_text._width(short) <= 20
    assert "…" in short


def test_no_mark_stands_without_its_letter():
    short = figure_text.shorten("x" * 30 + "e\u0301\u0301" + "y" * 4, 11)
    assert not short.partition("…")[2].startswith("\u0301")


@pytest.mark.parametrize("name", ["猫と犬", "🐱🐕", "हिन्दी", "\U0010ffff"])
def test_letters_no_font_has_are_saved_without_a_warning(tmp_path, name):
    figure = plots.images(np.zeros((1, 4, 4, 1), np.uint8), [name])
    plots.save(figure, tmp_path / "گربه 🐱.png", dpi=50)
    assert [path.name for path in tmp_path.iterdir()] == ["گربه 🐱.png"]


def test_a_figure_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "old.png"
    path.write_bytes(b"old")
    figure = Figure()
    figure.text(0, 0, "$\\nonsense{$")
    with pytest.raises(ValueError, match="nonsense"):
        plots.save(figure, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_figure_too_tall_for_matplotlib_gets_fewer_pixels_to_the_inch(tmp_path):
    plots.save(Figure(figsize=(0.1, 1000)), tmp_path / "tall.png")
    with Image.open(tmp_path / "tall.png") as picture:
        assert picture.size == (6, 65_000)


def test_a_figure_too_large_for_viewers_gets_fewer_pixels_to_the_inch(tmp_path, monkeypatch):
    monkeypatch.setattr(figure_text, "MOST", 600_000)
    plots.save(Figure(figsize=(100, 60)), tmp_path / "large.png")
    with Image.open(tmp_path / "large.png") as picture:
        assert picture.size == (1000, 600)
