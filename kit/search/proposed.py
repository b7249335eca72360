"""A search whose values another oracle of keras-tuner proposes, with the same files, to compare."""

import dataclasses
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_tuner.engine.trial import Trial as TunerTrial

from kit import files
from kit.errors import SettingError
from kit.search.plans import Stage
from kit.search.records import DAMAGED
from kit.search.searching import Search
from kit.search.staged.finals import Finals
from kit.search.staged.state import Facts, Group, Settings, State
from kit.search.trials import Job, Trial
from kit.search.tuner.hyperparameters import own_values
from kit.search.tuner.other_oracles import other_oracle, trials_at_most

PROPOSALS = "proposals.json"


@dataclasses.dataclass(frozen=True)
class Proposal:
    """A trial that the oracle asked for: Hyperband's may go on from another one's epochs."""

    id: str
    values: Mapping[str, Any]
    first: int
    last: int
    past: int | None


class ProposedSearch(Search):
    """Asks an oracle of keras-tuner's for values; everything else is as in our search.

    Its trials are one stage. They are ranked, cut off where they diverge and followed by finalists
    like any. What the oracle proposes depends on what ended when, so with several workers only the
    first batch of values follows from the seed.
    """

    def __init__(
        self, settings: Settings, folder: Path, max_minutes: float | None, name: str
    ) -> None:
        self.inner = other_oracle(settings, name)
        self.count = trials_at_most(settings.plan, self.inner)
        self.proposals: list[Proposal] = []
        self.over = False
        self._load(folder)
        super().__init__(settings, folder, max_minutes)
        for number, proposal in enumerate(self.proposals):
            self._tell_inner(number, proposal)

    def look(self) -> State:
        """Return where the search stands by what was proposed and what is known of it."""
        return _Proposed(self).state()

    def next_job(self) -> Job | None:
        """Return a job that nobody has, of a new proposal where the others are in work."""
        job = super().next_job()
        if job is None and not self.over and not self.error and self._propose():
            self.state = self.look()
            job = super().next_job()
        return job

    @property
    def totals(self) -> dict[int, int]:
        """Return stage -> how many trials it has at most."""
        plan = self.settings.plan
        return {1: self.count, len(plan.stages) + 1: plan.finalists * plan.seeds}

    @property
    def room(self) -> bool:
        """Tell whether the limits leave room for one more trial and the finalists."""
        plan = self.settings.plan
        finals, epochs = plan.finalists * plan.seeds, 0
        for number, proposal in enumerate(self.proposals):
            facts = self._of(number)
            ended = facts is not None and (facts.infeasible or facts.failed)
            epochs += (len(facts.rows) if facts and ended else proposal.last) - proposal.first
        epochs += (1 + finals) * plan.epochs
        limits = (plan.max_trials, len(self.proposals) + 1 + finals), (plan.max_epochs, epochs)
        return all(limit is None or needed <= limit for limit, needed in limits)

    def keep(self, number: int, facts: Facts) -> None:
        """Keep what is known of a trial, and tell the oracle."""
        super().keep(number, facts)
        if number < len(self.proposals):
            self._tell_inner(number, self.proposals[number])
            self._save_proposals()

    def sweep(self) -> None:
        """Keep what trainings go on from: Hyperband may go on from any."""

    def _propose(self) -> bool:
        """Ask for the next trial; tell whether there is one, or there will be none."""
        if self.cut or not self.room:
            return False
        asked = self.inner.create_trial(f"p{len(self.proposals)}")
        if asked.status == "IDLE":
            return False
        self.over = asked.status != "RUNNING"
        if not self.over:
            self._add(asked)
        self._save_proposals()
        return True

    def _of(self, number: int) -> Facts | None:
        """Return what is known of a proposed trial."""
        facts, values = self.facts.get(number), self.proposals[number].values
        trial = Trial(number, 1, values, self.settings.seed, self.settings.plan.epochs)
        return facts if facts is not None and facts.belong(trial) else None

    def _add(self, asked: TunerTrial) -> None:
        values = asked.hyperparameters.values
        past = values.get("tuner/trial_id")
        proposal = Proposal(
            asked.trial_id,
            own_values(values, self.settings.space),
            int(values.get("tuner/initial_epoch", 0)),
            int(values.get("tuner/epochs", self.settings.plan.epochs)),
            None if past is None else self._number_of(str(past)),
        )
        self.proposals.append(proposal)
        if proposal.past is not None:
            number = len(self.proposals) - 1
            before = self._of(proposal.past)
            rows = () if before is None else before.rows[: proposal.first]
            free = {"seconds": 0.0, "cpu_seconds": 0.0}  # the other trial has taken that time
            rows = tuple({**row, **free} for row in rows)
            self.facts[number] = Facts(proposal.values, self.settings.seed, rows)
            if (file := self.state_file(proposal.past)).is_file():
                shutil.copy(file, self.state_file(number))

    def _number_of(self, id_: str) -> int:
        return next(n for n, proposal in enumerate(self.proposals) if proposal.id == id_)

    def _tell_inner(self, number: int, proposal: Proposal) -> None:
        """Tell the oracle how a trial ended, once."""
        known, facts = self.inner.trials.get(proposal.id), self._of(number)
        if known is None or known.status != "RUNNING" or facts is None:
            return
        if facts.infeasible or facts.failed:
            known.status = "FAILED"
        elif len(facts.rows) >= proposal.last:
            trial = Trial(number, 1, {}, 0, proposal.last, facts.rows, images=self.settings.images)
            best = trial.best(self.settings.objective)
            score = {self.settings.objective: best[self.settings.objective]}
            self.inner.update_trial(proposal.id, score, step=int(best["epoch"]))
            known.status = "COMPLETED"
        else:
            return
        self.inner.end_trial(known)

    def _save_proposals(self) -> None:
        known = {
            "proposals": [dataclasses.asdict(proposal) for proposal in self.proposals],
            "over": self.over,
            "oracle": self.inner.get_state(),
            "trials": [trial.get_state() for trial in self.inner.trials.values()],
        }
        text = json.dumps(known, default=float)
        self.write(lambda: files.write_text(self.folder / PROPOSALS, text))

    def _load(self, folder: Path) -> None:
        path = folder / PROPOSALS
        if not path.is_file():
            return
        try:
            known = json.loads(path.read_text("utf-8"))
            self.proposals = [Proposal(**proposal) for proposal in known["proposals"]]
            self.over = bool(known["over"])
            for one in known["trials"]:
                trial = TunerTrial.from_state(one)
                self.inner.trials[trial.trial_id] = trial
            self.inner.set_state(known["oracle"])
        except DAMAGED as error:
            raise SettingError(
                f"{path} is damaged ({error}), and the oracle cannot propose the next trial "
                "without it. Start a new search with another output."
            ) from None


