"""Where the boxes of a network stand: pure numbers, nothing is drawn here.

The data flow down. What all data pass through stands in one column, the trunk. Between two boxes of
it, branches stand side by side, each with as much room as its own branches need, and a connection
that skips boxes runs in a lane of its own at the right of all that it passes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

Edge = tuple[str, str]
Place = tuple[float, int]

LANE = 0.16  # width of a lane, in boxes
START, END = "\0start", "\0end"  # before all and behind all; the names of layers hold no "\0"


@dataclass(frozen=True)
class Layout:
    """Where each node stands.

    Attributes:
        places: ``(x, rank)`` by name. The rank is the length of the longest way to the node, so
            that an arrow always points down; ``x`` counts boxes from the middle.
        lanes: ``x`` of connections that would run through boxes, by ``(from, to)``.
        around: Those of them at whose ends a box stands in the way to the side.
        trunk: The nodes that all data pass through, downwards; each is alone in its rank.
    """

    places: dict[str, Place]
    lanes: dict[Edge, float]
    around: frozenset[Edge]
    trunk: tuple[str, ...]


def layout(names: Sequence[str], edges: Sequence[Edge]) -> Layout:
    """Return where each node stands.

    Args:
        names: In the order of the data.
        edges: ``(from, to)`` between names, each from an earlier node to a later one.
    """
    grid = _Grid(names, edges)
    grid.place(START, END, 0.0)
    _separate(grid.columns, grid.ranks)
    places = {name: (grid.columns[name], grid.ranks[name]) for name in names}
    lanes: dict[Edge, float] = {}
    for edge in edges:
        if not _is_free(places, edge):
            lanes[edge] = _outside(places, edge, lanes)
    around = frozenset(edge for edge in lanes if any(_has_right(places, end) for end in edge))
    trunk = [name for name in grid.chain(START, END) if name != START]
    return Layout(places, lanes, around, tuple(trunk))


class _Grid:
    """The graph, and what is found out about it while boxes are placed."""

    def __init__(self, names: Sequence[str], edges: Sequence[Edge]) -> None:
        self.sources: dict[str, list[str]] = {name: [] for name in [START, *names, END]}
        self.targets: dict[str, list[str]] = {name: [] for name in [START, *names, END]}
        self.ranks = {START: -1}
        self.columns: dict[str, float] = {}
        for source, target in edges:
            self._join(source, target)
        for name in names:
            if not self.sources[name]:
                self._join(START, name)
            if not self.targets[name]:
                self._join(name, END)
            self.ranks[name] = 1 + max(self.ranks[source] for source in self.sources[name])
        self._below = {END: 0}  # how many joins follow
        self.meeting = {END: END}  # where all ways from a node first meet again
        for name in [*reversed(names), START]:
            first, *others = self.targets[name] or [END]
            for other in others:
                first = self._meet(first, other)
            self.meeting[name] = first
            self._below[name] = self._below[first] + 1
        self._widths: dict[Edge, float] = {}
        self._owned: dict[Edge, list[str]] = {}
        self._claimed: set[str] = set()

    def chain(self, first: str, stop: str) -> Iterator[str]:
        """Yield the nodes from ``first`` to before ``stop`` that all ways pass through."""
        while first != stop:
            yield first
            first = self.meeting[first]

    def place(self, first: str, stop: str, centre: float) -> None:
        """Put a branch around the column ``centre``."""
        for name in self._own(first, stop):
            self.columns[name] = centre
            end = self.meeting[name]
            branches = self._branches(name)
            widths = [self._width(branch, end) for branch in branches]
            left = centre - sum(widths) / 2
            for branch, width in zip(branches, widths, strict=True):
                self.place(branch, end, left + width / 2)
                left += width

    def _join(self, source: str, target: str) -> None:
        self.targets[source].append(target)
        self.sources[target].append(source)

    def _meet(self, one: str, other: str) -> str:
        while one != other:
            if self._below[one] >= self._below[other]:
                one = self.meeting[one]
            else:
                other = self.meeting[other]
        return one

    def _branches(self, name: str) -> list[str]:
        """Return where branches start, in the order in which they are joined.

        It is the order that the network's author thinks in. What reads several nodes starts a
        branch of the last of them only.
        """
        end = self.meeting[name]
        starts = [
            target
            for target in self.targets[name]
            if target != end and name == max(self.sources[target], key=self.ranks.__getitem__)
        ]

        def arrival(start: str) -> int:
            *_, final = self.chain(start, end)
            return self.sources[end].index(final) if final in self.sources[end] else 0

        return sorted(starts, key=arrival)

    def _own(self, first: str, stop: str) -> list[str]:
        """Return the chain up to what another branch holds already: some branches meet early."""
        if (first, stop) not in self._owned:
            own = []
            for name in self.chain(first, stop):
                if name in self._claimed:
                    break
                own.append(name)
            self._claimed.update(own)
            self._owned[first, stop] = own
        return self._owned[first, stop]

    def _width(self, first: str, stop: str) -> float:
        if (first, stop) not in self._widths:
            widest = 1.0
            for name in self._own(first, stop):
                end = self.meeting[name]
                widest = max(widest, sum(self._width(each, end) for each in self._branches(name)))
            self._widths[first, stop] = widest
        return self._widths[first, stop]


def _separate(columns: dict[str, float], ranks: dict[str, int]) -> None:
    """Push boxes apart that a network of crossing branches would put on one another."""

    def position(name: str) -> tuple[int, float]:
        return ranks[name], columns[name]

    named = sorted((name for name in columns if name not in (START, END)), key=position)
    for _, row in groupby(named, key=lambda name: ranks[name]):
        for left, right in pairwise(list(row)):
            columns[right] = max(columns[right], columns[left] + 1)


def _is_free(places: dict[str, Place], edge: Edge) -> bool:
    """Tell whether a way straight down from the source meets no box before the target's rank."""
    (x, top), (_, bottom) = places[edge[0]], places[edge[1]]
    return not any(top < rank < bottom and abs(column - x) < 1 for column, rank in places.values())


def _has_right(places: dict[str, Place], name: str) -> bool:
    x, rank = places[name]
    return any(row == rank and column > x for column, row in places.values())


def _outside(places: dict[str, Place], edge: Edge, taken: dict[Edge, float]) -> float:
    """Return a lane at the right of all boxes that the connection passes, beside other lanes."""
    (_, top), (_, bottom) = places[edge[0]], places[edge[1]]
    x = max(column for column, rank in places.values() if top <= rank <= bottom) + 0.5 + LANE / 2
    beside = {
        lane
        for (source, target), lane in taken.items()
        if places[source][1] < bottom and top < places[target][1]
    }
    while any(abs(lane - x) < LANE - 1e-9 for lane in beside):
        x += LANE
    return x
