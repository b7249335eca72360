"""What happens between the steps and epochs of a training."""

import functools
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from rich.progress import Progress, TaskID

from kit import files, progress, runs
from kit.errors import SettingError
from kit.evaluation import kept_epoch
from kit.training.compiling import learning_rate
from kit.training.pace import Pace

SHOWN = ("loss", "accuracy")  # of the metrics, in an epoch's line
REMEMBERED = ("rows", "best_epoch", "wait", "stopped_epoch")  # besides the weights that are kept


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights of one epoch, stops when no better one comes, and puts them back.

    Which one that is says :func:`kit.evaluation.kept_epoch`. All epochs are compared, but patience
    is counted only from the part of the schedule where the score can be expected to rise. Every
    newly kept epoch is written to a file. Where there are penalties on weights, the validation loss
    without them is added to the logs as ``val_data_loss``: they fall in training, whatever it is
    worth.

    Args:
        monitor: Name of the validation metric, for example ``val_accuracy``.
        images: As how many images it is as sure.
        patience: Epochs of which none is kept before it stops; None never stops.
        pace: Says from which epoch to count.
        checkpoint: Where to save the model.
        newest: Keep each epoch in place of the one before, whatever it scores.
    """

    def __init__(
        self,
        monitor: str,
        images: float,
        patience: int | None,
        pace: Pace,
        checkpoint: Path | str | None,
        newest: bool = False,
    ) -> None:
        super().__init__()
        self.monitor, self.images, self.pace = monitor, images, pace
        self.checkpoint, self.newest = checkpoint, newest
        self.patience = sys.maxsize if patience is None else patience
        self.rows: list[dict[str, float]] = []
        self.best_weights: Any = None
        self.best_epoch = self.wait = self.stopped_epoch = 0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Compare this epoch with the kept one."""
        logs = {} if logs is None else logs
        if self.monitor not in logs:
            raise SettingError(
                f"{self.monitor} is not measured; available are {', '.join(logs)}. Compile the "
                "model with training.compile_model, or monitor one of these."
            )
        # One of activations has no value outside of its graph.
        penalty = sum(float(one) for one in self.model.losses if hasattr(one, "numpy"))
        if penalty and "val_loss" in logs:
            logs["val_data_loss"] = logs["val_loss"] - penalty
        if self.newest:
            self.rows.clear()
        self.rows.append({**logs} if self._finite() else {})  # weights that are no numbers: never
        if kept_epoch(self.rows, self.monitor, self.images) == len(self.rows) - 1:
            self.best_weights, self.best_epoch, self.wait = self.model.get_weights(), epoch, 0
            if self.checkpoint is not None:
                self._twin.set_weights(self.best_weights)
                size = 4 * self._twin.count_params()
                files.write(self.checkpoint, self._twin.save, size)
        elif epoch >= self.pace.counts_from():
            self.wait += 1
            if self.wait >= self.patience:
                self.stopped_epoch = epoch
                self.model.stop_training = True

    def remembered(self) -> tuple[dict[str, Any], list[Any]]:
        """Return which epoch is kept, with what it is compared with, and its weights."""
        return {name: getattr(self, name) for name in REMEMBERED}, self.best_weights or []

    def recall(self, values: Mapping[str, Any], arrays: Sequence[Any]) -> None:
        """Take it back."""
        for name in REMEMBERED:
            setattr(self, name, values[name])
        self.best_weights = list(arrays) or None

    def on_train_end(self, logs: Any = None) -> None:
        """Put the weights back."""
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)

    @functools.cached_property
    def _twin(self) -> keras.Model:
        return runs.uncompiled(self.model)

    def _finite(self) -> bool:
        return all(np.isfinite(weights).all() for weights in self.model.get_weights())


class HistoryTable(keras.callbacks.Callback):
    """Collects one row per epoch and keeps it in a file that is whole at any time."""

    def __init__(self, path: Path | str | None) -> None:
        super().__init__()
        self.path = path
        self.rows: list[dict[str, float]] = []
        self.begun = 0.0

    @property
    def table(self) -> pd.DataFrame:
        """Return epoch, loss, accuracy, balanced_accuracy, val_*, learning_rate and seconds."""
        return pd.DataFrame(self.rows)

    def remembered(self) -> tuple[dict[str, Any], list[Any]]:
        """Return the rows."""
        return {"rows": self.rows}, []

    def recall(self, values: Mapping[str, Any], arrays: Sequence[Any]) -> None:
        """Take them back."""
        self.rows = list(values["rows"])

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start the epoch's clock."""
        self.begun = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Add the row."""
        rate = learning_rate(self.model)
        scores = {name: float(value) for name, value in (logs or {}).items()}
        seconds = round(time.monotonic() - self.begun, 3)
        self.rows.append({"epoch": epoch + 1, **scores, "learning_rate": rate, "seconds": seconds})
        if self.path is not None:
            files.write(self.path, lambda temporary: self.table.to_csv(temporary, index=False))


class ShowProgress(keras.callbacks.Callback):
    """One line per epoch, and on a terminal a bar with the remaining time below them."""

    def __init__(self, pace: Pace, monitor: str, name: str) -> None:
        super().__init__()
        self.pace, self.monitor, self.name = pace, monitor, name
        self.start, self.first = 0.0, 0
        self.bar: Progress | None = None
        self.task = TaskID(0)

    def on_train_begin(self, logs: Any = None) -> None:
        """Open the bar."""
        self.start, self.first = time.monotonic(), self.pace.taken // self.pace.steps
        if sys.stderr.isatty():
            self.bar = progress.bar()
            self.bar.start()
            total = self.pace.end * self.pace.steps
            self.task = self.bar.add_task(self.name, total=total)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Move the bar."""
        if self.bar is not None:
            self.bar.update(self.task, completed=self.pace.taken)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Print the epoch's line."""
        done, epochs = epoch + 1, self.pace.end
        left = (time.monotonic() - self.start) / (done - self.first) * (epochs - done)
        line = f"epoch {done:3}/{epochs}  " + "  ".join(
            f"{name} {float(value):.4f}"
            for name, value in (logs or {}).items()
            if name == self.monitor or name.removeprefix("val_") in SHOWN
        )
        line += f"  left {_duration(left)}" if done < epochs else ""
        if self.bar is not None:
            self.bar.update(self.task, total=epochs * self.pace.steps)
            self.bar.console.print(line)
        else:
            progress.say(line)

    def on_train_end(self, logs: Any = None) -> None:
        """Close the bar."""
        self.close()

    def close(self) -> None:
        """Give the terminal back, also after an interruption."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