class _Proposed(Finals):
    """The trials of an oracle as one stage, and the finalists behind it."""

    def __init__(self, search: ProposedSearch) -> None:
        super().__init__(search.settings, search.facts, search.cut, search.running.keys())
        self.search = search

    def stages(self) -> bool:
        """Take what was proposed so far; tell whether all of it is over."""
        search = self.search
        closed = search.over or not search.room
        waiting = []
        for number, proposal in enumerate(search.proposals):
            trial = Trial(number, 1, proposal.values, self.settings.seed, proposal.last)
            self.trials.append(trial)
            self.trials[-1] = trial = self.known(number, proposal.last)
            if trial.ended:
                continue
            if len(trial.rows) >= proposal.last:
                self.trials[-1] = dataclasses.replace(trial, status="complete")
            else:
                waiting.append(number)
        if self.cut:  # what is being trained is waited for: the ranking may hang on it
            self.whole = closed and not waiting
            for number in set(waiting) - set(self.busy):
                reason = "the time for the stages was up"
                trial = dataclasses.replace(self.trials[number], status="stopped", reason=reason)
                self.trials[number] = trial
            waiting = [number for number in waiting if number in self.busy]
        group = Group(1, (self.settings.space,), tuple(range(len(self.trials))))
        for number in waiting:
            proposal = search.proposals[number]
            length = Stage(1, self.plan.epochs)
            self.ask([number], proposal.first, proposal.last, length)
            self.left += proposal.last - proposal.first
        if waiting or not (closed or self.cut):
            self.groups.append(group)
            self.foresee(len(self.plan.stages))
            if not (closed or self.cut):
                self.left += max(0, search.count - len(self.trials)) * self.plan.epochs
            return False
        if self.trials:
            self.close(group)
        return True
