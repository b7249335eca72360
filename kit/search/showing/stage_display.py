"""What a search tells while it goes: the trials, and what each stage makes of its ranges."""

from collections.abc import Iterator
from contextlib import contextmanager

from kit.search.searching import Search
from kit.search.showing.display import Show
from kit.search.staged.ranges import Edge
from kit.search.staged.state import Group, State
from kit.search.words import value_text

MOST = 0.5  # of a stage's trials infeasible: more, and the range or the set-up is wrong


@contextmanager
def shown(search: Search) -> Iterator[None]:
    """Show a search while it goes, in the process that gives out its jobs."""
    objective = search.settings.objective
    finals = len(search.settings.plan.stages) + 1
    known = search.state
    with Show(objective, totals=search.totals, finals=finals, before=known.trials) as show:

        def look() -> None:
            nonlocal known
            show.totals = search.totals
            show.update(
                search.progress(), search.epochs_left, len(search.running), search.seconds_left
            )
            for line in news(known, search.state, finals):
                show.note(line)
            known = search.state

        search.on_change = look
        try:
            yield
        finally:
            search.on_change = lambda: None


def news(before: State, now: State, finals: int) -> list[str]:
    """Return in sentences what became of the ranges between two looks at a search.

    Args:
        before: As it was.
        now: As it is.
        finals: The number of the finalists' group.
    """
    lines = []
    for place, group in enumerate(now.groups):
        old = before.groups[place] if place < len(before.groups) else None
        seen = 0 if old is None else len(old.edges)
        lines += [f"stage {group.number}: {_edge(edge)}" for edge in group.edges[seen:]]
        if group.closed and (old is None or not old.closed):
            lines += _closed(group)
            following = now.groups[place + 1] if place + 1 < len(now.groups) else None
            if following is not None and following.number < finals:
                lines += _narrowed(group, following)
    return lines


def _edge(edge: Edge) -> str:
    if edge.still:
        said = "no trial learned anything, and none diverged: the learning rate is too low"
    else:
        side = "upper" if edge.side == "high" else "lower"
        low, high = (value_text(edge.near[place]) for place in (0, -1))
        where = f"is {low}" if low == high else f"is from {low} to {high}"
        which = (
            f"{len(edge.near)} of the best {edge.best} trials"
            if edge.best > 1
            else "the best trial"
        )
        said = f"{edge.name} {where} in {which}, near its {side} end, {value_text(edge.end)}"
    if edge.to is None:
        return f"{said}; the range is not extended: {edge.why}."
    return f"{said}; the range is extended to {value_text(edge.to)}."


def _closed(group: Group) -> list[str]:
    lines = []
    if group.infeasible > MOST:
        lines.append(
            f"stage {group.number}: {group.infeasible:.0%} of its trials are infeasible, so the "
            "range or the set-up is wrong."
        )
    if group.at_chance:
        lines.append(f"stage {group.number}: no trial is clearly better than guessing.")
    return lines


def _narrowed(group: Group, following: Group) -> list[str]:
    """Return which ranges the next stage has; nothing where they are as they were."""
    if group.spaces == following.spaces:
        return []
    ranges = ", ".join(str(one) for one in following.spaces[0])
    return [f"stage {following.number} searches {ranges}"]
