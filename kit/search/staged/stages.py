"""From the facts of the trials to the next jobs: stages, rungs, edges, narrowing.

Nothing of this is kept: whoever has the settings and the trials' facts finds the same stages, the
same ranges and the same next jobs. A search that was interrupted goes on by reading the facts.
"""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kit.search.plans import Stage, extension, survivors
from kit.search.space import Space
from kit.search.staged import ranges, trial_ranking
from kit.search.staged.finals import Finals
from kit.search.staged.random_points import draw
from kit.search.staged.state import Facts, Group, Settings, State
from kit.search.staged.trial_ranking import ranked
from kit.search.trials import Trial

ELITES = 2  # of the best of a stage, that the next one trains longer beside new ones


def state(
    settings: Settings,
    facts: Mapping[int, Facts],
    cut: int = 0,
    busy: Collection[int] = (),
) -> State:
    """Return where the search stands.

    Args:
        settings: Of the search.
        facts: Trial number -> what is known of it.
        cut: 0; 1 when the time for the stages is over, so that the finalists follow from what there
            is; 2 when all time is over.
        busy: Numbers of the trials that are being trained.
    """
    return Staged(settings, facts, cut, busy).state()


class Staged(Finals):
    """Goes from stage to stage, each narrower and longer than the one before."""

    def stages(self) -> bool:
        """Go through the stages; tell whether all are over."""
        space, elites = self.settings.space, list[Mapping[str, Any]]()
        self.extensions: dict[str, int] = {}  # setting -> how often its range was extended
        for number, stage in enumerate(self.plan.stages, 1):
            old, seed = elites[: stage.trials // 2], self.settings.seed
            new = draw(space, stage.trials - len(old), seed, len(self.trials), old)
            group = Group(number, (space,), self._added(number, stage, [*old, *new]))
            if not self._trained(group, stage):
                self.foresee(number)
                return False
            while found := self._edges(group, space):
                group = dataclasses.replace(group, edges=(*group.edges, *found))
                if not any(edge.to is not None for edge in found):
                    break
                outside = ranges.extended(space, found, only_new=True)
                space = ranges.extended(space, found)
                self.outer = ranges.extended(self.outer, found)
                more = extension(stage)
                new = draw(outside, more.trials, seed, len(self.trials))
                added = self._added(number, more, new)
                group = dataclasses.replace(
                    group, spaces=(*group.spaces, outside), trials=(*group.trials, *added)
                )
                if not self._trained(group, more, added):
                    self.foresee(number)
                    return False
            group = self.close(group)
            ranking = self.ranked(group.trials)
            if not ranking or not self.whole:
                return True  # nothing to go on from, or no time
            best = trial_ranking.best_of(ranking, self.objective, self.settings.chance)
            around = ranges.narrowed(space, self.outer, best, len(ranking))
            if group.at_chance:  # of the others nothing is known yet
                pairs = zip(around, space, strict=True)
                around = tuple(one if one.name == trial_ranking.RATE else was for one, was in pairs)
            space = around
            elites = [trial.values for trial in ranking[:ELITES]]
        return True

    def _added(
        self, stage: int, length: Stage, points: Sequence[Mapping[str, Any]]
    ) -> tuple[int, ...]:
        """Add trials, with what is known of them; return their numbers."""
        first = len(self.trials)
        for number, values in enumerate(points, first):
            seed, share = self.settings.seed, length.share
            self.trials.append(Trial(number, stage, values, seed, length.epochs, share=share))
        return tuple(range(first, len(self.trials)))

    def _trained(self, group: Group, stage: Stage, numbers: tuple[int, ...] | None = None) -> bool:
        """Go from rung to rung; tell whether all is done, else leave what is to be trained."""
        alive = list(group.trials if numbers is None else numbers)
        missing: list[int] = []
        done = 0
        for rung in (*stage.rungs, stage.epochs):
            for number in alive:
                self.trials[number] = self.known(number, rung)
            alive = [n for n in alive if not self.trials[n].ended]
            missing = [n for n in alive if len(self.trials[n].rows) < rung]
            if missing:
                break
            if rung < stage.epochs:
                alive = self._halved(alive, rung)
            done = rung
        if self.cut:  # what is being trained is waited for: the ranking may hang on it
            self.whole = self.whole and not missing
            late = [] if set(missing) & set(self.busy) else alive
            missing = [n for n in missing if n in self.busy]
            for number in late:
                trial = self.trials[number]
                reason = "the time for the stages was up"
                self.trials[number] = dataclasses.replace(trial, status="stopped", reason=reason)
        for number in alive:
            if len(self.trials[number].rows) == stage.epochs:
                self._complete(number)
        if missing:
            self.groups.append(group)
            target = next(rung for rung in (*stage.rungs, stage.epochs) if rung > done)
            self.ask(missing, done, target, stage)
            self.left += self._rest(alive, missing, target, done, stage)
            return False
        return True

    def _halved(self, alive: Sequence[int], rung: int) -> list[int]:
        """Stop the worse half of the trials at a rung; return who goes on, by number."""
        ranking = ranked([self.trials[n] for n in alive], self.objective, self.settings.chance)
        if not ranking:
            return list(alive)
        kept = survivors(len(alive))
        worst = ranking[kept - 1].best(self.objective)[self.objective]
        for place, trial in enumerate(ranking[kept:], kept + 1):
            value = trial.best(self.objective)[self.objective]
            reason = (
                f"place {place} of {len(alive)} after {rung} epoch{'s' * (rung > 1)}: "
                f"{self.objective} {value:.4g}; the best {kept}, from {worst:.4g} on, continue"
            )
            if value == worst or self.luck([self.trials[n] for n in alive]):
                reason = (
                    f"place {place} of {len(alive)} after {rung} epoch{'s' * (rung > 1)}, by "
                    f"validation loss; the best {kept} continue"
                )
            self.trials[trial.number] = dataclasses.replace(trial, status="stopped", reason=reason)
        return sorted(trial.number for trial in ranking[:kept])

    def _complete(self, number: int) -> None:
        trial = self.trials[number]
        self.trials[number] = dataclasses.replace(trial, status="complete", reason="")

    def _rest(
        self, alive: Sequence[int], missing: Sequence[int], target: int, done: int, stage: Stage
    ) -> float:
        """Return the epochs that this stage still trains, where none is infeasible."""
        total = len(missing) * (target - done) * stage.share
        count, before = len(alive), target
        for rung in (*stage.rungs, stage.epochs):
            if rung > target:
                count = survivors(count)
                total += count * (rung - before) * stage.share
                before = rung
        return total

    def _edges(self, group: Group, space: Space) -> list[ranges.Edge]:
        """Return the edges that the best of a stage lie at and that were not seen before."""
        ranking = self.ranked(group.trials)
        best = trial_ranking.best_of(ranking, self.objective, self.settings.chance)
        trials = [self.trials[number] for number in group.trials]
        hit = ranges.edges(space, self.outer, best, self.extensions, len(ranking))
        if self.luck(trials):
            hit = ranges.too_low(space, self.outer, trials, self.extensions) or hit
        known = {(edge.name, edge.side) for edge in group.edges if edge.to is None}
        found = [edge for edge in hit if (edge.name, edge.side) not in known]
        if any(edge.to is not None for edge in found) and not self._affordable(group):
            why = "the search's limits leave no room"
            found = [dataclasses.replace(edge, to=None, why=edge.why or why) for edge in found]
        for edge in found:
            if edge.to is not None:
                self.extensions[edge.name] = self.extensions.get(edge.name, 0) + 1
        return found

    def _affordable(self, group: Group) -> bool:
        """Tell whether an extension of a stage still leaves room for all that follows."""
        if self.cut:
            return False
        stage, later = extension(self.plan.stages[group.number - 1]), self.plan.stages
        finals = self.plan.finalists * self.plan.seeds
        trials = len(self.trials) + stage.trials + finals
        trials += sum(one.trials for one in later[group.number :])
        spent = sum(trial.epochs for trial in self.trials)
        epochs = spent + stage.cost + finals * self.plan.epochs
        epochs += sum(one.cost for one in later[group.number :])
        limits = (self.plan.max_trials, trials), (self.plan.max_epochs, epochs)
        return all(limit is None or needed <= limit for limit, needed in limits)
