"""What to try after a search."""

import dataclasses

from kit.progress import clean
from kit.search.results.importance import Importance
from kit.search.results.infeasible import limits
from kit.search.results.search_findings import Findings, apart, hardly_matters, rising
from kit.search.space import Range
from kit.search.words import listed, value_text


def after_nothing(findings: Findings) -> str:
    """Return what to do after a search without one feasible trial."""
    tried = [one for one in findings.infeasible if one.status == "infeasible"]
    rate = next((one for one in findings.space if one.name == "learning_rate"), None)
    failed = len(tried) < len(findings.infeasible)
    if isinstance(rate, Range) and rate.log and not failed:
        lower = dataclasses.replace(rate, low=rate.low / 1000, high=rate.low)
        return (
            f"search lower learning rates, `search={lower}`. If these fail too, the set-up is "
            "wrong: look at the inputs, the initial weights and the first loss."
        )
    return "look at the reasons in the table of trials. The set-up is wrong, not a range."


def next_steps(findings: Findings, mattered: list[Importance]) -> str:
    """Return the next steps after a search that has a result, in one sentence."""
    steps: list[str] = []
    if findings.guessing:
        steps.append("check the set-up (inputs, labels, first loss) before any longer search")
    steps += [_wider(now, side) for now, side in findings.at_edge if not hardly_matters(now, side)]
    if findings.lost and (where := limits(findings)):
        steps.append(f"leave out {clean(where[0])}")
    if findings.ended:
        steps.append("continue the same search (`resume=True`) with a larger budget")
    if rising(findings):
        steps.append("train longer: the best was still improving in its last epochs")
    if any(one.verdict == "too few trials" for one in mattered) and not findings.exhausted:
        steps.append("use more trials, or search fewer settings at a time")
    if steps:
        return "; ".join(steps) + "."
    still = [clean(one.name) for one in mattered if one.verdict == "cannot be told from chance"]
    if still and len(still) < len(mattered):
        return f"leave {listed(still)} at the best value, and search other settings instead."
    if len(findings.finalists) > 1 and not apart(*findings.finalists[:2]):
        return (
            "nothing more from these settings: the best differ only by chance. Other settings, or "
            "more images, may help."
        )
    return "these ranges need no further search; other settings, or more images, may help."


def _wider(now: Range, side: str) -> str:
    if not now.log:
        return f"try {clean(now.name)} beyond {value_text(getattr(now, side))}, if it may go there"
    if side == "low":
        wider = dataclasses.replace(now, low=now.low / 10)
    else:
        wider = dataclasses.replace(now, high=now.high * 10)
    return f"widen the range, `search={clean(wider)}`"
