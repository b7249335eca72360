"""The loss of every step as points of a drawing: numbers in, places out."""

import math
from pathlib import Path

import html_pages
import made_up_runs
import pytest

import kit
from kit.reporting.step_losses import BINS, chart


def test_the_ends_of_epochs_lie_where_their_last_step_does() -> None:
    drawn = chart([4.0, 3.0, 2.0, 1.0], {"training": [3.5, 1.5], "validation": [math.nan, 2.0]})

    assert drawn is not None
    steps = [tuple(map(float, one.split(","))) for one in drawn.steps.split()]
    (_, _, training), (_, _, validation) = drawn.lines
    assert steps == sorted(steps)
    assert [place for place, _ in training] == [f"{steps[1][0]:.1f}", f"{steps[3][0]:.1f}"]
    assert len(validation) == 1
    assert [text for _, text in drawn.upright] == ["0", "1", "2", "3", "4"]
    assert [text for _, text in drawn.across] == ["1", "2"]


@pytest.mark.parametrize(
    ("highest", "texts"),
    [
        (1.51, ["0", "0.5", "1", "1.5"]),
        (3.73, ["0", "1", "2", "3"]),
        (0.04, ["0", "0.01", "0.02", "0.03", "0.04"]),
        (0.0, ["0"]),
        (812.0, ["0", "500"]),
    ],
)
def test_the_losses_at_the_axis_are_round(highest: float, texts: list[str]) -> None:
    drawn = chart([highest, 0.0], {"training": [0.0]})

    assert drawn is not None
    assert [text for _, text in drawn.upright] == texts


def test_of_many_steps_the_spikes_stay() -> None:
    losses = [1.0] * 10_000
    losses[4321] = 9.0

    drawn = chart(losses, {})

    assert drawn is not None
    points = drawn.steps.split()
    assert len(points) <= 2 * BINS
    assert sum(one.endswith(",12.0") for one in points) == 1


def test_without_two_finite_losses_there_is_nothing_to_draw(tmp_path: Path) -> None:
    assert chart([math.nan, 1.0], {"training": [1.0]}) is None
    run = made_up_runs.write(tmp_path / "run", tmp_path)
    assert html_pages.read(kit.report(run)).all("svg") == []

    (run / "losses.csv").write_text("step,loss\n1,2.5\n2,1.5\n", "utf-8")

    assert len(html_pages.read(kit.report(run)).all("polyline")) == 3
