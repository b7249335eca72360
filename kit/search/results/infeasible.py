"""What is said of the infeasible trials of a search, and where they lie."""

import collections
import math
import re
from collections.abc import Sequence

from kit.progress import clean
from kit.search.results.search_findings import Findings
from kit.search.space import Choices
from kit.search.trials import Trial
from kit.search.words import value_text

FEW = 3  # trials: of fewer, a limit is not named
LUCK = 0.01  # chance that so many infeasible trials lie beyond one value without a reason


def told(findings: Findings) -> list[str]:
    """Say how many trials were infeasible, and where they lie; nothing where none was."""
    bad, tried = len(findings.infeasible), len(findings.tried)
    if not bad:
        return []
    where = [clean(text) for text in limits(findings)[:2]]
    verb = "was" if bad == 1 else "were"
    text = f"{bad} of {tried} trials {verb} infeasible"
    if where:
        text += f", among them every one with {' and every one with '.join(where)}"
    if findings.lost:
        if 2 * bad <= tried:
            first = [one for one in findings.tried if one.stage == 1]
            mine = sum(one.stage == 1 for one in findings.infeasible)
            text += f", and {mine} of the {len(first)} of stage 1"
        text += ": more than half, so the range or the set-up is wrong"
    return [f"{text}."]


def nothing_left(findings: Findings) -> str:
    """Say that no trial can be used, and the most frequent reasons."""
    kinds = collections.Counter(_kind(one.reason) for one in findings.infeasible if one.reason)
    most = "; ".join(f"{count} x {kind}" for kind, count in kinds.most_common(2))
    trials = "1 trial" if len(findings.tried) == 1 else f"{len(findings.tried)} trials"
    text = f"There is no feasible trial among {trials}"
    return f"{text} ({most})." if most else f"{text}."


def _kind(reason: str) -> str:
    """Return a reason without its numbers, by which equal ones are counted."""
    return re.sub(r"[-+]?\d+(\.\d+)?(e[-+]?\d+)?", "...", clean(reason))


def limits(findings: Findings) -> list[str]:
    """Return where the infeasible trials lie: "learning_rate above 0.3", the clearest first.

    Beyond such a value there are only infeasible trials, at least half of all of them, and more
    than chance puts there.
    """
    found: list[tuple[int, str]] = []
    for parameter in findings.space:
        name = parameter.name
        tried = [one for one in findings.tried if one.values.get(name) is not None]
        if isinstance(parameter, Choices):
            texts = {value_text(one.values[name]) for one in tried}
            sides = [(f"{name} {text}", _with(tried, name, text)) for text in sorted(texts)]
        else:
            sides = _sides(tried, name)
        bad = sum(one.status in ("infeasible", "failed") for one in tried)
        for text, count in sides:
            if count >= max(FEW, bad / 2) and math.comb(bad, count) <= LUCK * math.comb(
                len(tried), count
            ):
                found.append((count, text))
    return [text for _, text in sorted(found, reverse=True)]


def _with(trials: Sequence[Trial], name: str, text: str) -> int:
    """Return how many trials have a choice, 0 if one of them is feasible."""
    mine = [one for one in trials if value_text(one.values[name]) == text]
    return 0 if any(one.feasible for one in mine) else len(mine)


def _sides(trials: Sequence[Trial], name: str) -> list[tuple[str, int]]:
    """Return what lies beyond all feasible trials, and how many trials."""
    good = [one.values[name] for one in trials if one.feasible]
    if not good:
        return []
    low, high = min(good), max(good)
    return [
        (f"{name} above {value_text(high)}", sum(one.values[name] > high for one in trials)),
        (f"{name} below {value_text(low)}", sum(one.values[name] < low for one in trials)),
    ]
