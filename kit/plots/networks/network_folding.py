"""A long network cut into parts that stand side by side."""

from collections.abc import Sequence
from itertools import pairwise
from math import ceil, log

from kit.plots.networks.network_layout import Layout


def fold(plan: Layout, size: tuple[float, float], most: int) -> list[tuple[int, int]]:
    """Return the first and the last rank of each part of a drawing, side by side.

    A part begins with the node that the one before it ends with.

    Args:
        plan: Of :func:`layout`.
        size: Width and height of a box.
        most: Nodes that are not folded.
    """
    places = plan.places.values()
    last = max((rank for _, rank in places), default=0)
    if len(plan.places) <= most:
        return [(0, last)]
    breadth = 1 + max(x for x, _ in places) - min(x for x, _ in places)
    joints = [plan.places[name][1] for name in plan.trunk]
    best: list[tuple[int, int]] = []
    shape = float("inf")
    for count in range(1, 1 + ceil(last / 4)):
        lengths = range(ceil(last / count), last + 1)
        parts = next(cut for n in lengths if len(cut := _cut(joints, last, n)) <= count)
        height = (1 + max(end - start for start, end in parts)) * size[1]
        distance = abs(log(len(parts) * breadth * size[0] / height))  # from a square
        if distance < shape:
            best, shape = parts, distance
    return best


def _cut(joints: Sequence[int], last: int, length: int) -> list[tuple[int, int]]:
    """Cut ranks at joints into parts of at most ``length``, or longer where there is no joint."""
    cuts = [0]
    for joint, following in pairwise([*joints, last]):
        if following - cuts[-1] > length and joint > cuts[-1]:
            cuts.append(joint)
    return list(pairwise([*cuts, last])) if cuts[-1] < last else [(0, last)]
