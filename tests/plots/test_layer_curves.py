import math

import numpy as np
import pytest

from kit import plots
from kit.errors import SettingError

ROWS = [
    {"epoch": 0, "layer": "a", "update_ratio": None, "dead_share": 0.5},
    {"epoch": 1, "layer": "a", "update_ratio": 1e-3, "dead_share": 0.6},
    {"epoch": 1, "layer": "frozen $x", "update_ratio": 0.0, "dead_share": None},
]


def test_each_layer_has_a_line_of_what_was_measured() -> None:
    updates, dead = plots.layers(ROWS).axes

    assert [list(line.get_xdata()) for line in updates.lines] == [[1], [1]]
    assert [list(line.get_ydata()) for line in dead.lines] == [[0.5, 0.6], []]


def test_a_still_layer_is_at_the_bottom_of_the_logarithmic_axis() -> None:
    values = [line.get_ydata()[0] for line in plots.layers(ROWS).axes[0].lines]

    assert values == [1e-3, 1e-9]
    assert all(math.isfinite(np.log(value)) for value in values)


def test_names_are_drawn_as_they_are_and_not_all_of_a_hundred_layers() -> None:
    many = [{**ROWS[1], "layer": f"layer{number}"} for number in range(100)]

    assert "frozen $x" in [text.get_text() for text in plots.layers(ROWS).legends[0].get_texts()]
    assert plots.layers(many).legends[0].get_texts()[-1].get_text() == "and 80 more"


def test_no_row_is_a_mistake() -> None:
    with pytest.raises(SettingError, match="At least one measured epoch"):
        plots.layers([])
