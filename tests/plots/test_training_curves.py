import io

import numpy as np
import pandas as pd
import pytest

from kit import plots
from kit.errors import SettingError

HISTORY = {
    "loss": [1.0, 0.5, 0.4, 0.3],
    "val_loss": [1.1, 0.7, 0.6, 0.8],
    "accuracy": [0.5, 0.7, 0.8, 0.9],
    "val_accuracy": [0.5, 0.75, 0.75, 0.6],
}


def legends(figure):
    return [[text.get_text() for text in box.get_texts()] for box in figure.legends]


def rings(axes):
    return [line for line in axes.lines if line.get_fillstyle() == "none"]


def draw(figure):
    figure.savefig(io.BytesIO(), format="png", dpi=40)


def test_training_is_dashed_and_validation_solid():
    figure = plots.curves({"run": HISTORY})
    loss, accuracy = figure.axes
    assert (loss.get_title(), accuracy.get_title()) == ("loss", "accuracy")
    dashed, solid = loss.lines[:2]
    assert (dashed.get_linestyle(), solid.get_linestyle()) == ("--", "-")
    np.testing.assert_array_equal(dashed.get_ydata(), HISTORY["loss"])
    np.testing.assert_array_equal(solid.get_ydata(), HISTORY["val_loss"])
    np.testing.assert_array_equal(solid.get_xdata(), [1, 2, 3, 4])


def test_first_epoch_of_the_best_validation_accuracy_has_a_ring():
    figure = plots.curves({"run": HISTORY})
    for axes, key in zip(figure.axes, ("val_loss", "val_accuracy"), strict=True):
        (ring,) = rings(axes)
        assert (*ring.get_xdata(), *ring.get_ydata()) == (2, HISTORY[key][1])
    assert "validation accuracy 0.750 at epoch 2" in legends(figure)[1][0]


def test_the_ring_can_be_put_on_the_epoch_that_was_kept():
    figure = plots.curves({"run": HISTORY}, best={"run": 4})
    (ring,) = rings(figure.axes[0])
    assert list(ring.get_xdata()) == [4]


def test_a_data_frame_draws_as_a_mapping_does():
    table = pd.DataFrame(HISTORY).assign(epoch=range(4), learning_rate=0.1)
    lines = [plots.curves({"run": h}).axes[0].lines[1].get_ydata() for h in (HISTORY, table)]
    np.testing.assert_array_equal(*lines)


def test_every_run_has_its_color_and_its_name_even_one_that_begins_with_an_underscore():
    figure = plots.curves({"functional": HISTORY, "_سبک $x$": HISTORY})
    names = legends(figure)[1]
    assert "functional" in names[0]
    assert "_سبک $x$" in names[1]
    loss = figure.axes[0]
    assert loss.lines[0].get_color() is not loss.lines[3].get_color()
    draw(figure)


def test_one_epoch_is_drawn_as_points():
    figure = plots.curves({"run": {key: values[:1] for key, values in HISTORY.items()}})
    assert all(line.get_marker() in "xo" for axes in figure.axes for line in axes.lines)
    draw(figure)


def test_values_that_are_not_finite_are_counted_and_left_out():
    history = dict(
        HISTORY, loss=[1.0, np.inf, np.nan, 2.0], val_accuracy=[np.nan, 0.5, 0.6, np.nan]
    )
    figure = plots.curves({"run": history})
    loss, accuracy = figure.axes
    assert loss.get_title() == "loss (2 of 8 values not finite)"
    assert [list(ring.get_xdata()) for ring in rings(accuracy)] == [[3]]
    draw(figure)


def test_a_run_without_one_finite_value_still_draws():
    figure = plots.curves({"run": {"loss": [np.nan] * 3, "val_accuracy": [np.nan] * 3}})
    draw(figure)
    assert not rings(figure.axes[0])


def test_an_exploding_loss_gets_a_logarithmic_axis():
    assert plots.curves({"run": HISTORY}).axes[0].get_yscale() == "linear"
    figure = plots.curves({"run": dict(HISTORY, loss=[1, 10, 1e6, 1e7])})
    assert figure.axes[0].get_yscale() == "log"


def test_without_validation_only_training_is_drawn():
    figure = plots.curves({"run": {"loss": [1.0, 0.5]}})
    assert [axes.get_title() for axes in figure.axes] == ["loss"]
    assert legends(figure)[0] == ["training"]
    draw(figure)


@pytest.mark.parametrize("histories", [{}, {"run": {}}, {"run": {"learning_rate": [1]}}])
def test_nothing_to_draw_is_refused(histories):
    with pytest.raises(SettingError, match=r"[Aa]t least one history|must contain"):
        plots.curves(histories)


def test_of_two_equal_curves_both_can_be_seen() -> None:
    history = {"loss": [2.0, 1.0], "val_loss": [2.0, 1.5]}
    axes = plots.curves({"functional": history, "sequential": history}).axes[0]

    by_order = sorted(axes.lines, key=lambda line: line.get_zorder())
    widths = [line.get_linewidth() for line in by_order if len(line.get_xdata()) == 2]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > widths[-1]
