"""What a search found, in plain words: the best, how sure, what mattered, what to try next."""

import math

from kit.evaluation import looks_text
from kit.progress import clean
from kit.search.results import infeasible
from kit.search.results.importance import Importance, importance
from kit.search.results.search_advice import after_nothing, next_steps
from kit.search.results.search_findings import (
    Findings,
    apart,
    hardly_matters,
    interval,
)
from kit.search.space import possible
from kit.search.staged.ranges import Edge
from kit.search.staged.state import Finalist
from kit.search.words import listed, lower_is_better, score_text, settings_text, value_text


def sentences(findings: Findings) -> list[str]:
    """Say what was found and how sure it is; the best first, what to try next last.

    Args:
        findings: Of a search that ended, whatever it found.

    Returns:
        Sentences without control characters.
    """
    if not findings.tried:
        return [*_early(findings), "No trial ended, so there is no result. Allow more time."]
    if findings.best is None:
        return [
            infeasible.nothing_left(findings),
            *_early(findings),
            f"Next: {after_nothing(findings)}",
        ]
    mattered = importance(findings.trials, findings.space, findings.objective)
    return [
        *_best(findings, findings.best),
        *_believed(findings, findings.best),
        *_tested(findings),
        *_ties(findings),
        *_mattered(mattered),
        *_edges(findings),
        *_exhausted(findings),
        *infeasible.told(findings),
        *_early(findings),
        f"Next: {next_steps(findings, mattered)}",
    ]


def _best(findings: Findings, best: Finalist) -> list[str]:
    score = f"{findings.objective} {score_text(best.mean)}"
    if len(best.scores) > 1:
        score += (
            f", the mean of {len(best.scores)} runs with different seeds "
            f"({score_text(min(best.scores))} to {score_text(max(best.scores))})"
        )
    else:
        score += ", from one run"
    if findings.chance is not None:
        score += f", on {_count(findings.chance.images, 'validation image')}"
    told = [f"Best: {settings_text(best.values)}: {clean(score)}."]
    if best.diverged:
        starts = len(best.scores) + best.diverged
        told.append(
            f"It diverged in {best.diverged} of {starts} runs: a lower learning rate is safer."
        )
    return told


def _believed(findings: Findings, best: Finalist) -> list[str]:
    told = []
    if findings.chance is not None and not lower_is_better(findings.objective):
        low, high = interval(best.mean, findings.chance.images)
        words = ""
        if "balanced" in findings.objective:
            words += " at best"  # where classes are small, a few images have a large share
        guess = score_text(findings.chance.score)
        told.append(
            f"The 95 % interval for so many images is{words} {low:.3f} to {high:.3f}; always "
            f"answering the largest class would score {guess}."
        )
    if findings.guessing:
        told.append(
            "This is not clearly better than guessing: nothing shows that anything was learned."
        )
    if findings.looked > 1:
        told.append(
            f"It is the best of {looks_text(findings.epochs, 'trial')} on the same images, so it "
            "is optimistic."
        )
    return told


def _tested(findings: Findings) -> list[str]:
    trained = ["The final model is also trained on the validation images, so they cannot judge it."]
    told = trained if findings.use_validation else []
    if findings.guessing:
        return ["So no winner is trained, and the test part is not used."]
    if findings.test is None:
        why = "There is no test part to show how optimistic it is."
        return told + ([why] if findings.looked > 1 else [])
    text = f"The test part, used only once, gives {score_text(findings.test)}"
    if findings.test_images and 0 <= findings.test <= 1:
        low, high = interval(findings.test, findings.test_images)
        images = _count(findings.test_images, "image")
        text += f" (95 % interval {low:.3f} to {high:.3f}, {images})"
    return [*told, f"{text}: trust this number."]


def _ties(findings: Findings) -> list[str]:
    """Say whether the first finalists differ by more than chance."""
    usable = findings.finalists
    if not usable:
        return ["It was not trained again with other seeds, so luck plays a part."]
    if len(usable) == 1:
        return []
    answers = [apart(usable[0], other) for other in usable[1:]]
    first, second = score_text(usable[0].mean), score_text(usable[1].mean)
    if answers[0] is None:
        return ["Each finalist was trained once, so the difference between them may be luck."]
    if answers[0]:
        return [
            f"The first is better than the second ({first}, {second}) by more than their runs "
            "differ."]  # fmt: skip
    equal = 2 + next((place for place, one in enumerate(answers[1:]) if one), len(answers) - 1)
    others = [settings_text(one.values) for one in usable[1:equal]]
    which = f"The first {'two' if equal == 2 else equal} finalists cannot be told apart"
    scores = ", ".join(score_text(one.mean) for one in usable[:equal])
    return [f"{which} ({scores}: less than their runs differ); equally good: {'; '.join(others)}."]


def _mattered(found: list[Importance]) -> list[str]:
    told = []
    named = [
        f"{clean(one.name)} (explains {one.share:.0%} of the trials' order"
        + (f"; best {one.best})" if one.best else ")")
        for one in found
        if one.verdict == "matters"
    ]
    if named:
        told.append(f"What mattered: {listed(named)}.")
    for verdict, text in (
        ("cannot be told from chance", "Not told apart from chance, in {} trials: {}."),
        ("too few trials", "{} trials are too few to tell whether these mattered: {}."),
    ):
        names = [clean(one.name) for one in found if one.verdict == verdict]
        if names:
            told.append(text.format(found[0].trials, listed(names)))
    return told


def _edges(findings: Findings) -> list[str]:
    told = []
    at_edge = {one.name: side for one, side in findings.at_edge}
    moved: dict[tuple[str, str], list[Edge]] = {}
    for one in findings.extensions:
        if one.to is not None:
            moved.setdefault((one.name, one.side), []).append(one)
    for (name, side), steps in moved.items():
        end = f"the {side} end of {clean(name)}"
        seen = (
            f"No trial learned up to {end}"
            if steps[0].still
            else f"At least half of the best trials were near {end}"
        )
        told.append(
            f"{seen}, so the range was extended from {value_text(steps[0].end)} to "
            f"{value_text(steps[-1].to)}"
            + ("." if name in at_edge or findings.guessing else ", and the best is now inside it.")
        )
    for now, side in findings.at_edge:
        name = clean(now.name)
        value = findings.best.values[now.name] if findings.best else math.nan
        end = value_text(getattr(now, side))
        if hardly_matters(now, side):
            told.append(f"{name} is best at its low end: regularization hardly matters here.")
        else:
            told.append(
                f"The best {name}, {value_text(value)}, is near the limit of the values tried "
                f"({end}). A better one may lie beyond."
            )
    return told


def _exhausted(findings: Findings) -> list[str]:
    count = possible(findings.space)
    return [f"All {count:g} possible combinations of values were tried."] * findings.exhausted


def _early(findings: Findings) -> list[str]:
    return [f"The search ended early: {clean(findings.ended)}."] * bool(findings.ended)


def _count(number: int, noun: str) -> str:
    return f"1 {noun}" if number == 1 else f"{number} {noun}s"
