"""What a search gives: a table, the best settings, sentences, files."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from kit.search.results import trial_tables
from kit.search.results.search_figures import figures
from kit.search.results.search_findings import Entrant, Extension, Findings
from kit.search.results.search_sentences import sentences
from kit.search.searching import Search
from kit.search.space import Choices, Parameter, Range, Space
from kit.search.staged.state import Group, State

TRIALS, CURVES = "trials.csv", "curves.csv"


@dataclass(frozen=True)
class Best:
    """The settings that a search names.

    Attributes:
        values: Setting -> value.
        epoch: The one that is kept; the median over the finalist's starts.
        epochs: What the schedule ran over.
        scores: The objective of each start in the epoch that is kept; of one trial where there
            were no finalists.
        trials: Numbers of these trials.
    """

    values: dict[str, Any]
    epoch: int
    epochs: int
    scores: tuple[float, ...]
    trials: tuple[int, ...]


@dataclass(frozen=True)
class Result:
    """What a search gives.

    Attributes:
        table: One row per trial, as in ``trials.csv``.
        best: The winner; None where no trial was feasible.
        findings: The facts behind the sentences.
        finished: Whether the whole plan was gone through.
    """

    table: pd.DataFrame
    best: Best | None
    findings: Findings
    finished: bool

    @property
    def sentences(self) -> list[str]:
        """Say what was found, how sure it is and what to try next."""
        return sentences(self.findings)

    def with_test(self, test: float | None, images: int, use_validation: bool) -> "Result":
        """Return it with the score of the last model on the test split."""
        findings = dataclasses.replace(
            self.findings, test=test, test_images=images, use_validation=use_validation
        )
        return dataclasses.replace(self, findings=findings)


def result(search: Search, ended: str = "") -> Result:
    """Return what is known of a search, whether it is over or not.

    Args:
        search: In the process that gives out its jobs.
        ended: What ended it early; found out where it is left empty.
    """
    state, settings = search.state, search.settings
    findings = Findings(
        objective=settings.objective,
        space=settings.space,
        stages=tuple(
            _union(group) for group in state.groups if group.number <= len(settings.plan.stages)
        ),
        trials=state.trials,
        finalists=tuple(
            Entrant(one.values, (*one.scores, *[math.nan] * one.diverged))
            for one in state.finalists
            if one.scores
        ),
        images=0 if settings.chance is None else settings.chance.images,
        baseline=float("nan") if settings.chance is None else settings.chance.score,
        baseline_error=None if settings.chance is None else settings.chance.error,
        extensions=tuple(_extensions(state.groups)),
        ended=ended or _early(state),
    )
    return Result(
        table=trial_tables.table(state.trials, settings.space, settings.objective),
        best=_best(search, findings),
        findings=findings,
        finished=state.done and state.whole,
    )


def conclude(search: Search, ended: str = "") -> Result:
    """Write ``trials.csv``, the curves and the figures of a search; return what it gives.

    Where they cannot be written, :meth:`Search.check` says so.

    Args:
        search: As for :func:`result`.
        ended: As for :func:`result`.
    """
    found = result(search, ended)
    search.write(lambda: _save(search, found))
    return found


def _save(search: Search, found: Result) -> None:
    trial_tables.save(found.table, search.folder / TRIALS)
    curves = trial_tables.epochs(search.state.trials, search.settings.objective)
    trial_tables.save(curves, search.folder / CURVES)
    from kit import plots  # matplotlib takes a second

    for name, figure in figures(found.findings).items():
        (search.folder / "figures").mkdir(exist_ok=True)
        plots.save(figure, search.folder / "figures" / f"{name}.png")


def _best(search: Search, findings: Findings) -> Best | None:
    objective = search.settings.objective
    for one in search.state.finalists:
        if one.scores:
            done = [n for n in one.trials if search.state.trials[n].status == "complete"]
            epochs = search.settings.plan.epochs
            return Best(dict(one.values), one.best_epoch, epochs, one.scores, tuple(done))
    if findings.best is None:
        return None
    same = [
        trial
        for trial in search.state.trials
        if trial.feasible and trial.values == findings.best.values
    ]
    score = findings.best.scores[0]
    trial = next(one for one in same if one.best(objective)[objective] == score)
    row = trial.best(objective)
    return Best(
        dict(trial.values), int(row["epoch"]), trial.planned, (row[objective],), (trial.number,)
    )


def _early(state: State) -> str:
    if state.done and not state.whole:
        return "the time limit"
    return "" if state.done else "an interruption"


def _extensions(groups: Sequence[Group]) -> list[Extension]:
    return [
        Extension(
            edge.name,
            edge.side,
            edge.end,
            edge.end if edge.to is None else edge.to,
            edge.why,
            edge.still,
        )
        for group in groups
        for edge in group.edges
    ]


def _union(group: Group) -> Space:
    return tuple(_joined(same) for same in zip(*group.spaces, strict=True))


def _joined(same: Sequence[Parameter]) -> Parameter:
    first = same[0]
    if isinstance(first, Choices):
        return first
    ranges = [one for one in same if isinstance(one, Range)]
    low, high = min(one.low for one in ranges), max(one.high for one in ranges)
    return dataclasses.replace(first, low=low, high=high)
