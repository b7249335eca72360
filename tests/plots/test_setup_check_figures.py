import io

import pytest

from kit import plots

START = {"loss": 2.4, "expected": 2.303, "room": 0.23, "why": "ln 10", "relative": 0.3}
LAYERS = [
    {"layer": f"conv_{n}$", "what": "kernel", "expected": 1.0 + n, "measured": 1.0}
    for n in range(3)
]
ATTEMPTS = [
    {"rate": 0.1, "losses": [2.3, float("nan")], "reached": None, "loss": float("nan")},
    {"rate": 0.01, "losses": [2.3, 1.0, 0.2], "reached": 3, "loss": 0.05},
]
CHANNEL = {"mean": 0.5, "deviation": 0.2, "least": 0.0, "greatest": 1.0}


def draw(figure):
    figure.savefig(io.BytesIO(), format="png", dpi=40)


def test_first_loss_is_a_point_beside_the_band_of_guessing():
    figure = plots.initial_loss(START)
    draw(figure)

    assert figure.axes[0].lines[1].get_xdata()[0] == 2.4
    draw(plots.initial_loss(START | {"loss": float("nan"), "relative": 0.0}))


def test_each_penalty_has_a_bar_and_the_mark_of_its_formula():
    axes = plots.penalties({"layers": LAYERS, "without": ["head"], "loss": 2.3}).axes[0]

    assert [bar.get_width() for bar in axes.patches] == [1, 1, 1, 0]
    assert list(axes.lines[0].get_xdata()) == [1, 2, 3, 0]


def test_many_layers_are_summed_up_in_the_last_row():
    figure = plots.penalties({"layers": LAYERS * 20, "without": [], "loss": 2.3})
    draw(figure)
    bars = figure.axes[0].patches

    assert len(bars) == 24
    assert sum(bar.get_width() for bar in bars) == pytest.approx(60)


def test_each_attempt_to_learn_by_heart_is_a_line_and_success_a_star():
    figure = plots.by_heart({"attempts": ATTEMPTS, "near": 0.1, "images": 20})
    draw(figure)
    lines = figure.axes[0].lines

    assert [line.get_label() for line in lines if line.get_marker() == "o"] == [
        "rate 0.1, the model's own",
        "rate 0.01",
    ]
    assert [line.get_xdata()[0] for line in lines if line.get_marker() == "*"] == [3]


@pytest.mark.parametrize("count", [1, 3])
def test_each_channel_of_the_input_is_a_range(count):
    figure = plots.input_range({"channels": [CHANNEL] * count, "layer": "conv"})
    draw(figure)

    assert len(figure.axes[0].get_yticklabels()) == count
