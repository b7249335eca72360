import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection

from kit import plots
from kit.errors import SettingError

SCALES = {"learning_rate": "log", "l2": "log"}
RANGES = [
    {"learning_rate": (1e-6, 1e-1), "l2": (1e-7, 10.0)},
    {"learning_rate": (1e-4, 1e-2), "l2": (1e-5, 1e-1)},
]
HOSTILE = ["$\\nonsense{$", "گربه‌ی ایرانی", "_hidden", "a\nb\x1b", "x" * 80, "=cmd()"]


def trials(count=12, statuses=("complete", "stopped", "infeasible"), **columns):
    random = np.random.default_rng(0)
    status = [statuses[n % len(statuses)] for n in range(count)]
    scores = random.uniform(0.1, 0.5, count)
    scores[[one == "infeasible" for one in status]] = np.nan
    table = {
        "trial": range(count),
        "stage": [1 + (2 * n) // count for n in range(count)],
        "learning_rate": 10 ** random.uniform(-6, -1, count),
        "l2": 10 ** random.uniform(-7, 1, count),
        "status": status,
        "best_val_accuracy": scores,
    }
    return pd.DataFrame(table | columns)


def epochs(table, length=4):
    rows = [
        {
            "trial": one.trial,
            "stage": one.stage,
            "status": one.status,
            "epoch": epoch,
            "val_accuracy": 0.1 * epoch + 0.01 * one.trial,
        }
        for one in table.itertuples()
        for epoch in range(1, 1 + (length if one.status == "complete" else 2))
    ]
    return pd.DataFrame(rows).assign(spent=np.arange(1, len(rows) + 1) * 5.0)


def draw(figure):
    figure.savefig(io.BytesIO(), format="png", dpi=40)
    return figure


def marks(axes):
    """Return crosses, hollow marks and filled marks as (x, y)."""
    return [one.get_offsets() for one in axes.collections if isinstance(one, PathCollection)][:3]


def all_four(table, scales, ranges=RANGES):
    names = list(scales)
    draw(plots.search_settings(table, "val_accuracy", scales=scales, ranges=ranges))
    if len(names) > 1:
        pair = (names[0], names[1])
        draw(plots.search_map(table, pair, "val_accuracy", scales=scales, ranges=ranges))
    draw(plots.search_cost(epochs(table), "val_accuracy"))
    draw(plots.search_curves(epochs(table), "val_accuracy"))


def test_the_map_has_each_trial_at_its_settings_by_its_status():
    table = trials()
    figure = plots.search_map(table, ("learning_rate", "l2"), "val_accuracy", scales=SCALES,
                              ranges=RANGES)  # fmt: skip
    axes = draw(figure).axes[0]

    for found, status in zip(marks(axes), ("infeasible", "stopped", "complete"), strict=True):
        rows = table[table["status"] == status]
        np.testing.assert_allclose(found, rows[["learning_rate", "l2"]])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_the_map_frames_the_ranges_of_the_stages_and_rings_the_best():
    table = trials()
    axes = plots.search_map(table, ("learning_rate", "l2"), "val_accuracy", scales=SCALES,
                            ranges=RANGES).axes[0]  # fmt: skip

    frames = [(*one.get_xy(), one.get_width(), one.get_height()) for one in axes.patches]
    np.testing.assert_allclose(
        frames, [(1e-6, 1e-7, 1e-1 - 1e-6, 10 - 1e-7), (1e-4, 1e-5, 1e-2 - 1e-4, 1e-1 - 1e-5)]
    )
    best = table.loc[table["best_val_accuracy"].idxmax()]
    ring = axes.lines[-1]
    assert (ring.get_xdata()[0], ring.get_ydata()[0]) == (best["learning_rate"], best["l2"])


def test_the_better_the_brighter_and_the_later_the_larger():
    table = trials(6, ("complete",))
    for objective, sign in (("val_accuracy", 1), ("val_data_loss", -1)):
        table[f"best_{objective}"] = np.arange(1.0, 7.0)
        axes = plots.search_map(table, ("learning_rate", "l2"), objective, scales=SCALES).axes[0]
        filled = [one for one in axes.collections if isinstance(one, PathCollection)][2]
        brightness = filled.get_facecolors()[:, :3].sum(axis=1)
        assert (np.diff(brightness)[:4] * sign > 0).all()
        assert filled.get_sizes()[0] < filled.get_sizes()[-1]


def test_infeasible_trials_lie_below_all_scores_in_the_pictures_of_settings():
    axes = plots.search_settings(trials(), "val_accuracy", scales=SCALES).axes[0]
    crosses, hollow, filled = marks(axes)

    assert crosses[:, 1].max() < min(hollow[:, 1].min(), filled[:, 1].min())
    assert axes.get_ylim()[0] < crosses[:, 1].min()


def test_infeasible_trials_lie_above_all_losses():
    table = trials().assign(best_val_data_loss=lambda one: one["best_val_accuracy"])
    axes = plots.search_settings(table, "val_data_loss", scales=SCALES).axes[0]
    crosses, hollow, filled = marks(axes)

    assert crosses[:, 1].min() > max(hollow[:, 1].max(), filled[:, 1].max())
    assert axes.get_ylim()[1] > crosses[:, 1].max()


def test_choices_are_categories_in_order_and_their_trials_stay_by_them():
    table = trials(9, ("complete",), batch_size=[128, 32, 64] * 3)
    axes = plots.search_settings(table, "val_accuracy", scales={"batch_size": "choices"}).axes
    x = marks(axes[0])[2][:, 0]

    assert [label.get_text() for label in axes[0].get_xticklabels()] == ["32", "64", "128"]
    np.testing.assert_array_equal(np.round(x), [2, 0, 1] * 3)


def test_the_cost_is_a_line_that_only_rises_and_leaves_out_what_diverged():
    rows = pd.DataFrame(
        {
            "trial": [0, 0, 1, 2],
            "stage": [1, 1, 1, 2],
            "status": ["complete", "complete", "infeasible", "complete"],
            "epoch": [1, 2, 1, 1],
            "spent": [10.0, 20, 30, 40],
            "val_accuracy": [0.4, 0.3, 0.99, 0.5],
        }
    )
    axes = plots.search_cost(rows, "val_accuracy").axes[0]

    line = axes.lines[0]
    assert list(line.get_xdata()) == [10, 20, 30, 40, 40]
    assert list(line.get_ydata()) == [0.4, 0.4, 0.4, 0.5, 0.5]
    crosses, _, filled = marks(axes)
    assert crosses[:, 0] == [30]
    np.testing.assert_allclose(filled, [[20, 0.4], [40, 0.5]])  # where it ended, its best


def test_low_losses_are_the_best_so_far():
    rows = epochs(trials(3, ("complete",))).rename(columns={"val_accuracy": "val_data_loss"})
    rows["val_data_loss"] = 3 - rows["val_data_loss"]
    line = plots.search_cost(rows, "val_data_loss").axes[0].lines[0]

    assert (np.diff(line.get_ydata()) <= 0).all()


def test_long_searches_are_told_in_hours():
    rows = epochs(trials()).assign(spent=lambda one: one["spent"] * 1000)

    assert plots.search_cost(rows, "val_accuracy").axes[0].get_xlabel().endswith("hours")


def test_each_trial_is_a_curve_and_what_diverged_is_dashed():
    table = trials(6)
    lines = plots.search_curves(epochs(table), "val_accuracy").axes[0].lines

    curves = [one for one in lines if len(one.get_xdata()) > 1]
    assert len(curves) == 6
    assert [one.get_linestyle() for one in curves] == ["-", "-", "--"] * 2
    assert [one.get_marker() for one in lines].count("x") == 2


def test_curves_take_the_color_of_a_setting():
    table = trials(5, ("complete",))
    by = {number: 10.0 ** -(5 - number) for number in range(5)}
    figure = plots.search_curves(epochs(table), "val_accuracy", by=by, name="$rate", log=True)

    colors = [sum(one.get_color()[:3]) for one in figure.axes[0].lines]
    assert (np.diff(colors) > 0).all()
    assert figure.axes[1].get_ylabel() == "$rate"


def test_names_and_values_of_any_script_are_drawn_as_they_are(tmp_path):
    table = trials(6).rename(columns={"best_val_accuracy": "best_$val_accuracy$"})
    table = table.assign(best_val_accuracy=0.5, **dict.fromkeys(HOSTILE, HOSTILE))
    scales = dict.fromkeys(HOSTILE, "choices") | {"learning_rate": "log"}

    settings = plots.search_settings(table, "$val_accuracy$", scales=scales, ranges=RANGES)
    for figure in (settings, *(
        plots.search_map(table, (name, "learning_rate"), "val_accuracy", scales=scales,
                         ranges=RANGES) for name in HOSTILE[:2]
    )):  # fmt: skip
        plots.save(figure, tmp_path / "figure.png", dpi=40)
        labels = [one.get_text() for one in figure.axes[0].get_xticklabels()]
        assert len(labels) == 6
        assert all(one.replace("\u200c", "").isprintable() for one in labels)
        assert "$\\nonsense{$" in labels


@pytest.mark.parametrize(
    ("count", "statuses"),
    [
        (1, ("infeasible",)),
        (500, ("complete", "stopped", "infeasible")),
    ],
)
def test_any_number_of_trials_can_be_drawn(count, statuses):
    all_four(trials(count, statuses), SCALES)


def test_one_setting_or_many_can_be_drawn():
    table = trials(9)
    many = {f"setting {n}": np.linspace(0, 1, 9) for n in range(4)}

    all_four(table, {"l2": "log"})
    figure = plots.search_settings(table.assign(**many), "val_accuracy",
                                   scales=dict.fromkeys(many, "linear"))  # fmt: skip

    assert sum(axes.get_visible() for axes in draw(figure).axes) == 4


def test_no_trial_is_refused():
    with pytest.raises(SettingError, match="no trial"):
        plots.search_map(trials(0), ("learning_rate", "l2"), "val_accuracy", scales=SCALES)
    with pytest.raises(SettingError, match="no setting"):
        plots.search_settings(trials(), "val_accuracy", scales={})
    with pytest.raises(SettingError, match="no trial"):
        plots.search_cost(epochs(trials(1)).iloc[:0], "val_accuracy")
