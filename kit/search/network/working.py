"""What a worker does: ask for a job, train it, report, until there is no more."""

import time
import traceback
from collections.abc import Mapping
from typing import Any, Protocol

from keras_tuner.engine import trial as trials

from kit import progress
from kit.errors import DataError, SettingError
from kit.search.network.patience import Lost
from kit.search.oracle import JOB, REASON
from kit.search.trials import Job, RunTrial

__all__ = ["Asked", "work"]

PAUSE = 0.5  # seconds, while others finish a stage


class Asked(Protocol):
    """What gives out jobs: the oracle itself, or a client of one elsewhere."""

    def create_trial(self, tuner_id: str) -> trials.Trial:
        """Return the next job."""

    def update_trial(self, trial_id: str, metrics: Mapping[str, float], step: int = 0) -> Any:
        """Take the row of an epoch."""

    def end_trial(self, trial: trials.Trial) -> Any:
        """Take the end of a job."""


def work(oracle: Asked, tuner_id: str, run_trial: RunTrial) -> None:
    """Train one job after the other until the search is over.

    Args:
        oracle: Gives out jobs.
        tuner_id: Name of this worker, its own among all.
        run_trial: Trains a job. An exception makes the trial failed, with the reason, and the
            search goes on.

    Raises:
        DataError: The images cannot be used.
        SettingError: So with a setting that all trials have.
    """
    while True:
        trial = oracle.create_trial(tuner_id)
        if trial.status == trials.TrialStatus.STOPPED:
            return
        if trial.status == trials.TrialStatus.IDLE:
            time.sleep(PAUSE)
            continue
        try:
            reason = _run(oracle, trial, run_trial)
        except Lost as error:  # it was silent for long, and another has its trial now
            progress.say(f"Trial {trial.trial_id}: {error}")
            continue
        trial.status = trials.TrialStatus.FAILED if reason else trials.TrialStatus.COMPLETED
        if reason:
            trial.hyperparameters.values[REASON] = reason
        oracle.end_trial(trial)


def _run(oracle: Asked, trial: trials.Trial, run_trial: RunTrial) -> str:
    job = Job.from_json(trial.hyperparameters.values[JOB])

    def report(row: Mapping[str, float]) -> None:
        metrics = {name: value for name, value in row.items() if name != "epoch"}
        oracle.update_trial(trial.trial_id, metrics, step=int(row["epoch"]))

    try:
        outcome = run_trial(job, report)
    except (DataError, SettingError, Lost):
        raise
    except Exception as error:  # whatever a trial does, the others go on
        progress.say(*traceback.format_exc().split("\n"))
        return f"failed: {type(error).__name__}: {str(error).partition(chr(10))[0]}"[:500]
    return f"infeasible: {outcome.infeasible}" if outcome.infeasible else ""
