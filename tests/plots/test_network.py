"""The drawing of a network: where boxes stand, and what is written in them."""

import pytest

from kit.plots._network import layout, network

# A module as Szegedy et al. draw it; the nodes come in another order, as a library may sort them.
MODULE = ["image", "three_1x1", "five_1x1", "pool", "one", "three", "five", "pooled", "join", "end"]
EDGES = [
    ("image", "three_1x1"),
    ("image", "five_1x1"),
    ("image", "pool"),
    ("image", "one"),
    ("three_1x1", "three"),
    ("five_1x1", "five"),
    ("pool", "pooled"),
    ("one", "join"),
    ("three", "join"),
    ("five", "join"),
    ("pooled", "join"),
    ("join", "end"),
]


def test_a_chain_stands_in_one_column():
    assert layout(["a", "b", "c"], [("a", "b"), ("b", "c")]) == {
        "a": (0, 0),
        "b": (0, 1),
        "c": (0, 2),
    }


def test_branches_stand_side_by_side_in_the_order_of_their_join():
    places = layout(MODULE, EDGES)
    assert [places[name] for name in ("one", "three_1x1", "five_1x1", "pool")] == [
        (-1.5, 1),
        (-0.5, 1),
        (0.5, 1),
        (1.5, 1),
    ]
    assert [places[name] for name in ("three", "five", "pooled")] == [(-0.5, 2), (0.5, 2), (1.5, 2)]
    assert places["join"] == (0, 3)
    assert places["end"] == (0, 4)


def test_no_two_boxes_share_a_place_and_every_arrow_points_down():
    places = layout(MODULE, EDGES)
    assert len(set(places.values())) == len(MODULE)
    assert all(places[source][1] < places[target][1] for source, target in EDGES)


def test_the_boxes_of_a_drawing_do_not_overlap_and_lie_inside_it():
    figure = network([(name, "one line\nanother\na third", "Conv2D") for name in MODULE], EDGES)
    (axes,) = figure.axes
    boxes = [patch.get_window_extent() for patch in axes.patches[: len(MODULE)]]
    width, height = figure.bbox.size
    for number, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
        assert not any(box.overlaps(other) for other in boxes[:number])


def test_a_text_fits_in_its_box():
    text = "\n".join(["5×5 convolution, 1024 filters, stride 2", "batch norm · relu", "3 · 12"])
    figure = network([("mixed12_three_reduced_conv", text, "Conv2D")], [])
    (axes,) = figure.axes
    box = axes.patches[0].get_window_extent()
    assert len(axes.texts) == 4
    for written in axes.texts:
        place = written.get_window_extent()
        assert box.x0 <= place.x0
        assert place.x1 <= box.x1
        assert box.y0 <= place.y0
        assert place.y1 <= box.y1


@pytest.mark.parametrize("name", ["$x_1$", "a_b^c", "\\frac"])
def test_names_are_no_formulas(name, tmp_path):
    figure = network([(name, "text", "Dense")], [])
    figure.savefig(tmp_path / "network.png")
    assert [text.get_text() for text in figure.axes[0].texts] == [name, "text"]
