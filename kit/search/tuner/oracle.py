"""The oracle: through it keras-tuner takes part in every job of a search, and keeps its project."""

import json
import math
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import keras_tuner
from keras_tuner.engine.trial import Trial as TunerTrial

from kit import progress
from kit.search.space import Space
from kit.search.staged.state import Settings
from kit.search.trials import Job, Trial
from kit.search.tuner.hyperparameters import hyperparameters, objective_of, tuner_values

PROJECT = "keras-tuner"  # the folder that keras-tuner reads
NEVER = 10**9  # failed trials in a row that end a search: here a trial that diverged is one


class SearchOracle(keras_tuner.Oracle):
    """Creates, updates and ends the trial of every job, as keras-tuner's tuners ask for it.

    What comes next is a function of what is known of the search, so it is asked for; a trial that
    goes on after a pause is created again. Other than keras-tuner's own, this oracle never ends a
    search for failed trials, and scores a trial by the epoch that a training would keep.

    Args:
        settings: Of the search.
        folder: Of the search; the project in it is written anew.
        ask: Gives the next job, None where none can begin now.
    """

    def __init__(self, settings: Settings, folder: Path, ask: Callable[[], Job | None]) -> None:
        super().__init__(
            objective=objective_of(settings.objective),
            hyperparameters=hyperparameters(settings.space),
            max_trials=None,
            seed=settings.seed + 1,  # keras-tuner replaces 0 by a random one
            max_consecutive_failed_trials=NEVER,
        )
        self.verbose = 0
        self.settings, self.ask, self.writes = settings, ask, True
        self.jobs: dict[str, Job] = {}
        self.told: dict[str, int] = {}  # of each trial, how many epochs
        self._set_project_dir(str(folder), PROJECT)
        shutil.rmtree(folder / PROJECT, ignore_errors=True)
        self._write("tuner0.json", "{}")  # by which keras-tuner's tuners know a project

    def create_trial(self, tuner_id: str) -> TunerTrial:
        """Return the trial of the next job; IDLE where none can begin now, STOPPED at the end."""
        job = self.ask()
        if job is None:
            return TunerTrial(
                self.get_space(), "none", "IDLE" if self.ongoing_trials else "STOPPED"
            )
        return self._begin(tuner_id, job)

    def _begin(self, tuner_id: str, job: Job) -> TunerTrial:
        name, values = f"{job.trial:04}", tuner_values(job.values, self.settings.space)
        trial = self.trials.get(name)
        if trial is None or not values.items() <= trial.hyperparameters.values.items():
            trial, self.told[name] = TunerTrial(self.get_space(), name), 0
            self.trials[name] = trial
        span = {"tuner/initial_epoch": job.first, "tuner/epochs": job.last}
        trial.hyperparameters.values = values | span  # as keras-tuner's Hyperband calls them
        trial.status, trial.message = "RUNNING", None
        self.start_order += [name] if name not in self.start_order else []
        if name in self.end_order:
            self.end_order.remove(name)
        self.ongoing_trials[tuner_id], self.jobs[name] = trial, job
        self._save_trial(trial)
        self.save()
        return trial

    def update_trial(
        self, trial_id: str, metrics: Mapping[str, float], step: int = 0
    ) -> TunerTrial:
        """Take the numbers of an epoch; what is no number tells keras-tuner nothing."""
        trial = self.trials[trial_id]
        for name, value in metrics.items():
            if name == "epoch" or not math.isfinite(value):
                continue
            if not trial.metrics.exists(name):
                falls = "loss" in name or "seconds" in name
                trial.metrics.register(name, direction="min" if falls else "max")
            trial.metrics.update(name, value, step=step)
        return trial

    def score_trial(self, trial: TunerTrial) -> None:
        """Leave the score as it is: :meth:`end` knows all epochs."""

    def replay(self, trials: Iterable[Trial], outer: Space) -> None:
        """Go through what is known of a search that goes on, as if it happened now."""
        self.writes = False
        for one in trials:
            if one.rows or one.status != "waiting":
                job = Job(one.number, one.values, one.seed, 0, len(one.rows), one.planned)
                self.end(self._begin("before", job), one.rows, "" if one.feasible else one.reason)
        self.writes = True
        for trial in self.trials.values():
            self._save_trial(trial)
        self.extend(outer)

    def end(self, trial: TunerTrial, rows: Sequence[Mapping[str, float]], bad: str) -> None:
        """Update and end a trial: with all its epochs, and why it cannot be used."""
        name = trial.trial_id
        for row in rows[self.told[name] :]:
            self.update_trial(name, row, step=int(row["epoch"]))
        self.told[name] = len(rows)
        trial.status, trial.message = ("FAILED", bad) if bad else ("COMPLETED", None)
        if not bad:
            known = Trial(0, 1, {}, 0, len(rows), tuple(rows), images=self.settings.images)
            best = known.best(self.settings.objective)
            trial.score, trial.best_step = best[self.settings.objective], int(best["epoch"])
        self.end_trial(trial)

    def extend(self, outer: Space) -> None:
        """Take the space as far as it is extended."""
        self.hyperparameters = hyperparameters(outer)
        self.save()

    def save(self) -> None:
        """Write the oracle's file, whole."""
        self._write("oracle.json", json.dumps(self.get_state(), default=str))

    def _save_trial(self, trial: TunerTrial) -> None:
        self._write(f"trial_{trial.trial_id}/trial.json", json.dumps(trial.get_state()))

    def _write(self, name: str, text: str) -> None:
        if not self.writes:
            return
        path = Path(self._directory) / PROJECT / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_suffix(".new").write_text(text, "utf-8")
            path.with_suffix(".new").replace(path)
        except OSError as error:  # that others cannot read it is no reason to stop
            progress.say(f"keras-tuner's project was not written: {error.strerror}.")
