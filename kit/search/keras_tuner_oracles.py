"""keras-tuner's own oracles, on the same space and with the same files, for comparison."""

import dataclasses
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras_tuner
from keras_tuner.engine import trial as trials

from kit import files
from kit.errors import SettingError
from kit.search import keras_tuner_files
from kit.search.oracle import KEPT_STATES, SearchOracle
from kit.search.plans import Plan, Stage
from kit.search.records import DAMAGED
from kit.search.staged.state import Facts, Finals, Group, Settings, State
from kit.search.trials import Job, Trial

__all__ = ["OtherOracle"]

PROPOSALS = "proposals.json"
NEVER = 10**9  # failed trials in a row that end a search: here a trial that diverged is one
OURS = "tuner/"  # how the names begin that Hyperband adds to the values


@dataclasses.dataclass(frozen=True)
class Proposal:
    """A trial that the oracle asked for: Hyperband's may go on from another one's epochs."""

    id: str
    values: Mapping[str, Any]
    first: int
    last: int
    past: int | None


class OtherOracle(SearchOracle):
    """Asks an oracle of keras-tuner's for values; everything else is as in our search.

    Its trials are one stage. They are ranked, cut off where they diverge and followed by finalists
    like any. What the oracle proposes depends on what ended when, so with several workers only the
    first batch of values follows from the seed.
    """

    def __init__(
        self, settings: Settings, folder: Path, max_minutes: float | None, name: str
    ) -> None:
        self.inner = _inner(settings, name)
        self.count = _trials(settings.plan, self.inner)
        self.proposals: list[Proposal] = []
        self.over = False
        self._load(folder, settings)
        super().__init__(settings, folder, max_minutes)
        for number, proposal in enumerate(self.proposals):
            self._tell_inner(number, proposal)

    def _looked(self) -> State:
        return _Proposed(self).state()

    def _next(self, tuner_id: str) -> Job | None:
        job = super()._next(tuner_id)
        if job is None and not self.over and self._propose():
            self.state = self._looked()
            job = super()._next(tuner_id)
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

    def _propose(self) -> bool:
        """Ask for the next trial; tell whether there is one, or there will be none."""
        if self._cut() or not self.room:
            return False
        asked = self.inner.create_trial(f"p{len(self.proposals)}")
        if asked.status == trials.TrialStatus.IDLE:
            return False
        self.over = asked.status != trials.TrialStatus.RUNNING
        if not self.over:
            self._take(asked)
        self._save_proposals()
        return True

    def _of(self, number: int) -> Facts | None:
        """Return what is known of a proposed trial."""
        facts, values = self.facts.get(number), self.proposals[number].values
        trial = Trial(number, 1, values, self.settings.seed, self.settings.plan.epochs)
        return facts if facts is not None and facts.belong(trial) else None

    def _take(self, asked: trials.Trial) -> None:
        values = asked.hyperparameters.values
        past = values.get("tuner/trial_id")
        proposal = Proposal(
            asked.trial_id,
            keras_tuner_files.own_values(values, self.settings.space),
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
            states = self.folder / KEPT_STATES
            if (states / f"{proposal.past:04}.npz").is_file():
                shutil.copy(states / f"{proposal.past:04}.npz", states / f"{number:04}.npz")

    def _number_of(self, id_: str) -> int:
        return next(n for n, proposal in enumerate(self.proposals) if proposal.id == id_)

    def _keep(self, number: int, facts: Facts) -> None:
        super()._keep(number, facts)
        if number < len(self.proposals):
            self._tell_inner(number, self.proposals[number])
            self._save_proposals()

    def _tell_inner(self, number: int, proposal: Proposal) -> None:
        """Tell the oracle how a trial ended, once."""
        known, facts = self.inner.trials.get(proposal.id), self._of(number)
        if known is None or known.status != trials.TrialStatus.RUNNING or facts is None:
            return
        if facts.infeasible or facts.failed:
            known.status = trials.TrialStatus.FAILED
        elif len(facts.rows) >= proposal.last:
            trial = Trial(number, 1, {}, 0, proposal.last, facts.rows, images=self.settings.images)
            best = trial.best(self.settings.objective)
            score = {self.settings.objective: best[self.settings.objective]}
            self.inner.update_trial(proposal.id, score, step=int(best["epoch"]))
            known.status = trials.TrialStatus.COMPLETED
        else:
            return
        self.inner.end_trial(known)

    def _sweep(self) -> None:
        """Keep the states: Hyperband may go on from any."""

    def _save_proposals(self) -> None:
        known = {
            "proposals": [dataclasses.asdict(proposal) for proposal in self.proposals],
            "over": self.over,
            "oracle": self.inner.get_state(),
            "trials": [trial.get_state() for trial in self.inner.trials.values()],
        }
        try:
            files.write_text(self.folder / PROPOSALS, json.dumps(known, default=float))
        except OSError as error:
            self.error = f"{self.folder} cannot be written: {error.strerror}."

    def _load(self, folder: Path, settings: Settings) -> None:
        path = folder / PROPOSALS
        if not path.is_file():
            return
        try:
            known = json.loads(path.read_text("utf-8"))
            self.proposals = [Proposal(**proposal) for proposal in known["proposals"]]
            for number, proposal in enumerate(self.proposals):
                _check(proposal, number, settings)
            self.over = bool(known["over"])
            for one in known["trials"]:
                trial = trials.Trial.from_state(one)
                self.inner.trials[trial.trial_id] = trial
            self.inner.set_state(known["oracle"])
        except DAMAGED as error:
            raise SettingError(
                f"{path} is damaged ({error}), and what the oracle proposes next cannot be found "
                "without it. Begin a new search with another output."
            ) from None


class _Proposed(Finals):
    """The trials of an oracle as one stage, and the finalists behind it."""

    def __init__(self, oracle: OtherOracle) -> None:
        states, cut = oracle.folder / KEPT_STATES, oracle._cut()
        super().__init__(oracle.settings, oracle.facts, states, cut, oracle._busy())
        self.oracle = oracle

    def stages(self) -> bool:
        """Take what was proposed so far; tell whether all of it is over."""
        oracle = self.oracle
        closed = oracle.over or not oracle.room
        waiting = []
        for number, proposal in enumerate(self.oracle.proposals):
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
                reason = "the time for the stages was over"
                trial = dataclasses.replace(self.trials[number], status="stopped", reason=reason)
                self.trials[number] = trial
            waiting = [number for number in waiting if number in self.busy]
        group = Group(1, (self.settings.space,), tuple(range(len(self.trials))))
        for number in waiting:
            proposal = self.oracle.proposals[number]
            length = Stage(1, self.plan.epochs)
            self.ask([number], proposal.first, proposal.last, length)
            self.left += proposal.last - proposal.first
        if waiting or not (closed or self.cut):
            self.groups.append(group)
            self.foresee(len(self.plan.stages))
            if not (closed or self.cut):
                self.left += max(0, oracle.count - len(self.trials)) * self.plan.epochs
            return False
        if self.trials:
            self.close(group)
        return True


def _inner(settings: Settings, name: str) -> keras_tuner.Oracle:
    given: dict[str, Any] = {
        "objective": keras_tuner_files.objective_of(settings.objective),
        "hyperparameters": keras_tuner_files.hyperparameters(settings.space),
        "seed": settings.seed + 1,  # keras-tuner replaces 0 by a random one
        "max_consecutive_failed_trials": NEVER,
    }
    count = sum(stage.trials for stage in settings.plan.stages)
    if name == "hyperband":
        made = keras_tuner.oracles.HyperbandOracle(max_epochs=settings.plan.epochs, **given)
    elif name == "bayesian":
        made = keras_tuner.oracles.BayesianOptimizationOracle(max_trials=count, **given)
    else:
        made = keras_tuner.oracles.RandomSearchOracle(max_trials=count, **given)
    made.verbose = 0
    made.save = lambda: None  # its state is in our file
    made._save_trial = lambda trial: None
    return made


def _trials(plan: Plan, inner: keras_tuner.Oracle) -> int:
    """Return how many trials an oracle asks for at most."""
    if isinstance(inner, keras_tuner.oracles.HyperbandOracle):
        brackets = range(inner._get_num_brackets())
        rounds = [(one, turn) for one in brackets for turn in range(inner._get_num_rounds(one))]
        return int(sum(inner._get_size(*each) for each in rounds))
    return sum(stage.trials for stage in plan.stages)


def _check(proposal: Proposal, number: int, settings: Settings) -> None:
    names = {one.name for one in settings.space}
    past, epochs = proposal.past, settings.plan.epochs
    if set(proposal.values) != names or not 0 <= proposal.first < proposal.last <= epochs:
        raise ValueError(f"trial {number} is none of this search")
    if past is not None and past not in range(number):
        raise ValueError(f"trial {number} goes on from one that is not there")
