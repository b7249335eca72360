import itertools

import numpy as np
import pytest

from kit import plots
from kit.errors import SettingError


def counts_in(figure):
    return {
        (round(y), round(x)): text.get_text()
        for text in figure.axes[0].texts
        for x, y in [text.get_position()]
    }


def label_boxes(figure, axis):
    figure.draw_without_rendering()
    labels = getattr(figure.axes[0], f"get_{axis}ticklabels")()
    return [label.get_window_extent() for label in labels]


def test_counts_stand_in_their_cells_and_rows_are_true_classes():
    figure = plots.confusion(np.array([[7, 2], [0, 9]]), ["a", "b"])
    assert counts_in(figure) == {(0, 0): "7", (0, 1): "2", (1, 1): "9"}
    axes = figure.axes[0]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("true", "predicted")


def test_color_is_the_share_of_the_true_class():
    figure = plots.confusion(np.array([[1, 3], [0, 0]]), ["a", "b"])
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), [[0.25, 0.75], [0, 0]])


@pytest.mark.parametrize("classes", [2, 40])
def test_names_do_not_overlap(classes):
    names = [f"گربه {i} a very long name of a class" for i in range(classes)]
    figure = plots.confusion(np.eye(classes, dtype=int), names)
    assert len(figure.axes[0].get_yticks()) == classes
    rows = label_boxes(figure, "y")
    assert all(above.y0 >= below.y1 - 1 for above, below in itertools.pairwise(rows))
    heights = [box.height for box in rows]
    assert min(heights) >= 6  # pixels at 100 to the inch; saved with half as many more


def test_counts_fit_their_cells_at_100_classes():
    figure = plots.confusion(np.eye(100, dtype=int) * 120, [str(i) for i in range(100)])
    figure.draw_without_rendering()
    axes = figure.axes[0]
    cell = axes.transData.transform((1, 0))[0] - axes.transData.transform((0, 0))[0]
    assert len(axes.texts) == 100
    assert max(text.get_window_extent().width for text in axes.texts) <= cell


def test_counts_that_do_not_fit_are_left_out():
    figure = plots.confusion(np.eye(100, dtype=int) * 1_234_567, [str(i) for i in range(100)])
    assert not figure.axes[0].texts


def test_many_classes_name_every_second_or_third():
    figure = plots.confusion(np.eye(300, dtype=int), [f"c{i}" for i in range(300)])
    ticks = figure.axes[0].get_yticks()
    assert 100 <= len(ticks) < 300
    assert figure.axes[0].get_yticklabels()[5].get_text() == f"c{ticks[5]}"
    assert max(figure.get_size_inches()) < 25


def test_the_largest_counts_are_written_where_there_are_too_many():
    matrix = np.ones((60, 60), int) + np.eye(60, dtype=int)
    figure = plots.confusion(matrix, [str(i) for i in range(60)])
    written = counts_in(figure)
    assert len(written) == 1000
    assert sum(text == "2" for text in written.values()) == 60


def test_names_are_drawn_letter_by_letter():
    names = ["$x$", "_a", "<img>", "a\nb", "猫", "🐱"]
    figure = plots.confusion(np.eye(6, dtype=int), names)
    labels = figure.axes[0].get_xticklabels()
    assert [label.get_text() for label in labels] == ["$x$", "_a", "<img>", r"a\nb", "猫", "🐱"]
    assert not any(label.get_parse_math() for label in labels)


@pytest.mark.parametrize(("shape", "names"), [((2, 3), "ab"), ((2, 2), "abc"), ((0, 0), "")])
def test_a_matrix_of_another_size_is_refused(shape, names):
    with pytest.raises(SettingError, match="must have the shape"):
        plots.confusion(np.zeros(shape, int), list(names))
