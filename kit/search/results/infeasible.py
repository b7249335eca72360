"""Where the infeasible trials of a search lie."""

import math
from collections.abc import Sequence

from kit.search.results.search_findings import Findings
from kit.search.space import Choices
from kit.search.trials import Trial
from kit.search.words import value_text

FEW = 3  # trials: of fewer, a limit is not named
LUCK = 0.01  # chance that so many infeasible trials lie beyond one value without a reason


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
