"""Stops a training that has gone wrong, and says where it began."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from kit.checks.image_sample import Sample
from kit.errors import SettingError
from kit.monitoring.layer_faults import first_not_finite, grown_most, kernel_norms
from kit.monitoring.smoothed_loss import TIMES, WARM_UP, Smoothed, StepLosses

LOOK = 10  # steps between two looks at the size of the weights


class LossGuard(keras.callbacks.Callback):
    """Stops when the smoothed loss is over 3 times its first value, or is no number.

    Args:
        sample: Images to find the first layer with that answers no number; a few are enough.
        times: How often the first value.
        floor: The least value to compare with, as :class:`Smoothed` has it: ln C for cross-entropy.
        warm_up: Steps that are not judged; a number that is no number stops at once.
        log: Which of the logs is judged. What is no number stops in "loss", too.
        each_epoch: At the end of an epoch judge in the warm-up, too, and look whether all weights
            are numbers: a ReLU may answer 0 to what is none, so that no loss shows it.
        look: Steps between two looks at the size of the weights; at 0 nobody looks for the layer.

    Attributes:
        stopped: Why it stopped, empty where it did not: "the loss became nan at step 3 of epoch 1".
        where: Which layer went first, in words.
        layer: Its name; "" for none, "images" for the images themselves.
        losses: The loss of every step, penalties included.

    Raises:
        SettingError: ``times`` is not above 1.
    """

    def __init__(
        self,
        sample: Sample | None = None,
        *,
        times: float = TIMES,
        floor: float = 0.0,
        warm_up: int = WARM_UP,
        log: str = "loss",
        each_epoch: bool = False,
        look: int = LOOK,
    ) -> None:
        super().__init__()
        if not times > 1:
            raise SettingError(f"times must be above 1, not {times}.")
        self.sample = sample
        self.smoothed = Smoothed(times, floor, warm_up, log.replace("_", " "))
        self.log, self.each_epoch, self.look = log, each_epoch, look
        self.stopped = self.where = self.layer = ""
        self.losses: list[float] = []
        self.epoch = 0
        self._steps = StepLosses()
        self._sizes: list[dict[str, float]] = []

    def remembered(self) -> tuple[dict[str, Any], list[Any]]:
        """Return what the next step is judged by, and the losses so far."""
        seen = self.smoothed
        values = {"first": seen.first, "value": seen.value, "taken": seen.taken}
        return values, [np.array(self.losses, np.float64)]

    def recall(self, values: Mapping[str, Any], arrays: Sequence[Any]) -> None:
        """Take it back."""
        for name, value in values.items():
            setattr(self.smoothed, name, value)
        self.losses = arrays[0].tolist()

    def on_train_begin(self, logs: Any = None) -> None:
        """Note how large the weights are."""
        self._sizes = [kernel_norms(self.model)] if self.look else []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember the epoch."""
        self.epoch, self._steps = epoch, StepLosses()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Look at the loss of this step, and now and then at the weights."""
        logs = logs or {}
        if self.stopped or self.log not in logs:
            return
        loss = self._steps.loss(batch, float(logs[self.log]))
        self.losses.append(loss)
        wrong = self.smoothed.add(loss) or _not_finite(logs, "loss")
        if wrong:
            self._stop(f"{wrong} at step {batch + 1} of epoch {self.epoch + 1}")
        elif self.look and len(self.losses) % self.look == 0:
            self._sizes = [self._sizes[0], kernel_norms(self.model)]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Look at the validation loss: the weights may have exploded in the last step."""
        if self.stopped:
            return
        wrong = _not_finite(logs or {}, "val_loss", f"val_{self.log}")
        if wrong:
            self._stop(f"{wrong} in epoch {epoch + 1}")
        elif self.each_epoch:
            wrong = self.smoothed.judged() or first_not_finite(self.model)[1]
            if wrong:
                self._stop(f"{wrong} at the end of epoch {epoch + 1}")

    def _stop(self, why: str) -> None:
        self.model.stop_training = True
        self.stopped = why
        if not self.look:
            return
        images = None if self.sample is None else self.sample.images
        self.layer, self.where = first_not_finite(self.model, images)
        if not self.layer:
            self.layer, grown = grown_most(self._sizes[0], kernel_norms(self.model))
            if self.layer:
                self.where = f'the weights of "{self.layer}" grew most, {grown:.3g} times'
        elif self.where.startswith("all"):
            self.layer, grown = grown_most(*(self._sizes * 2)[:2])
            if grown > 1:
                self.where += f'; before, "{self.layer}" had grown most, {grown:.3g} times'


def _not_finite(logs: Mapping[str, Any], *names: str) -> str:
    """Return which of these losses is no number, in words; nothing where none is."""
    for name in names:
        loss = float(logs.get(name, 0.0))
        if not math.isfinite(loss):
            words = name.replace("val_", "validation ").replace("_", " ")
            return f"the {words} became {loss}"
    return ""
