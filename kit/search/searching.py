"""A search from its set-up to its end: a thin shell around what follows from recorded facts."""

import dataclasses
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path

from keras_tuner.engine.trial import Trial as TunerTrial

from kit import files, progress
from kit.errors import KitError
from kit.search import records
from kit.search.executors import Crew
from kit.search.staged.stages import state
from kit.search.staged.state import Facts, Settings, State
from kit.search.trials import Job, Outcome, Trial
from kit.search.tuner.oracle import SearchOracle

HOPELESS = 3  # trials that failed by an error of the program and no other that worked
STAGES, ALL = 0.6, 0.9  # of a time limit: for the stages, and with the finalists
STATES = "states"  # folder of what trainings go on from
PAUSE = 0.5  # seconds between two looks at what workers report


class Search:
    """A search that is set up.

    Args:
        settings: Of the search.
        folder: Its folder, which exists; what is in it is gone on from.
        max_minutes: Time from now after which no more jobs begin: 60 % of it are for the stages,
            up to 90 % for the finalists.

    Attributes:
        state: Where the search stands.
        oracle: Through which keras-tuner takes part in every job.
        error: Why it cannot go on; empty where it can.
        on_change: Called after every report, without arguments.
    """

    def __init__(self, settings: Settings, folder: Path, max_minutes: float | None = None) -> None:
        self.settings, self.folder = settings, folder
        self.error = ""
        self.on_change: Callable[[], None] = lambda: None
        self.clock = time.monotonic
        self._limit = math.inf if max_minutes is None else 60 * max_minutes
        self._started = self.clock()
        self.running: dict[int, Job] = {}
        self._rows: dict[int, list[Mapping[str, float]]] = {}  # reported of what is being trained
        for name in (records.TRIALS, STATES):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.facts = records.load_all(folder, settings.objective)
        self.state = self.look()
        self.oracle = SearchOracle(settings, folder, self.next_job)
        self.oracle.replay(self.state.trials, self.state.outer)

    def work(self, crew: Crew) -> None:
        """Train one job after the other, or several at a time, until the search is over.

        Raises:
            DataError: The images cannot be used.
            SettingError: So with a setting that all trials have.
        """
        futures: dict[Future[Outcome], TunerTrial] = {}
        waiting = False
        while True:
            while len(futures) < (places := crew.places()):
                name = next(
                    n for n in map(str, range(places)) if n not in self.oracle.ongoing_trials
                )
                trial = self.oracle.create_trial(name)
                if trial.status != "RUNNING":
                    break
                job = self.oracle.jobs[trial.trial_id]
                futures[crew.executor.submit(crew.train, job, self._state_of(job))] = trial
            if not futures and (places or self.finished):
                return
            if not futures and not waiting:
                progress.say(f"Waiting for {crew.waits_for}.")
                waiting = True
            self._take(crew, futures)

    def _take(self, crew: Crew, futures: "dict[Future[Outcome], TunerTrial]") -> None:
        """Take what comes within a moment; no future that is done is held on to."""
        done = set(wait(futures, PAUSE, FIRST_COMPLETED).done)
        if not futures:
            time.sleep(PAUSE)
        for number, row in crew.heard():
            self.report(number, row)
        for future in done:
            self.end(futures.pop(future), crew.outcome(future))

    def next_job(self) -> Job | None:
        """Return a job that nobody has, from now on in work; None where none can begin now."""
        if self._limit < math.inf:
            self.state = self.look()
        free = (job for job in self.state.jobs if job.trial not in self.running)
        job = None if self.error else next(free, None)
        if job is not None:
            self.running[job.trial], self._rows[job.trial] = job, []
            self.on_change()
        return job

    def report(self, number: int, row: Mapping[str, float]) -> None:
        """Take the row of an epoch as soon as it is there, to be shown."""
        if number in self.running:
            self._rows[number].append(row)
            self.on_change()

    def end(self, trial: TunerTrial, outcome: Outcome) -> None:
        """Record how a job ended, and find where the search stands now."""
        job = self.oracle.jobs.pop(trial.trial_id)
        del self.running[job.trial], self._rows[job.trial]
        known = self.facts.get(job.trial)
        before = known if known is not None and known.belong(job) else Facts(job.values, job.seed)
        facts = before.after(job, outcome, self.settings.objective)
        if (left := outcome.state) is not None:
            file = self.state_file(job.trial)
            self.write(lambda: files.write(file, lambda path: path.write_bytes(left)))
        self.oracle.end(trial, facts.rows, facts.infeasible or facts.failed)
        self.keep(job.trial, facts)

    def keep(self, number: int, facts: Facts) -> None:
        """Keep what is known of a trial, find where the search stands now, and write both."""
        self.facts[number] = facts
        self.write(lambda: records.save(self.folder, number, facts))
        self._give_up()
        outer, self.state = self.state.outer, self.look()
        if self.state.outer != outer:
            self.oracle.extend(self.state.outer)
        self.sweep()
        self.on_change()

    def check(self) -> None:
        """Make sure that it went as far as it could.

        Raises:
            KitError: It had to end, with the reason.
        """
        if self.error:
            raise KitError(self.error)

    @property
    def finished(self) -> bool:
        """Tell whether all is done and no more jobs will come."""
        return not self.running and (self.state.done or bool(self.error))

    @property
    def epochs_left(self) -> float:
        """Return how many epochs are left at most, those reported of running jobs taken off."""
        reported = sum(len(self._rows[job.trial]) * job.share for job in self.running.values())
        return max(0.0, self.state.epochs_left - reported)

    @property
    def seconds_left(self) -> float:
        """Return how long jobs may still begin; infinity where no time limit was set."""
        return max(0.0, ALL * self._limit - (self.clock() - self._started))

    @property
    def cut(self) -> int:
        """Return 1 when the time for the stages is over, 2 when all of it is; else 0."""
        used = (self.clock() - self._started) / self._limit
        return (used >= STAGES) + (used >= ALL)

    @property
    def totals(self) -> dict[int, int]:
        """Return stage -> how many trials it has; of one to come, where no range is extended."""
        plan = self.settings.plan
        found = {number: stage.trials for number, stage in enumerate(plan.stages, 1)}
        begun = {group.number: len(group.trials) for group in self.state.groups}
        return {**found, len(plan.stages) + 1: plan.finalists * plan.seeds, **begun}

    def progress(self) -> list[Trial]:
        """Return all trials, those in work with the epochs reported so far."""
        found = list(self.state.trials)
        for number, job in self.running.items():
            trial, more = found[number], self._rows[number]
            rows = (*trial.rows, *more[max(0, len(trial.rows) - job.first) :])
            found[number] = dataclasses.replace(trial, rows=rows, status="running")
        return found

    def look(self) -> State:
        """Return where the search stands by what is known of its trials."""
        return state(self.settings, self.facts, self.cut, self.running.keys())

    def sweep(self) -> None:
        """Delete what trainings go on from where none goes on."""
        for trial in self.state.trials:
            if trial.ended:
                self.state_file(trial.number).unlink(missing_ok=True)

    def state_file(self, number: int) -> Path:
        """Return where is kept what a trial goes on from."""
        return self.folder / STATES / f"{number:04}.npz"

    def _state_of(self, job: Job) -> bytes | None:
        file = self.state_file(job.trial)
        return file.read_bytes() if job.first and file.is_file() else None

    def write(self, write: Callable[[], object]) -> None:
        """Write; where that is impossible the search cannot go on."""
        try:
            write()
        except OSError as error:
            self.error = f"{self.folder} cannot be written: {error.strerror}. Nothing is lost. "
            self.error += "Free some space and continue with `resume`."

    def _give_up(self) -> None:
        """End a search of which nothing works."""
        failed = [facts.failed for facts in self.facts.values() if facts.failed]
        if len(failed) >= HOPELESS and not any(facts.rows for facts in self.facts.values()):
            self.error = f"All of the first {len(failed)} trials failed: {failed[-1]}"
