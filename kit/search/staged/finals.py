"""The finalists, with which every search ends, and what comes before them in any search."""

import dataclasses
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from kit.search.plans import Stage
from kit.search.staged import trial_ranking
from kit.search.staged.state import Facts, Finalist, Group, Settings, State
from kit.search.trials import Job, Trial


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
            return dataclasses.replace(trial, status="stopped", reason="the time was up")
        return trial

    def _finalist(self, origin: Trial, numbers: Sequence[int]) -> Finalist:
        trials = [self.trials[number] for number in numbers]
        rows = [one.best(self.objective) for one in trials if one.status == "complete"]
        return Finalist(
            origin.values,
            tuple(row[self.objective] for row in rows),
            tuple(int(row["epoch"]) for row in rows),
            self.plan.epochs,
            sum(one.status == "infeasible" for one in trials),
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
