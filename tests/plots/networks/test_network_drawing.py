"""The drawing of a network: where boxes stand, which way arrows take, and what is written."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from PIL import Image

from kit import plots
from kit.plots.networks.network_drawing import HEIGHT, SKIP, WIDTH, network
from kit.plots.networks.network_folding import fold
from kit.plots.networks.network_layout import layout

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


def residual(blocks: int) -> tuple[list[str], list[tuple[str, str]]]:
    """Return names and edges of blocks of two layers, each beside a connection that skips them."""
    names, edges = ["image"], []
    for block in range(blocks):
        start, inner = names[-1], [f"one{block}", f"two{block}", f"add{block}"]
        edges += [*pairwise([start, *inner]), (start, inner[-1])]
        names += inner
    return names, edges


# Ways cross: "late" reads the first and the last of three, and so do the two that follow.
CROSSING = ["a", "b", "c", "d", "late", "e", "f"]
CROSSED = [
    *pairwise(["a", "b", "c", "d"]),
    ("a", "late"),
    ("d", "late"),
    ("b", "e"),
    ("late", "e"),
    ("c", "f"),
    ("e", "f"),
]
GRAPHS = {
    "module": (MODULE, EDGES),
    "residual": residual(3),
    "folded": residual(21),
    "crossing": (CROSSING, CROSSED),
    "two inputs": (["a", "b", "sum"], [("a", "sum"), ("b", "sum")]),
    "two outputs": (["a", "b", "c"], [("a", "b"), ("a", "c")]),
    "gate in the left branch": (
        ["a", "b", "wide", "mean", "gate", "join"],
        [
            *[("a", "b"), ("a", "wide"), ("b", "mean"), ("mean", "gate"), ("b", "gate")],
            *[("gate", "join"), ("wide", "join")],
        ],
    ),
    "gate in a branch": (
        ["a", "wide", "b", "mean", "gate", "join"],
        [
            ("a", "wide"),
            ("a", "b"),
            ("b", "mean"),
            ("mean", "gate"),
            ("b", "gate"),
            ("wide", "join"),
            ("gate", "join"),
        ],
    ),
}


def drawn(names, edges):
    """Return the boxes and the arrows of a drawing."""
    figure = network([(name, "one line\nanother\na third", "Conv2D") for name in names], edges)
    (axes,) = figure.axes
    kinds = (FancyBboxPatch, FancyArrowPatch)
    return [[p for p in axes.patches if isinstance(p, kind)] for kind in kinds]


def test_a_chain_stands_in_one_column():
    assert layout(["a", "b", "c"], [("a", "b"), ("b", "c")]).places == {
        "a": (0, 0),
        "b": (0, 1),
        "c": (0, 2),
    }


def test_branches_stand_side_by_side_in_the_order_of_their_join():
    places = layout(MODULE, EDGES).places
    assert [places[name] for name in ("one", "three_1x1", "five_1x1", "pool")] == [
        (-1.5, 1),
        (-0.5, 1),
        (0.5, 1),
        (1.5, 1),
    ]
    assert [places[name] for name in ("three", "five", "pooled")] == [(-0.5, 2), (0.5, 2), (1.5, 2)]
    assert places["join"] == (0, 3)
    assert places["end"] == (0, 4)


@pytest.mark.parametrize("graph", GRAPHS)
def test_no_two_boxes_share_a_place_and_every_arrow_points_down(graph):
    names, edges = GRAPHS[graph]
    places = layout(names, edges).places
    assert list(places) == names
    for (x, rank), (other, same) in combinations(places.values(), 2):
        assert rank != same or abs(x - other) >= 1
    assert all(places[source][1] < places[target][1] for source, target in edges)


def test_a_residual_network_is_one_column_with_lanes_at_its_right():
    names, edges = residual(2)
    plan = layout(names, edges)
    assert {x for x, _ in plan.places.values()} == {0}
    assert set(plan.lanes) == {("image", "add0"), ("add0", "add1")}
    assert all(0.5 < x < 1 for x in plan.lanes.values())
    assert plan.trunk == ("image", "add0", "add1")


def test_connections_that_cross_take_different_lanes():
    plan = layout(CROSSING, CROSSED)
    assert set(plan.lanes) >= {("a", "late"), ("b", "e"), ("c", "f")}
    lanes = list(plan.lanes.values())
    assert len(set(lanes)) == len(lanes)


def test_a_gate_in_a_branch_has_a_lane_beside_it():
    names, edges = GRAPHS["gate in a branch"]
    plan = layout(names, edges)
    ((edge, lane),) = plan.lanes.items()
    assert edge == ("b", "gate")
    assert plan.places["b"][0] + 0.5 < lane
    assert plan.places["wide"][0] + 1 <= plan.places["b"][0]


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_boxes_of_a_drawing_do_not_overlap_and_lie_inside_it(graph):
    boxes, _ = drawn(*GRAPHS[graph])
    extents = [box.get_window_extent() for box in boxes]
    width, height = boxes[0].get_figure().bbox.size
    for box in extents:
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
    assert not any(one.overlaps(other) for one, other in combinations(extents, 2))


@pytest.mark.parametrize("graph", GRAPHS)
def test_no_arrow_runs_through_a_box(graph):
    boxes, arrows = drawn(*GRAPHS[graph])
    corners = np.array(
        [
            (b.get_x(), b.get_y(), b.get_x() + b.get_width(), b.get_y() + b.get_height())
            for b in boxes
        ]
    )
    left, top, right, bottom = corners.T
    edge = 0.02  # inches: arrows begin and end at an edge
    for arrow in arrows:
        points = arrow.get_path().interpolated(40).vertices
        x, y = points[:, :1], points[:, 1:]
        inside = (x > left + edge) & (x < right - edge) & (y > top + edge) & (y < bottom - edge)
        assert not inside.any()


def test_connections_that_skip_layers_have_a_colour_of_their_own():
    _, arrows = drawn(*residual(3))
    edges = [tuple(arrow.get_edgecolor()) for arrow in arrows]
    assert len(edges) == 12
    assert len([edge for edge in edges if edge == to_rgba(SKIP)]) == 3


def test_a_large_network_is_folded_into_parts_that_begin_with_the_last_box_of_the_one_before():
    names, edges = residual(40)
    plan = layout(names, edges)
    parts = fold(plan, (WIDTH, HEIGHT), most=60)
    assert parts[0][0] == 0
    assert parts[-1][1] == 120
    assert all(one[1] == other[0] for one, other in pairwise(parts))
    ranks = {plan.places[name][1] for name in plan.trunk}
    assert {first for first, _ in parts} <= ranks
    assert 3 <= len(parts) <= 12
    boxes, arrows = drawn(names, edges)
    assert len(boxes) == len(names) + len(parts) - 1
    assert len(arrows) == len(edges) + len(parts) - 1
    dashed = [box for box in boxes if box.get_linestyle() == "--"]
    assert len(dashed) == len(parts) - 1


def test_sixty_boxes_are_one_column_and_a_network_that_cannot_be_cut_stays_whole():
    names, edges = residual(19)
    assert len(names) == 58
    assert fold(layout(names, edges), (WIDTH, HEIGHT), most=60) == [(0, 57)]
    long = [*pairwise(f"left{n}" for n in range(50)), *pairwise(f"right{n}" for n in range(50))]
    names = ["first", *(f"{side}{n}" for side in ("left", "right") for n in range(50))]
    beside = [("first", "left0"), ("first", "right0")]
    assert fold(layout(names, [*beside, *long]), (WIDTH, HEIGHT), most=60) == [(0, 50)]


def test_a_network_of_hundreds_of_layers_is_about_as_wide_as_high():
    names, edges = residual(70)
    figure = network([(name, "text", "Conv2D") for name in names], edges)
    width, height = figure.get_size_inches() * 150
    assert max(width, height) < 10_000
    assert 0.5 < width / height < 2


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_drawing_is_saved_by_its_ending(ending, tmp_path):
    names, edges = residual(1)
    nodes = [(name, "text", "Conv2D") for name in names]
    path = tmp_path / f"network.{ending}"
    plots.save(network(nodes, edges), path)
    if ending == "svg":
        assert "<svg" in path.read_text("utf-8")
    else:
        with Image.open(path) as picture:
            assert picture.size[1] > picture.size[0] > 300


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


@pytest.mark.parametrize("name", ["$x_1$", "a_b^c", "\\frac", "<b>&amp;"])
def test_names_are_no_formulas_and_no_markup(name, tmp_path):
    figure = network([(name, "text", "Dense")], [])
    for ending in ("png", "svg"):
        plots.save(figure, tmp_path / f"network.{ending}")
    assert [text.get_text() for text in figure.axes[0].texts] == [name, "text"]


def test_a_line_end_in_a_name_is_spelt_out_and_a_long_name_loses_its_middle():
    figure = network([("two\nlines", "text", "Dense"), ("n" * 99, "t" * 99, "Dense")], [])
    first, _, second, text = (written.get_text() for written in figure.axes[0].texts)
    assert first == r"two\nlines"
    assert "…" in second
    assert "…" in text
