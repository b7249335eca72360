"""A network as boxes and arrows, the data flowing down, branches side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

from kit.plots.figure_text import plain, shorten
from kit.plots.networks.network_folding import fold
from kit.plots.networks.network_layout import LANE, Edge, Layout, layout

Node = tuple[str, str, str]
Point = tuple[float, float]

WIDTH, HEIGHT = 2.35, 0.84  # inches, a box and its gap: room for four lines of 40 letters
GAP_X, GAP_Y = 0.2, 0.26
LEADING = 0.125  # inches from line to line
MARGIN = 0.15
GUTTER = 0.3  # inches between two parts
ASIDE = 0.1  # inches from the middle of a box's side to where a lane begins or ends
BEND = 0.08  # inches, radius of a lane's corners
FOLDED_FROM = 60  # boxes; one long column of fewer is easier to read than several
FILL = {  # light enough for black text, and told apart without colour vision by their lightness
    "Conv2D": "#cfe2f3",
    "DepthwiseConv2D": "#cfe2f3",
    "SeparableConv2D": "#cfe2f3",
    "Dense": "#f9d9b8",
    "MaxPooling2D": "#e3efd8",
    "AveragePooling2D": "#e3efd8",
    "GlobalAveragePooling2D": "#e3efd8",
    "GlobalMaxPooling2D": "#e3efd8",
    "InputLayer": "#ffffff",
}
OTHER = "#f0f0f0"
LINE = "#555555"
SKIP = "#a33b00"  # of connections that skip layers


def network(nodes: Sequence[Node], edges: Sequence[Edge]) -> Figure:
    """Draw a network.

    A connection that skips layers runs beside them, in another colour. A network of more than 60
    boxes is cut into parts that stand side by side; each begins with the box that the one before
    it ends with, dashed.

    Args:
        nodes: ``(name, text, kind)`` in the order of the data, the text in up to three lines. The
            kind, a Keras class such as ``"Conv2D"``, chooses the colour.
        edges: ``(from, to)`` between names, each from an earlier node to a later one.

    Returns:
        A figure that is as large as the network needs, its boxes' text in 7 points.
    """
    plan = layout([name for name, _, _ in nodes], edges)
    parts: list[_Part] = []
    left = MARGIN
    for first, last in fold(plan, (WIDTH, HEIGHT), FOLDED_FROM):
        parts.append(_part(plan, edges, first, last, left))
        left = parts[-1].right + GUTTER
    right = parts[-1].right + MARGIN
    bottom = 2 * MARGIN + HEIGHT * (1 + max(part.last - part.first for part in parts))
    figure = Figure(figsize=(right, bottom), dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, right)
    axes.set_ylim(bottom, 0)  # downwards, as the data
    for part in parts:
        for node in nodes:
            if node[0] in part.centres:
                again = part is not parts[0] and plan.places[node[0]][1] == part.first
                _box(axes, part.centres[node[0]], node, again)
    for part in parts:
        for edge, lane in part.edges.items():
            _connection(axes, part.centres, edge, lane, edge in plan.around)
    for one, other in pairwise(parts):
        _continuation(axes, one, other)
    return figure


@dataclass(frozen=True)
class _Part:
    """Some ranks of the network: centres of boxes and lanes in inches."""

    first: int
    last: int
    centres: Mapping[str, Point]
    edges: Mapping[Edge, float | None]
    right: float


def _part(plan: Layout, edges: Sequence[Edge], first: int, last: int, left: float) -> _Part:
    inside = {name: x for name, (x, rank) in plan.places.items() if first <= rank <= last}
    here = [edge for edge in edges if edge[0] in inside and edge[1] in inside]
    lanes = {edge: plan.lanes[edge] for edge in here if edge in plan.lanes}
    low = min(inside.values(), default=0) - 0.5
    high = max([x + 0.5 for x in inside.values()] + [x + LANE for x in lanes.values()], default=0.5)

    def across(x: float) -> float:
        return left + (x - low) * WIDTH

    def down(name: str) -> float:
        return MARGIN + (plan.places[name][1] - first + 0.5) * HEIGHT

    return _Part(
        first,
        last,
        {name: (across(x), down(name)) for name, x in inside.items()},
        {edge: across(lanes[edge]) if edge in lanes else None for edge in here},
        across(high),
    )


def _box(axes: Axes, centre: Point, node: Node, again: bool) -> None:
    name, text, kind = node
    width, height = WIDTH - GAP_X, HEIGHT - GAP_Y
    patch = FancyBboxPatch(
        (centre[0] - width / 2, centre[1] - height / 2),
        width,
        height,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=FILL.get(kind, OTHER),
        edgecolor=LINE,
        linestyle="--" if again else "-",
    )
    axes.add_patch(patch)
    lines = [shorten(name, 34), *(shorten(line, 40) for line in text.split("\n"))]
    top = centre[1] - (len(lines) - 1) / 2 * LEADING
    for number, line in enumerate(lines):
        axes.text(
            centre[0],
            top + number * LEADING,
            line,
            fontweight="bold" if number == 0 else "normal",
            ha="center",
            va="center",
            **plain(7),
        )


def _connection(
    axes: Axes, centres: Mapping[str, Point], edge: Edge, lane: float | None, around: bool
) -> None:
    """Draw one arrow, through no box."""
    (x, y), (end_x, end_y) = (centres[name] for name in edge)
    half, side = (HEIGHT - GAP_Y) / 2, (WIDTH - GAP_X) / 2
    gap = end_y - half - GAP_Y  # above the target
    if lane is None:  # down the source's column, then across
        turn = gap + GAP_Y / 2
        way = [(x, y + half), (x, turn), (end_x, turn), (end_x, end_y - half)]
        _arrow(axes, way, LINE)
    elif around:  # other boxes may stand beside the two: down first, then across in the gaps
        out, turn = y + half + GAP_Y / 3, gap + GAP_Y / 3
        way = [(x, y + half), (x, out), (lane, out), (lane, turn), (end_x, turn)]
        _arrow(axes, [*way, (end_x, end_y - half)], SKIP)
    else:
        way = [(x + side, y + ASIDE), (lane, y + ASIDE), (lane, end_y - ASIDE)]
        _arrow(axes, [*way, (end_x + side, end_y - ASIDE)], SKIP)


def _continuation(axes: Axes, one: _Part, other: _Part) -> None:
    """Lead from the last box of a part to the same box at the head of the next one."""
    (name,) = one.centres.keys() & other.centres.keys()
    (x, y), (end_x, end_y) = one.centres[name], other.centres[name]
    side = (WIDTH - GAP_X) / 2
    middle = one.right + GUTTER / 2
    way = [(x + side, y), (middle, y), (middle, end_y), (end_x - side, end_y)]
    _arrow(axes, way, LINE, "--")


def _arrow(axes: Axes, way: Sequence[Point], colour: str, style: str = "-") -> None:
    arrow = FancyArrowPatch(
        path=_rounded(way),
        arrowstyle="-|>",
        mutation_scale=7,
        facecolor=colour,
        edgecolor=colour,
        linewidth=1.4 if colour == SKIP else 1,
        linestyle=style,
    )
    axes.add_patch(arrow)


def _rounded(way: Sequence[Point]) -> Path:
    """Return a path along a way of right angles, its corners rounded."""
    points, codes = [way[0]], [Path.MOVETO]
    for before, corner, after in zip(way, way[1:], way[2:], strict=False):
        points += [_towards(corner, before), corner, _towards(corner, after)]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    return Path([*points, way[-1]], [*codes, Path.LINETO])


def _towards(corner: Point, other: Point) -> Point:
    distance = abs(other[0] - corner[0]) + abs(other[1] - corner[1])
    share = min(BEND, distance / 2) / distance if distance else 0
    return tuple(c + share * (o - c) for c, o in zip(corner, other, strict=True))  # type: ignore[return-value]
