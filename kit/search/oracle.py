"""The oracle: gives workers what to train next, and keeps what they report.

keras-tuner's chief calls these methods, for workers in other processes; a search in one process
calls them itself. Other than keras-tuner's own oracle this one ranks trials itself, never ends a
search for failed trials, knows when a worker is lost, and no call makes it raise: what makes no
sense has no effect. (In keras-tuner an exception leaves the oracle's lock held for ever.)
"""

import dataclasses
import math
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import keras_tuner
from keras_tuner.engine import trial as trials

from kit import progress
from kit.search import keras_tuner_files, records
from kit.search.staged.stages import state
from kit.search.staged.state import Facts, Settings, State
from kit.search.trials import Job, Trial, plain_row
from kit.search.words import listed

__all__ = ["ATTEMPTS", "JOB", "REASON", "SearchOracle"]

JOB, EPOCHS, INITIAL_EPOCH = "tuner/job", "tuner/epochs", "tuner/initial_epoch"
REASON, INFEASIBLE = "tuner/reason", "infeasible: "
ATTEMPTS = 3  # workers lost over one trial, until it counts as failed
HOPELESS = 3  # trials that failed by an error of the program and no other that worked
STAGES, ALL = 0.6, 0.9  # of a time limit: for the stages, and with the finalists
KEPT_STATES = "states"  # folder of what trainings go on from


@dataclasses.dataclass
class _Running:
    job: Job
    rows: dict[int, dict[str, float]]
    since: float


