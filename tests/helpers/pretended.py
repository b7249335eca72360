"""A search whose trials only wait, and its chief and workers as programs of their own."""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial

from kit.search.network.chief import serve
from kit.search.network.chief_address import TOKEN, roles
from kit.search.network.client import Client
from kit.search.network.spawning import end_with_chief
from kit.search.network.working import work
from kit.search.trials import Job, Outcome

SECRET = "a-secret-that-nobody-guesses"


class Jobs:
    """As many trials as wanted, given out in order; what has ended may be kept in a folder."""

    def __init__(self, count: int, epochs: int = 3, folder: Path | None = None) -> None:
        self.count, self.epochs, self.folder = count, epochs, folder
        self.rows: dict[str, dict[int, dict[str, float]]] = {}
        self.ended: dict[str, str] = {}
        self.running: dict[str, str] = {}
        self.calls: dict[str, float] = {}
        self.dropped: list[tuple[str, str]] = []
        self.received: list[Any] = []
        self.lock = threading.RLock()
        if folder is not None:
            self.ended = {path.stem: path.read_text() for path in folder.glob("*.done")}

    @property
    def finished(self) -> bool:
        return len(self.ended) == self.count

    def remaining_trials(self) -> int | None:
        return self.count - len(self.ended)

    def seen(self, tuner_id: str) -> None:
        with self.lock:
            self.calls[tuner_id] = time.monotonic()

    def drop(self, tuner_id: str, why: str) -> None:
        with self.lock:
            self.dropped.append((tuner_id, why))
            self.calls.pop(tuner_id, None)
            self.rows.pop(self.running.pop(tuner_id, ""), None)

    def silent(self, seconds: float) -> list[str]:
        with self.lock:
            now = time.monotonic()
            return [name for name, called in self.calls.items() if now - called > seconds]

    def get_space(self) -> keras_tuner.HyperParameters:
        space = keras_tuner.HyperParameters()
        space.Float("learning_rate", 1e-6, 1e-1, sampling="log")
        return space

    def create_trial(self, tuner_id: str) -> Trial:
        with self.lock:
            self.calls[tuner_id] = time.monotonic()
            names = [f"{number:04}" for number in range(self.count)]
            free = [n for n in names if n not in self.ended and n not in self.running.values()]
            name = self.running.get(tuner_id) or next(iter(free), None)
            if name is None:
                if self.finished:
                    self.calls.pop(tuner_id)
                return Trial(self.get_space(), "none", "STOPPED" if self.finished else "IDLE")
            self.running[tuner_id] = name
            return self._trial(name)

    def update_trial(self, trial_id: str, metrics: Any, step: int = 0) -> Trial:
        with self.lock:
            self.received.append((trial_id, dict(metrics), step))
            self.rows.setdefault(trial_id, {})[step] = dict(metrics)
            trial = self._trial(trial_id)
            trial.metrics.update("val_accuracy", 0.5, step=step)
            return trial

    def end_trial(self, trial: Trial) -> None:
        with self.lock:
            self.received.append(trial)
            self.ended[trial.trial_id] = json.dumps(sorted(self.rows.get(trial.trial_id, {})))
            self.running = {k: v for k, v in self.running.items() if v != trial.trial_id}
            if self.folder is not None:
                partial = self.folder / f"{trial.trial_id}.partial"
                partial.write_text(self.ended[trial.trial_id])
                partial.replace(partial.with_suffix(".done"))

    def get_trial(self, trial_id: str) -> Trial:
        return self._trial(trial_id)

    def get_best_trials(self, num_trials: int = 1) -> list[Trial]:
        return []

    def _trial(self, name: str) -> Trial:
        space = self.get_space()
        job = Job(int(name), {"learning_rate": 0.1}, 1, 0, self.epochs, self.epochs)
        space.values = {"learning_rate": 0.1, "tuner/job": job.to_json()}
        return Trial(space, name, "RUNNING")


def waiting(seconds: float) -> Any:
    """Return a training that only waits, so long for each epoch."""

    def run(job: Job, report: Any) -> Outcome:
        for epoch in range(job.first + 1, job.last + 1):
            time.sleep(seconds)
            report({"epoch": epoch, "val_accuracy": 0.5})
        return Outcome()

    return run


def main() -> None:
    """Be a chief or a worker, as the environment says."""
    seconds = float(os.environ.get("PRETENDED_SECONDS", "0.2"))
    silence = float(os.environ.get("PRETENDED_SILENCE", "3"))
    role = roles()
    assert role is not None
    if role.chief:
        folder, count = Path(sys.argv[1]), int(sys.argv[2])
        oracle = Jobs(count, folder=folder)
        serve(oracle, role.address, os.environ[TOKEN], silence=silence)
        return
    end_with_chief()
    with Client(role.address, role.name, os.environ[TOKEN], every=silence / 6) as client:
        print("ready", flush=True)
        work(client, role.name, waiting(seconds))


if __name__ == "__main__":
    main()
