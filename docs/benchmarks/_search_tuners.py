"""keras-tuner's searches as their user writes them, and what is noted of any search."""

import csv
import math
import time
from pathlib import Path
from typing import Any

import keras
import keras_tuner
from _search_course import BATCH, STEPS, VALIDATION, Arrays, decay, network

EPOCHS = 20
RATES, PENALTIES = (1e-6, 1e-2), (5e-6, 5e4)  # penalty: lambda 1e-5 to 1e5, halved
FIELDS = ["method", "seed", "images", "trial", "epoch", "epochs", "cpu_seconds", "seconds",
          "val_accuracy", "best", "learning_rate", "l2"]  # fmt: skip


class Enough(KeyboardInterrupt):
    """The level or the cap is reached; no search takes it for a failed trial."""


class Recorder:
    """Writes a row for every epoch that a search trains.

    Args:
        file: CSV, new.
        method: Of the search.
        seed: Of the search.
        images: Training images.
        level: Validation accuracy that ends the search; infinite for none.
        cap: Epochs that do.
    """

    def __init__(
        self, file: Path, method: str, seed: int, images: int, level: float, cap: float
    ) -> None:
        self.file, self.level, self.cap = file, level, cap
        self.fixed = {"method": method, "seed": seed, "images": images}
        self.epochs, self.best = 0, 0.0
        self.start, self.cpu_start = time.monotonic(), time.process_time()
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w", newline="") as lines:
            csv.DictWriter(lines, FIELDS).writeheader()

    def add(self, trial: Any, epoch: int, accuracy: float, rate: float, l2: float) -> None:
        """Note an epoch, and raise :class:`Enough` where nothing more is to be learned."""
        self.epochs += 1
        self.best = max(self.best, accuracy if math.isfinite(accuracy) else 0.0)
        row = {
            **self.fixed,
            "trial": trial,
            "epoch": epoch,
            "epochs": self.epochs,
            "cpu_seconds": round(time.process_time() - self.cpu_start, 3),
            "seconds": round(time.monotonic() - self.start, 3),
            "val_accuracy": round(accuracy, 4),
            "best": round(self.best, 4),
            "learning_rate": f"{rate:.4g}",
            "l2": f"{l2:.4g}",
        }
        with self.file.open("a", newline="") as lines:
            csv.DictWriter(lines, FIELDS).writerow(row)
        if self.best >= self.level or self.epochs >= self.cap:
            raise Enough


class Note(keras.callbacks.Callback):
    """Tells the recorder of each epoch of a keras-tuner trial, however often it is copied."""

    recorder: Recorder

    def __init__(self, rate: float, l2: float) -> None:
        super().__init__()
        self.rate, self.l2, self.trial = rate, l2, Note.recorder.epochs

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        accuracy = float((logs or {})["val_accuracy"])
        Note.recorder.add(self.trial, epoch + 1, accuracy, self.rate, self.l2)


class Course(keras_tuner.HyperModel):
    """The network, searched over its rate and its penalty."""

    def build(self, hp: keras_tuner.HyperParameters) -> keras.Model:
        rate = hp.Float("learning_rate", *RATES, sampling="log")
        return network(rate, hp.Float("l2", *PENALTIES, sampling="log"))

    def fit(
        self, hp: keras_tuner.HyperParameters, model: keras.Model, *given: Any, **more: Any
    ) -> Any:
        rate, l2 = hp.get("learning_rate"), hp.get("l2")
        callbacks = [decay(rate), *more.pop("callbacks", []), Note(rate, l2)]
        return model.fit(*given, callbacks=callbacks, **more)


def tuner(method: str, folder: Path, seed: int) -> keras_tuner.Tuner:
    """Return one of keras-tuner's, with its defaults where they do not end it too early."""
    usual = {
        "objective": "val_accuracy",
        "seed": seed,
        "max_consecutive_failed_trials": 10**6,
        "directory": folder,
        "project_name": f"{method}-{seed}",
        "overwrite": True,
    }
    if method == "hyperband":
        return keras_tuner.Hyperband(
            Course(), max_epochs=EPOCHS, factor=3, hyperband_iterations=10**3, **usual
        )
    kinds = {"random": keras_tuner.RandomSearch, "bayesian": keras_tuner.BayesianOptimization}
    return kinds[method](Course(), max_trials=10**3, **usual)


def search(method: str, seed: int, arrays: Arrays, recorder: Recorder, folder: Path) -> None:
    """Search until the recorder has enough."""
    Note.recorder = recorder
    keras.utils.set_random_seed(seed)
    more = {} if method == "hyperband" else {"epochs": EPOCHS}
    made = tuner(method, folder, seed)
    recorder.start, recorder.cpu_start = time.monotonic(), time.process_time()
    made.search(
        arrays.images,
        arrays.labels,
        batch_size=BATCH,
        validation_data=(arrays.validation, arrays.answers),
        validation_batch_size=VALIDATION,
        verbose=0,
        **more,
    )


__all__ = ["EPOCHS", "PENALTIES", "RATES", "STEPS", "Enough", "Recorder", "search"]