class SearchOracle(keras_tuner.Oracle):
    """Gives out the jobs of a search and takes their results.

    Args:
        settings: Of the search.
        folder: Its folder, which exists; what is in it is gone on from.
        max_minutes: Time from now after which no more jobs begin: 60 % of it are for the stages,
            up to 90 % for the finalists.

    Attributes:
        state: Where the search stands.
        error: Why it cannot go on; empty where it can.
        on_change: Called after every report, without arguments.
    """

    def __init__(self, settings: Settings, folder: Path, max_minutes: float | None = None) -> None:
        super().__init__(
            objective=keras_tuner_files.objective_of(settings.objective),
            hyperparameters=keras_tuner_files.hyperparameters(settings.space),
            max_trials=None,
            seed=settings.seed + 1,  # unused here; keras-tuner replaces 0
        )
        self.verbose = 0
        self.settings, self.folder = settings, folder
        self.error = ""
        self.on_change: Callable[[], None] = lambda: None
        self.extra: dict[str, str] = {}  # what workers are told with the space
        self.clock = time.monotonic
        self._limit = None if max_minutes is None else 60 * max_minutes
        self._started = self.clock()
        self._lock = threading.RLock()
        self._running: dict[str, _Running] = {}
        self._seen: dict[str, float] = {}
        self._last_worker: dict[int, str] = {}
        self._exported: dict[int, tuple[str, int]] = {}
        for name in (records.TRIALS, KEPT_STATES):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.facts = records.load_all(folder, settings.objective)
        self.state = self._looked()
        self._forget_strangers()
        self._export()

    # What workers call.

    def create_trial(self, tuner_id: str) -> trials.Trial:
        """Return the next job of a worker, or IDLE to ask again later, or STOPPED."""
        with self._lock:
            self._seen[tuner_id] = self.clock()
            if tuner_id in self._running:
                return self._as_trial(self._running[tuner_id].job)
            job = None if self.error else self._next(tuner_id)
            if job is not None:
                self._running[tuner_id] = _Running(job, {}, self.clock())
                self._last_worker[job.trial] = tuner_id
                self.on_change()
                return self._as_trial(job)
            if self.finished:
                self._seen.pop(tuner_id, None)
                return self._empty(trials.TrialStatus.STOPPED)
            return self._empty(trials.TrialStatus.IDLE)

    def update_trial(
        self, trial_id: str, metrics: Mapping[str, float], step: int = 0
    ) -> trials.Trial:
        """Take the row of an epoch."""
        with self._lock:
            found = self._job_of(trial_id)
            if found is not None and 1 <= step <= found.job.last:
                found.rows[int(step)] = {"epoch": float(step), **plain_row(metrics)}
                self.on_change()
            return self.get_trial(trial_id)

    def end_trial(self, trial: trials.Trial) -> None:
        """Take the end of a job: COMPLETED, or anything else with the reason in the values."""
        with self._lock:
            found = self._job_of(trial.trial_id)
            if found is None:
                return
            reason = str(trial.hyperparameters.values.get(REASON, ""))
            completed = trial.status == trials.TrialStatus.COMPLETED
            self._end(found, "" if completed else reason or "failed: the worker gave no reason")

    def get_trial(self, trial_id: str) -> trials.Trial:
        """Return what is known of a trial; INVALID where there is no such trial."""
        with self._lock:
            found = self._job_of(trial_id)
            if found is not None:
                return self._as_trial(found.job)
            number = _number(trial_id)
            if number is None or not 0 <= number < len(self.state.trials):
                return self._empty(trials.TrialStatus.INVALID)
            return self._known(self.state.trials[number])

    def get_best_trials(self, num_trials: int = 1) -> list[trials.Trial]:
        """Return the best feasible trials, first those of the finalists, then of later stages."""
        with self._lock:
            falls = "loss" in self.settings.objective
            feasible = [trial for trial in self.state.trials if trial.feasible]

            def place(trial: Trial) -> tuple[float, float]:
                value = trial.best(self.settings.objective)[self.settings.objective]
                return (-trial.stage, value if falls else -value)

            return [self._known(trial) for trial in sorted(feasible, key=place)[:num_trials]]

    def get_space(self) -> keras_tuner.HyperParameters:
        """Return the space as far as it was extended, and what else workers are told."""
        with self._lock:
            space = keras_tuner_files.hyperparameters(self.state.outer)
            for name, text in self.extra.items():
                space.Fixed(name, text)
            return space

    def update_space(self, hyperparameters: keras_tuner.HyperParameters) -> None:
        """Ignore what workers want to add: the space is fixed before the search."""

    # What the chief calls.

    def seen(self, tuner_id: str) -> None:
        """Note that a worker called in."""
        with self._lock:
            if tuner_id in self._seen or tuner_id in self._running:
                self._seen[tuner_id] = self.clock()

    def silent(self, seconds: float) -> list[str]:
        """Return the workers that did not call for so long."""
        with self._lock:
            now = self.clock()
            return [name for name, last in self._seen.items() if now - last > seconds]

    def drop(self, tuner_id: str, why: str) -> Job | None:
        """Forget a worker; return its job, which goes back to be trained by another."""
        with self._lock:
            self._seen.pop(tuner_id, None)
            lost = self._running.pop(tuner_id, None)
            if lost is None:
                return None
            before = self._before(lost.job)
            facts = dataclasses.replace(before, attempts=before.attempts + 1)
            if facts.attempts >= ATTEMPTS:
                failed = f"its worker was lost {facts.attempts} times, at last: {why}"
                facts = dataclasses.replace(facts, failed=failed, until=lost.job.last)
            self._keep(lost.job.trial, facts)
            return lost.job

    def owns(self, tuner_id: str, trial_id: str) -> bool:
        """Tell whether a worker has the job of this trial."""
        with self._lock:
            found = self._running.get(tuner_id)
            return found is not None and found.job.trial == _number(trial_id)

    @property
    def finished(self) -> bool:
        """Tell whether all is done and no more jobs will come."""
        with self._lock:
            return not self._running and (self.state.done or bool(self.error))

    @property
    def workers(self) -> list[str]:
        """Return the workers that asked for work and were not told to stop or dropped."""
        with self._lock:
            return list(self._seen)

    @property
    def at_work(self) -> int:
        """Return how many jobs are being trained."""
        with self._lock:
            return len(self._running)

    @property
    def epochs_left(self) -> float:
        """Return how many epochs are left at most, those reported of running jobs taken off."""
        with self._lock:
            reported = sum(len(one.rows) * one.job.share for one in self._running.values())
            return max(0.0, self.state.epochs_left - reported)

    @property
    def seconds_left(self) -> float:
        """Return how long jobs may still begin; infinity where no time limit was set."""
        if self._limit is None:
            return math.inf
        return max(0.0, ALL * self._limit - (self.clock() - self._started))

    @property
    def totals(self) -> dict[int, int]:
        """Return stage -> how many trials it has; of one to come, where no range is extended."""
        plan = self.settings.plan
        found = {number: stage.trials for number, stage in enumerate(plan.stages, 1)}
        begun = {group.number: len(group.trials) for group in self.state.groups}
        return {**found, len(plan.stages) + 1: plan.finalists * plan.seeds, **begun}

    def remaining_trials(self) -> int:
        """Return how many trials of those known are not at their end."""
        with self._lock:
            return sum(not trial.ended for trial in self.state.trials)

    def progress(self) -> list[Trial]:
        """Return all trials, those in work with the epochs reported so far."""
        with self._lock:
            running = {one.job.trial: one for one in self._running.values()}
            found = []
            for trial in self.state.trials:
                one = running.get(trial.number)
                if one is not None:
                    more = [one.rows[epoch] for epoch in sorted(one.rows)]
                    rows = (*trial.rows, *more[max(0, len(trial.rows) - one.job.first) :])
                    trial = dataclasses.replace(trial, rows=rows, status="running")
                found.append(trial)
            return found

    # What it does itself.

    def _looked(self) -> State:
        states = self.folder / KEPT_STATES
        return state(self.settings, self.facts, states, self._cut(), self._busy())

    def _busy(self) -> set[int]:
        """Return the numbers of the trials that are being trained."""
        return {one.job.trial for one in self._running.values()}

    def _before(self, job: Job) -> Facts:
        """Return what is known of a job's trial from earlier jobs."""
        known = self.facts.get(job.trial)
        if known is not None and known.belong(job):
            return known
        return Facts(job.values, job.seed)

    def _cut(self) -> int:
        if self._limit is None:
            return 0
        used = (self.clock() - self._started) / self._limit
        return (used >= STAGES) + (used >= ALL)

    def _next(self, tuner_id: str) -> Job | None:
        """Return a job that nobody has, first one that this worker's own files can go on with."""
        if self._limit is not None:
            self.state = self._looked()
        taken = self._busy()
        free = [job for job in self.state.jobs if job.trial not in taken]
        own = [job for job in free if self._last_worker.get(job.trial) == tuner_id]
        return next(iter(own or free), None)

    def _job_of(self, trial_id: str) -> _Running | None:
        number = _number(trial_id)
        return next((one for one in self._running.values() if one.job.trial == number), None)

    def _end(self, ended: _Running, reason: str) -> None:
        job = ended.job
        for name, one in list(self._running.items()):
            if one is ended:
                del self._running[name]
        before = self._before(job)
        rows = list(before.rows)
        while len(rows) + 1 in ended.rows:
            rows.append(ended.rows[len(rows) + 1])
        facts = dataclasses.replace(before, rows=tuple(rows))
        attempts = before.attempts + 1
        bad = reason or records.unusable(rows[len(before.rows) :], self.settings.objective)
        if bad.startswith(INFEASIBLE):
            why = bad.removeprefix(INFEASIBLE)
            facts = dataclasses.replace(facts, infeasible=why, until=job.last)
        elif bad:
            why = bad.removeprefix("failed: ")
            facts = dataclasses.replace(facts, failed=why, until=job.last)
        elif len(rows) < job.last:
            missing = f"epoch {len(rows) + 1} was not reported" if attempts >= ATTEMPTS else ""
            facts = dataclasses.replace(
                facts, failed=missing, until=job.last if missing else 0, attempts=attempts
            )
        self._keep(job.trial, facts)

    def _keep(self, number: int, facts: Facts) -> None:
        """Keep what is known of a trial, find where the search stands now, and write both."""
        self.facts[number] = facts
        try:
            records.save(self.folder, number, facts)
        except OSError as error:
            self.error = f"{self.folder} cannot be written: {error.strerror}. Nothing is lost; "
            self.error += "make room and go on with --resume."
        self._give_up()
        self.state = self._looked()
        self._sweep()
        self._export()
        self.on_change()

    def _give_up(self) -> None:
        """End a search of which nothing works."""
        failed = [facts.failed for facts in self.facts.values() if facts.failed]
        if len(failed) >= HOPELESS and not any(facts.rows for facts in self.facts.values()):
            self.error = f"All of the first {len(failed)} trials failed: {failed[-1]}"

    def _sweep(self) -> None:
        """Delete what trainings go on from where none goes on."""
        wanted = {job.state for job in self.state.jobs if job.first}
        for path in (self.folder / KEPT_STATES).glob("*.npz"):
            number = _number(path.stem)
            ended = number is not None and number < len(self.state.trials)
            if ended and path not in wanted and self.state.trials[number or 0].ended:
                path.unlink(missing_ok=True)

    def _forget_strangers(self) -> None:
        """Say what does not belong to this search, as a file copied here from another."""
        strange = [
            trial.number
            for trial in self.state.trials
            if trial.number in self.facts and not self.facts[trial.number].belong(trial)
        ]
        for number in strange:
            del self.facts[number]
        if strange:
            which = listed([f"trial {number}" for number in strange])
            which += " has" if len(strange) == 1 else " have"
            progress.say(
                f"{self.folder / records.TRIALS}: {which} other values than this search gives "
                "there, and will be trained again."
            )

    def _export(self) -> None:
        """Write keras-tuner's own project; that it cannot be written is no reason to stop."""
        changed = {}
        for trial in self.state.trials:
            mark = (trial.status, len(trial.rows))
            if trial.status != "waiting" and self._exported.get(trial.number) != mark:
                self._exported[trial.number] = mark
                found = self._known(trial)
                self.trials[found.trial_id] = found
                changed[found.trial_id] = found.get_state()
        if not changed:
            return
        self.start_order = sorted(self.trials)
        self.end_order = [
            name for name, one in sorted(self.trials.items()) if one.status != "RUNNING"
        ]
        self.hyperparameters = keras_tuner_files.hyperparameters(self.state.outer)
        project = self.folder / keras_tuner_files.PROJECT
        try:
            for path in project.glob("trial_*/trial.json"):  # of before the search went on
                if path.parent.name.removeprefix("trial_") not in self.trials:
                    path.unlink()
            keras_tuner_files.save_project(project, self.get_state(), changed)
        except OSError as error:
            progress.say(f"keras-tuner's project was not written: {error.strerror}.")

    def _known(self, trial: Trial) -> trials.Trial:
        return keras_tuner_files.tuner_trial(trial, self.state.outer, self.settings.objective)

    def _as_trial(self, job: Job) -> trials.Trial:
        space = keras_tuner_files.hyperparameters(self.state.outer)
        space.values = {
            **keras_tuner_files.tuner_values(job.values, self.state.outer),
            JOB: job.to_json(),
            EPOCHS: job.last,
            INITIAL_EPOCH: job.first,
        }
        return trials.Trial(space, f"{job.trial:04}", trials.TrialStatus.RUNNING)

    def _empty(self, status: str) -> trials.Trial:
        return trials.Trial(keras_tuner.HyperParameters(), "none", status)


def _number(trial_id: object) -> int | None:
    text = str(trial_id)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
