"""A network as boxes and arrows, the data flowing down, branches side by side."""

from collections.abc import Mapping, Sequence
from functools import partial

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path

__all__ = ["network"]

Node = tuple[str, str, str]
Edge = tuple[str, str]
Place = tuple[float, int]
Point = tuple[float, float]
Links = Mapping[str, Sequence[str]]

WIDTH, HEIGHT = 2.35, 0.84  # inches, a box and its gap: room for four lines of 40 letters
GAP_X, GAP_Y = 0.2, 0.26
LEADING = 0.125  # inches from line to line
MARGIN = 0.15
FILL = {  # light enough for black text, and told apart without colour vision by their lightness
    "Conv2D": "#cfe2f3",
    "Dense": "#f9d9b8",
    "MaxPooling2D": "#e3efd8",
    "AveragePooling2D": "#e3efd8",
    "GlobalAveragePooling2D": "#e3efd8",
    "InputLayer": "#ffffff",
}
OTHER = "#f0f0f0"
LINE = "#555555"


def network(nodes: Sequence[Node], edges: Sequence[Edge]) -> Figure:
    """Draw a network.

    Args:
        nodes: ``(name, text, kind)`` in the order of the data, the text in up to three lines. The
            kind, a Keras class such as ``"Conv2D"``, chooses the colour.
        edges: ``(from, to)`` between names, each from an earlier node to a later one.

    Returns:
        A figure that is as large as the network needs, its boxes' text in 7 points.
    """
    places = layout([name for name, _, _ in nodes], edges)
    columns = [x for x, _ in places.values()]
    left, right = min(columns, default=0), max(columns, default=0)
    depth = 1 + max((rank for _, rank in places.values()), default=0)
    size = ((right - left + 1) * WIDTH + 2 * MARGIN, depth * HEIGHT + 2 * MARGIN)
    figure = Figure(figsize=size, dpi=100)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, size[0])
    axes.set_ylim(size[1], 0)  # downwards, as the data
    centres = {
        name: (MARGIN + (x - left + 0.5) * WIDTH, MARGIN + (rank + 0.5) * HEIGHT)
        for name, (x, rank) in places.items()
    }
    for name, text, kind in nodes:
        _box(axes, centres[name], name, text, FILL.get(kind, OTHER))
    for source, target in edges:
        _arrow(axes, centres[source], centres[target])
    return figure


def layout(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, Place]:
    """Return where each node stands.

    Args:
        names: In the order of the data.
        edges: ``(from, to)`` between names, each from an earlier node to a later one.

    Returns:
        ``(x, rank)`` by name. The rank is the length of the longest way to the node, so that an
        arrow always points down; ``x`` counts boxes from the middle. A branch keeps its column.
    """
    sources: dict[str, list[str]] = {name: [] for name in names}
    targets: dict[str, list[str]] = {name: [] for name in names}
    for source, target in edges:
        sources[target].append(source)
        targets[source].append(target)
    places: dict[str, Place] = {}
    for name in names:
        rank = 1 + max((places[source][1] for source in sources[name]), default=-1)
        column = sum(places[source][0] for source in sources[name]) / max(1, len(sources[name]))
        if len(sources[name]) == 1:
            branches = sorted(targets[sources[name][0]], key=partial(_arrival, sources, targets))
            column += branches.index(name) - (len(branches) - 1) / 2
        places[name] = (column, rank)
    return places


def _arrival(sources: Links, targets: Links, name: str) -> int:
    """Return the place of the branch that starts at ``name`` among those that join where it ends.

    The order in which branches are joined is the order that the network's author thinks in.
    """
    while len(targets[name]) == 1:
        (following,) = targets[name]
        if len(sources[following]) > 1:
            return sources[following].index(name)
        name = following
    return 0


def _box(axes: Axes, centre: Point, name: str, text: str, fill: str) -> None:
    width, height = WIDTH - GAP_X, HEIGHT - GAP_Y
    corner = (centre[0] - width / 2, centre[1] - height / 2)
    shape = "round,pad=0,rounding_size=0.06"
    axes.add_patch(
        FancyBboxPatch(corner, width, height, boxstyle=shape, facecolor=fill, edgecolor=LINE)
    )
    lines = [name, *text.split("\n")]
    top = centre[1] - (len(lines) - 1) / 2 * LEADING
    for number, line in enumerate(lines):
        axes.text(
            centre[0],
            top + number * LEADING,
            line,
            fontsize=7,
            fontweight="bold" if number == 0 else "normal",
            ha="center",
            va="center",
            parse_math=False,  # a name may hold a dollar sign
        )


def _arrow(axes: Axes, source: Point, target: Point) -> None:
    """Go down the source's column, and across in the gap above the target: through no box."""
    half = (HEIGHT - GAP_Y) / 2
    start, end = source[1] + half, target[1] - half
    turn = end - GAP_Y / 2
    way = [(source[0], start), (source[0], turn), (target[0], turn), (target[0], end)]
    arrow = FancyArrowPatch(
        path=Path(way), arrowstyle="-|>", mutation_scale=7, facecolor=LINE, edgecolor=LINE
    )
    arrow.set_joinstyle("round")
    axes.add_patch(arrow)
