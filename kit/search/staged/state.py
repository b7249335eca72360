"""Where a search stands, as a pure function of its settings and of what its trials gave.

Here are its nouns, and the finalists, with which every search ends.
"""

import dataclasses
import math
import statistics
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kit.search.plans import Plan, Stage
from kit.search.space import Space
from kit.search.staged import trial_ranking
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
    """One of the best settings, trained again.

    Attributes:
        values: Setting -> value.
        origin: Number of the trial that brought it here.
        trials: Numbers of its trainings.
        scores: The objective of each that is complete, in the epoch that is kept.
        epochs: The epoch of each of these.
        diverged: How many of its trainings were infeasible.
    """

    values: Mapping[str, Any]
    origin: int
    trials: tuple[int, ...]
    scores: tuple[float, ...] = ()
    epochs: tuple[int, ...] = ()
    diverged: int = 0

    @property
    def mean(self) -> float:
        """Return the mean of its scores."""
        return statistics.fmean(self.scores)

    @property
    def best_epoch(self) -> int:
        """Return the median of its epochs."""
        return round(statistics.median(self.epochs))


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


class Finals:
    """Goes through a search from its start until something is missing, the finalists last.

    Subclasses say what comes before the finalists.
    """

    def __init__(
        self,
        settings: Settings,
        facts: Mapping[int, Facts],
        cut: int,
        busy: Collection[int],
    ) -> None:
        self.settings, self.facts, self.cut, self.busy = settings, facts, cut, busy
        self.plan, self.objective = settings.plan, settings.objective
        self.trials: list[Trial] = []
        self.groups: list[Group] = []
        self.finalists: list[Finalist] = []
        self.jobs: list[Job] = []
        self.outer = settings.space
        self.whole = True
        self.left = 0.0

    def stages(self) -> bool:
        """Go through what comes before the finalists; tell whether all of it is over."""
        raise NotImplementedError

    def state(self) -> State:
        """Return where the search stands."""
        over = self.stages()
        if over:
            self._finals()
        return State(
            trials=tuple(self.trials),
            groups=tuple(self.groups),
            finalists=tuple(self.finalists),
            jobs=tuple(self.jobs),
            done=over and not self.jobs,
            epochs_left=self.left,
            outer=self.outer,
            whole=self.whole,
        )

    def known(self, number: int, rung: int) -> Trial:
        """Return a trial with what is known of its epochs up to a rung."""
        trial, facts = self.trials[number], self.facts.get(number)
        if facts is None or not facts.belong(trial):
            return trial
        trial = dataclasses.replace(
            trial,
            rows=facts.rows[:rung],
            images=self.settings.images,
        )
        if rung < facts.until:
            return trial
        if facts.infeasible:
            return dataclasses.replace(trial, status="infeasible", reason=facts.infeasible)
        if facts.failed:
            return dataclasses.replace(trial, status="failed", reason=facts.failed)
        return trial

    def ask(self, numbers: Sequence[int], first: int, last: int, stage: Stage) -> None:
        """Add the jobs that train these trials from one epoch to another."""
        for number in numbers:
            trial = self.trials[number]
            self.jobs.append(
                Job(
                    trial=number,
                    values=trial.values,
                    seed=trial.seed,
                    first=min(first, len(trial.rows)),
                    last=last,
                    epochs=stage.epochs,
                    share=stage.share,
                )
            )

    def foresee(self, number: int) -> None:
        """Add the epochs of the stages after this one and of the finalists."""
        later = self.plan.stages[number:]
        self.left += sum(one.cost for one in later)
        self.left += self.plan.finalists * self.plan.seeds * self.plan.epochs

    def close(self, group: Group) -> Group:
        """End a group, with what its trials say of its ranges."""
        trials = [self.trials[number] for number in group.trials]
        bad = sum(trial.status in ("infeasible", "failed") for trial in trials)
        group = dataclasses.replace(
            group,
            infeasible=bad / len(trials),
            at_chance=self.luck(trials),
            closed=True,
        )
        self.groups.append(group)
        return group

    def ranked(self, numbers: Sequence[int]) -> list[Trial]:
        """Return these trials, the best first."""
        trials = [self.trials[number] for number in numbers]
        return trial_ranking.ranked(trials, self.objective, self.settings.chance)

    def luck(self, trials: Sequence[Trial]) -> bool:
        """Tell whether the best of these trials is no better than guessing."""
        return trial_ranking.at_chance(trials, self.objective, self.settings.chance)

    def _finals(self) -> None:
        number, stage = len(self.plan.stages) + 1, Stage(self.plan.seeds, self.plan.epochs)
        missing: list[int] = []
        numbers: list[int] = []
        candidates = list(self._candidates())
        if self.whole and self.groups and self.groups[-1].at_chance:
            candidates = []  # trained in full length they did not learn either
        for origin in candidates:
            first = len(self.trials)
            for start in range(1, self.plan.seeds + 1):
                seed = self.settings.seed + start
                trial = Trial(len(self.trials), number, origin.values, seed, stage.epochs)
                self.trials.append(trial)
                self.trials[-1] = self._final(trial.number, stage.epochs)
            added = tuple(range(first, len(self.trials)))
            missing += [n for n in added if not self.trials[n].ended]
            numbers += added
            self.finalists.append(self._finalist(origin, added))
        if not numbers:
            return
        self.whole = self.whole and not any(self.trials[n].status == "stopped" for n in numbers)
        self.groups.append(Group(number, (self.outer,), tuple(numbers), closed=not missing))
        missing.sort(key=lambda n: (self.trials[n].seed, n))  # each once before any twice
        self.ask(missing, 0, stage.epochs, stage)
        self.left += len(missing) * stage.epochs
        self.finalists.sort(key=self._place)

    def _final(self, number: int, epochs: int) -> Trial:
        """Return a finalist's trial with what is known of it."""
        trial = self.known(number, epochs)
        if trial.ended:
            return trial
        if len(trial.rows) >= epochs:
            return dataclasses.replace(trial, status="complete")
        if self.cut > 1:
            return dataclasses.replace(trial, status="stopped", reason="all time was over")
        return trial

    def _finalist(self, origin: Trial, numbers: Sequence[int]) -> Finalist:
        rows = [
            self.trials[number].best(self.objective)
            for number in numbers
            if self.trials[number].status == "complete"
        ]
        return Finalist(
            origin.values,
            origin.number,
            tuple(numbers),
            tuple(row[self.objective] for row in rows),
            tuple(int(row["epoch"]) for row in rows),
            sum(self.trials[number].status == "infeasible" for number in numbers),
        )

    def _place(self, finalist: Finalist) -> tuple[bool, int, float]:
        """Sort by the starts that diverged, then by the mean; those without a score are last."""
        if not finalist.scores:
            return (True, 0, 0.0)
        mean = finalist.mean if "loss" in self.objective else -finalist.mean
        return (False, finalist.diverged, mean)

    def _candidates(self) -> Iterator[Trial]:
        """Yield the best trials of different values, those of the last stage first."""
        seen: list[Mapping[str, Any]] = []
        for group in reversed(self.groups):
            for trial in self.ranked(group.trials):
                if len(seen) < self.plan.finalists and trial.values not in seen:
                    seen.append(trial.values)
                    yield trial
