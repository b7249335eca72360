"""Where to look next: narrower around the best trials, or beyond the edge of a range."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kit.search.space import Choices, Parameter, Range, Space
from kit.search.staged.trial_ranking import RATE, jumped
from kit.search.trials import Trial

OUTER = 0.1  # of a range: where a best value is at the edge
OUTERMOST, WIDEST_EDGE = 4, 0.25  # trials that an edge holds; of a range, that it has at most
ALONE = 0.1  # of a range, to both sides of a best trial that has none beside it
BACK = 0.5  # of a range, that the next one goes beyond where half of the best lie at its end
DECADE = 10.0
EXTENSIONS = 2  # of a range, at most
TOP = 1 / 4  # of its range: where a rate that is too high would diverge
KEEP_LOW = ("l2", "weight_decay")  # are not extended downwards, where a penalty matters less
SLIGHT = 1e-5  # of such a penalty: from here down it hardly matters
Side = Literal["low", "high"]
MOST = {"dropout": 0.9, "label_smoothing": 0.9, "momentum": 0.999}  # where an extension ends


@dataclass(frozen=True)
class Edge:
    """At least half of the best trials lie in the outer part of a range.

    Attributes:
        name: Of the setting.
        side: Where.
        end: The range's end there, as it was.
        to: How far it is extended; None where it is not.
        why: Why not.
        still: Whether it is an edge since no trial learned and none diverged.
        near: The values of those of the best that lie there, the lowest first.
        best: How many are the best.
    """

    name: str
    side: Side
    end: float
    to: float | None
    why: str = ""
    still: bool = False
    near: tuple[float, ...] = ()
    best: int = 0


def zone(among: int | None) -> float:
    """Return which share of a range, at either end, is its edge for so many trials."""
    return OUTER if not among else min(max(OUTER, OUTERMOST / among), WIDEST_EDGE)


def narrowed(space: Space, outer: Space, best: Sequence[Trial], among: int | None = None) -> Space:
    """Return the space around the best trials.

    A range then goes from the lowest to the highest of their values and a margin further: the mean
    distance between them, at least a twentieth of what the range was. Choices lose the values that
    none of the best has.

    Args:
        space: The present one.
        outer: The widest so far, which is not left.
        best: Trials; their order does not matter.
        among: How many trials they are the best of; None for many.
    """
    if not best:
        return space
    return tuple(
        _around(now, widest, [trial.values[now.name] for trial in best], zone(among))
        for now, widest in zip(space, outer, strict=True)
    )


def edges(
    space: Space,
    outer: Space,
    best: Sequence[Trial],
    extensions: Mapping[str, int],
    among: int | None = None,
) -> list[Edge]:
    """Return where at least half of the best trials lie in the outer tenth of a log range.

    Of few trials a tenth has one or two, so that half of the best are hardly ever there, wherever
    the optimum is: of fewer than 40 it is the part that has four, a quarter of the range at most.
    An edge within ``outer`` is none: there, narrowing moves on by itself.

    Args:
        space: The ranges that the trials were drawn from.
        outer: The widest so far.
        best: The best trials.
        extensions: How often each range was extended.
        among: How many trials they are the best of; None for many.
    """
    found = []
    outermost = zone(among)
    for now, widest in zip(space, outer, strict=True):
        if not (isinstance(now, Range) and isinstance(widest, Range) and now.log):
            continue
        if now.integer or not best:
            continue
        values = sorted(trial.values[now.name] for trial in best)
        low = [value for value in values if now.share(value) <= outermost]
        high = [value for value in values if now.share(value) >= 1 - outermost]
        side: Side = "low" if len(low) > len(high) else "high"
        near = tuple(low if side == "low" else high)
        if 2 * len(near) < len(best):
            continue
        if not math.isclose(getattr(now, side), getattr(widest, side), rel_tol=1e-6):
            continue
        edge = _edge(now.name, side, widest, extensions.get(now.name, 0))
        found.append(dataclasses.replace(edge, near=near, best=len(best)))
    return found


def too_low(
    space: Space, outer: Space, trials: Sequence[Trial], extensions: Mapping[str, int]
) -> list[Edge]:
    """Return the upper edge of the learning rate where nothing learns and nothing diverges either.

    A rate at which the loss barely moves is too low (CS231n, "Babysitting the learning process").
    Far below a good one, losses are equal in single precision and rank nothing.

    Args:
        space: The ranges that the trials were drawn from.
        outer: The widest so far.
        trials: Of a stage in which no score is above guessing.
        extensions: How often each range was extended.
    """
    for now, widest in zip(space, outer, strict=True):
        if now.name != RATE or not (isinstance(now, Range) and isinstance(widest, Range)):
            continue
        upper = [trial for trial in trials if now.share(trial.values[RATE]) >= 1 - TOP]
        burst = jumped(trials)
        calm = sum(trial.feasible and trial.number not in burst for trial in upper)
        if now.log and 2 * calm > len(upper):  # the others may have diverged by their penalty
            edge = _edge(RATE, "high", widest, extensions.get(RATE, 0))
            return [dataclasses.replace(edge, still=True)]
    return []


def extended(space: Space, found: Iterable[Edge], *, only_new: bool = False) -> Space:
    """Return the space with the ranges of these edges as far as they are extended.

    Args:
        space: Before the extension.
        found: The edges.
        only_new: Keep of each old range its outer tenth alone.
    """
    further = {edge.name: edge for edge in found if edge.to is not None}
    return tuple(
        _with_end(one, further[one.name], only_new)
        if isinstance(one, Range) and one.name in further
        else one
        for one in space
    )


def _around(now: Parameter, outer: Parameter, values: Sequence[Any], outermost: float) -> Parameter:
    if isinstance(now, Choices):
        kept = tuple(value for value in now.values if value in values)
        return dataclasses.replace(now, values=kept)
    assert isinstance(outer, Range)  # noqa: S101
    shares = sorted(now.share(value) for value in values)
    low, high = shares[0], shares[-1]
    margin = max((high - low) / (len(shares) - 1), 1 / 20) if len(shares) > 1 else ALONE
    # At an end that an earlier stage has set, better ones may lie beyond it.
    half = len(shares) / 2
    below = max(margin, BACK) if sum(one <= outermost for one in shares) >= half else margin
    above = max(margin, BACK) if sum(one >= 1 - outermost for one in shares) >= half else margin
    if now.integer:
        return dataclasses.replace(
            now,
            low=max(outer.low, min(min(values), round(now.at(low - below)))),
            high=min(outer.high, max(max(values), round(now.at(high + above)))),
        )
    lower = max(outer.low, float(f"{now.at(low - below):.4g}"))
    upper = min(outer.high, float(f"{now.at(high + above):.4g}"))
    return dataclasses.replace(now, low=lower, high=upper) if lower < upper else now


def _with_end(parameter: Range, edge: Edge, only_new: bool) -> Range:
    low, high = parameter.low, parameter.high
    if edge.side == "high":
        low, high = parameter.value(1 - OUTER) if only_new else low, edge.to or high
    else:
        low, high = edge.to or low, parameter.value(OUTER) if only_new else high
    return dataclasses.replace(parameter, low=low, high=high)


def _edge(name: str, side: Side, outer: Range, before: int) -> Edge:
    end = outer.low if side == "low" else outer.high
    to = end / DECADE if side == "low" else min(end * DECADE, MOST.get(name, math.inf))
    to, why = float(f"{to:.4g}"), ""
    if side == "low" and name in KEEP_LOW:
        why = f"{name} hardly matters this low" if end <= SLIGHT else "it is not extended downwards"
    elif before >= EXTENSIONS:
        why = f"it was extended {EXTENSIONS} times"
    elif outer.low <= to <= outer.high:
        why = "there are no values beyond"
    return Edge(name, side, end, None if why else to, why)
