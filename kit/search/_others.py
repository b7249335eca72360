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
from kit.search import _tuner_files
from kit.search._oracle import KEPT_STATES, SearchOracle
from kit.search._plan import Plan, Stage
from kit.search._state import Facts, Finals, Group, Settings, State
from kit.search._trial import Job, Trial

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
        self.proposals: list[Proposal] = []
        self.over = False
        self._load(folder)
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

    def _propose(self) -> bool:
        """Ask for the next trial; tell whether there is one."""
        limit = self.settings.plan.max_epochs
        spent = sum(len(facts.rows) for facts in self.facts.values())
        if self._cut() or (limit is not None and spent >= limit):
            self.over = True
        else:
            asked = self.inner.create_trial(f"p{len(self.proposals)}")
            if asked.status == trials.TrialStatus.IDLE:
                return False
            self.over = asked.status != trials.TrialStatus.RUNNING
        if self.over:
            self.state = self._looked()
        else:
            self._take(asked)
        self._save_proposals()
        return True

    def _take(self, asked: trials.Trial) -> None:
        values = asked.hyperparameters.values
        past = values.get("tuner/trial_id")
        proposal = Proposal(
            asked.trial_id,
            _tuner_files.own_values(values, self.settings.space),
            int(values.get("tuner/initial_epoch", 0)),
            int(values.get("tuner/epochs", self.settings.plan.epochs)),
            None if past is None else self._number_of(str(past)),
        )
        self.proposals.append(proposal)
        if proposal.past is not None:
            number = len(self.proposals) - 1
            before = self.facts[proposal.past]
            self.facts[number] = Facts(proposal.values, before.rows[: proposal.first])
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
        known, facts = self.inner.trials.get(proposal.id), self.facts.get(number)
        if known is None or known.status != trials.TrialStatus.RUNNING or facts is None:
            return
        if facts.infeasible or facts.failed:
            known.status = trials.TrialStatus.FAILED
        elif len(facts.rows) >= proposal.last:
            best = Trial(number, 1, {}, 0, proposal.last, facts.rows).best(self.settings.objective)
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

    def _load(self, folder: Path) -> None:
        path = folder / PROPOSALS
        if not path.is_file():
            return
        try:
            known = json.loads(path.read_text("utf-8"))
            self.proposals = [Proposal(**proposal) for proposal in known["proposals"]]
            self.over = bool(known["over"])
            for one in known["trials"]:
                trial = trials.Trial.from_state(one)
                self.inner.trials[trial.trial_id] = trial
            self.inner.set_state(known["oracle"])
        except (ValueError, KeyError, TypeError) as error:
            raise SettingError(
                f"{path} is damaged ({error}), and what the oracle proposes next cannot be found "
                "without it. Begin a new search with another output."
            ) from None


class _Proposed(Finals):
    """The trials of an oracle as one stage, and the finalists behind it."""

    def __init__(self, oracle: OtherOracle) -> None:
        cut = oracle._cut()
        super().__init__(oracle.settings, oracle.facts, oracle.folder / KEPT_STATES, cut)
        self.oracle = oracle

    def stages(self) -> bool:
        """Take what was proposed so far; tell whether all of it is over."""
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
        group = Group(1, (self.settings.space,), tuple(range(len(self.trials))))
        for number in waiting:
            proposal = self.oracle.proposals[number]
            length = Stage(1, self.plan.epochs)
            self.ask([number], proposal.first, proposal.last, length)
            self.left += proposal.last - proposal.first
        if waiting or not self.oracle.over:
            self.groups.append(group)
            self.foresee(1)
            return False
        if self.trials:
            self.close(group)
        return True


def _inner(settings: Settings, name: str) -> keras_tuner.Oracle:
    given: dict[str, Any] = {
        "objective": _tuner_files.objective_of(settings.objective),
        "hyperparameters": _tuner_files.hyperparameters(settings.space),
        "seed": settings.seed + 1,  # keras-tuner replaces 0 by a random one
        "max_consecutive_failed_trials": NEVER,
    }
    count = _trials(settings.plan)
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


def _trials(plan: Plan) -> int:
    return sum(stage.trials for stage in plan.stages)
