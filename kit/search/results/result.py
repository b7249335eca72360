"""What a search gives: a table, the best settings, sentences, files."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from kit.search.results import trial_tables
from kit.search.results.search_figures import figures
from kit.search.results.search_findings import Findings
from kit.search.results.search_sentences import sentences
from kit.search.searching import Search
from kit.search.space import Choices, Parameter, Range, Space
from kit.search.staged.state import Finalist, Group, State
from kit.setting_names import said

TRIALS, CURVES = "trials.csv", "curves.csv"


@dataclass(frozen=True)
class Result:
    """What a search gives.

    Attributes:
        table: One row per trial, as in ``trials.csv``.
        findings: The facts behind the sentences.
        finished: Whether the whole plan was gone through.
    """

    table: pd.DataFrame
    findings: Findings
    finished: bool

    @property
    def best(self) -> Finalist | None:
        """Return the settings that the search names; None where no trial was feasible."""
        return self.findings.best

    @property
    def sentences(self) -> list[str]:
        """Say what was found, how sure it is and what to try next."""
        return [said(sentence) for sentence in sentences(self.findings)]

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
        finalists=tuple(one for one in state.finalists if one.scores),
        chance=settings.chance,
        extensions=tuple(edge for group in state.groups for edge in group.edges),
        ended=ended or _early(state),
    )
    return Result(
        table=trial_tables.table(state.trials, settings.space, settings.objective),
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


def _early(state: State) -> str:
    if state.done and not state.whole:
        return "the time limit"
    return "" if state.done else "an interruption"


def _union(group: Group) -> Space:
    return tuple(_joined(same) for same in zip(*group.spaces, strict=True))


def _joined(same: Sequence[Parameter]) -> Parameter:
    first = same[0]
    if isinstance(first, Choices):
        return first
    ranges = [one for one in same if isinstance(one, Range)]
    low, high = min(one.low for one in ranges), max(one.high for one in ranges)
    return dataclasses.replace(first, low=low, high=high)
