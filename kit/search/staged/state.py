"""What a search is, what is known of its trials, and where it stands."""

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kit.search.plans import Plan
from kit.search.space import Space
from kit.search.staged.ranges import Edge
from kit.search.staged.trial_ranking import Chance
from kit.search.trials import Job, Outcome, Trial


@dataclass(frozen=True)
class Settings:
    """What a search is, fixed before its first trial.

    Attributes:
        space: The ranges as given.
        plan: Its stages.
        objective: The column of the trials' rows that ranks them.
        seed: Of the values and of the trials; finalists have the seeds after it.
        chance: What guessing scores; None where that is not known.
    """

    space: Space
    plan: Plan
    objective: str = "val_accuracy"
    seed: int = 42
    chance: Chance | None = None

    @property
    def images(self) -> float:
        """Return how many images tell as much of a trial's scores; 0 where that is not known."""
        return 0 if self.chance is None else self.chance.worth


@dataclass(frozen=True)
class Facts:
    """What is known of a trial that was at least begun.

    Attributes:
        values: Setting -> value, as it was trained.
        seed: As it was trained.
        rows: Of the epochs of all jobs that ended.
        infeasible: Why it is; empty where it is not.
        failed: Why it failed; empty where it did not.
        until: The epochs that the job should have reached in which it became infeasible or failed.
    """

    values: Mapping[str, Any]
    seed: int
    rows: tuple[Mapping[str, float], ...] = ()
    infeasible: str = ""
    failed: str = ""
    until: int = 0

    def belong(self, to: Trial | Job) -> bool:
        """Tell whether they are of this training.

        Where a time limit ended the stages, the finalists have numbers that other trials have once
        the stages go on.
        """
        return self.seed == to.seed and dict(self.values) == dict(to.values)

    def after(self, job: Job, outcome: Outcome, objective: str) -> "Facts":
        """Return what is known after one more job of this trial."""
        new = {int(row["epoch"]): row for row in outcome.rows if row["epoch"] <= job.last}
        rows = list(self.rows)
        while len(rows) + 1 in new:
            rows.append(new[len(rows) + 1])
        infeasible, failed = outcome.infeasible, outcome.failed
        if not infeasible and not failed:
            infeasible, failed = unusable(rows[len(self.rows) :], objective)
        if not infeasible and not failed and len(rows) < job.last:
            failed = f"epoch {len(rows) + 1} was not reported"
        until = job.last if infeasible or failed else 0
        return Facts(self.values, self.seed, tuple(rows), infeasible, failed, until)


def unusable(rows: Iterable[Mapping[str, float]], objective: str) -> tuple[str, str]:
    """Return why these epochs make a trial infeasible, and why they make it a failure, if so."""
    for row in rows:
        if objective not in row:
            return "", f"{objective} was not reported in epoch {row['epoch']:.0f}"
        for name in (objective, "loss", "data_loss", "val_loss", "val_data_loss"):
            if not math.isfinite(row.get(name, 0.0)):
                return f"{name} became {row[name]} in epoch {row['epoch']:.0f}", ""
    return "", ""


@dataclass(frozen=True)
class Group:
    """The trials of one stage, those in extended ranges among them.

    Attributes:
        number: From 1; the finalists have the number after the last stage.
        spaces: Where its trials were drawn from: one, and one more for each extension.
        trials: Numbers.
        edges: Where best values lay at the edge of a range.
        infeasible: Share of its trials.
        at_chance: Whether none scored above guessing.
        closed: Whether all of it is done.
    """

    number: int
    spaces: tuple[Space, ...]
    trials: tuple[int, ...]
    edges: tuple[Edge, ...] = ()
    infeasible: float = 0.0
    at_chance: bool = False
    closed: bool = False


@dataclass(frozen=True)
class Finalist:
    """One of the best settings, trained again from several starts; or one trial, where none was.

    Attributes:
        values: Setting -> value.
        scores: The objective of each training that is complete, in the epoch that is kept.
        kept: That epoch of each.
        epochs: What the schedule runs over.
        diverged: How many of its trainings were infeasible.
    """

    values: Mapping[str, Any]
    scores: tuple[float, ...]
    kept: tuple[int, ...] = ()
    epochs: int = 0
    diverged: int = 0

    @property
    def mean(self) -> float:
        """Return the mean of its scores."""
        return statistics.fmean(self.scores)

    @property
    def epoch(self) -> int:
        """Return the epoch to train to: the median of those that were kept."""
        return round(statistics.median(self.kept))


@dataclass(frozen=True)
class State:
    """Where a search stands.

    Attributes:
        trials: All that were drawn so far, by number.
        groups: The stages so far, and the finalists.
        finalists: The best settings, best first as far as they are trained.
        jobs: What can be trained now; among them what is being trained.
        done: Whether nothing is left to be trained.
        epochs_left: How many epochs are, at most, as far as it can be foreseen.
        outer: The space as far as it was extended.
        whole: Whether the plan was gone through; False where a limit ended it.
    """

    trials: tuple[Trial, ...]
    groups: tuple[Group, ...]
    finalists: tuple[Finalist, ...]
    jobs: tuple[Job, ...]
    done: bool
    epochs_left: float
    outer: Space
    whole: bool
