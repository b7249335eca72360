"""Stops a training that has gone wrong, and says where it began."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kit.checks.image_sample import Sample
from kit.checks.recording import leaves, recorded
from kit.checks.twins import twin
from kit.errors import SettingError

TIMES = 3.0  # CS231n, "Hyperparameter search": a loss above 3 times its first value has exploded
MEMORY = 0.9  # of the running mean of the steps' losses: about the last ten steps
WARM_UP = 20  # steps that are not judged: the first ones of Adam are large and may go anywhere
LOOK = 10  # steps between two looks at the size of the weights


@dataclass
class Smoothed:
    """A running mean of losses, and the limit that it must not pass.

    Attributes:
        times: Over the reference, from where the loss has exploded.
        floor: The least reference. A network that was trained before starts with a loss near 0, of
            which 3 times is nothing: there the loss of who knows nothing, ln C, stands in for it.
        warm_up: Steps that are not judged.
        name: What the loss is called in sentences.
    """

    times: float = TIMES
    floor: float = 0.0
    warm_up: int = WARM_UP
    name: str = "loss"
    first: float = math.nan
    value: float = 0.0
    taken: int = 0

    def add(self, loss: float) -> str:
        """Take the loss of a step and return what is wrong with it, nothing where nothing is."""
        self.taken += 1
        if not math.isfinite(loss):
            return f"the {self.name} became {loss}"
        if self.taken == 1:
            self.first = loss
        self.value = MEMORY * self.value + (1 - MEMORY) * loss
        return "" if self.taken <= self.warm_up else self.judged()

    def judged(self) -> str:
        """Return what is wrong with the mean so far, warm-up or not; nothing where nothing is."""
        if not self.taken:
            return ""
        mean = self.value / (1 - MEMORY**self.taken)  # Kingma & Ba, Adam, ICLR 2015, section 3
        if mean <= self.limit:
            return ""
        since = "began with" if self.first >= self.floor else "has where nothing is known"
        return (
            f"the {self.name} rose to {mean:.3g}, over {self.times:g} times the "
            f"{self.reference:.3g} it {since}"
        )

    @property
    def reference(self) -> float:
        """The loss that others are compared with."""
        return max(abs(self.first), self.floor)

    @property
    def limit(self) -> float:
        """The mean loss from which the training has exploded."""
        return self.times * self.reference


@dataclass
class _Steps:
    """The losses of single steps from the running means that Keras gives to callbacks."""

    count: int = 0
    total: float = 0.0

    def loss(self, batch: int, mean: float) -> float:
        if batch == 0 or batch + 1 <= self.count:
            self.count, self.total = 0, 0.0
        steps = batch + 1 - self.count  # more than one with steps_per_execution
        loss = (mean * (batch + 1) - self.total) / steps
        self.count, self.total = batch + 1, mean * (batch + 1)
        return loss


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
        self._steps = _Steps()
        self._sizes: list[dict[str, float]] = []

    def on_train_begin(self, logs: Any = None) -> None:
        """Note how large the weights are."""
        self._sizes = [_sizes(self.model)] if self.look else []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Remember the epoch."""
        self.epoch, self._steps = epoch, _Steps()

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
            self._sizes = [self._sizes[0], _sizes(self.model)]

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
            self.layer, grown = grown_most(self._sizes[0], _sizes(self.model))
            if self.layer:
                self.where = f'the weights of "{self.layer}" grew most, {grown:.3g} times'
        elif self.where.startswith("all"):
            self.layer, grown = grown_most(*(self._sizes * 2)[:2])
            if grown > 1:
                self.where += f'; until then "{self.layer}" had grown most, {grown:.3g} times'


def first_not_finite(model: keras.Model, images: Any = None) -> tuple[str, str]:
    """Return the first layer, in the order of work, that holds or answers what is no number.

    Args:
        model: As it is now; a copy is asked.
        images: What to ask it with.

    Returns:
        The layer's name ("images" for the images themselves, "" for none) and a sentence's part.
    """
    if images is not None and not np.isfinite(images).all():
        return "images", "images hold values that are no numbers"
    bad = {name: _finite(layer.weights) for name, layer in leaves(model) if layer.weights}
    if bad and not any(bad.values()):
        return next(iter(bad)), "all layers' weights became no numbers in one step"
    for name, finite in bad.items():
        if not finite:
            return name, f'the weights of "{name}" are no numbers'
    if images is None:
        return "", ""
    copy = twin(model)
    with recorded(copy) as recording:
        copy(keras.ops.convert_to_tensor(images[:32], "float32"), training=True)
    for name, output in recording.outputs.items():
        if not _finite([output]):
            return name, f'the answers of "{name}" are no numbers'
    return "", ""


def grown_most(before: Mapping[str, float], after: Mapping[str, float]) -> tuple[str, float]:
    """Return the layer whose weights' norm grew most, and how many times."""
    grown = {
        name: after[name] / size
        for name, size in before.items()
        if size > 0 and math.isfinite(after.get(name, math.nan))
    }
    if not grown:
        return "", 0.0
    most = max(grown, key=lambda name: grown[name])
    return most, grown[most]


def _not_finite(logs: Mapping[str, Any], *names: str) -> str:
    """Return which of these losses is no number, in words; nothing where none is."""
    for name in names:
        loss = float(logs.get(name, 0.0))
        if not math.isfinite(loss):
            words = name.replace("val_", "validation ").replace("_", " ")
            return f"the {words} became {loss}"
    return ""


def _sizes(model: keras.Model) -> dict[str, float]:
    """Return the norm of each layer's kernels."""
    found: dict[str, float] = {}
    for name, layer in leaves(model):
        kernels = [one for one in layer.trainable_weights if len(one.shape) > 1]
        if kernels:
            squares = [float(keras.ops.sum(keras.ops.square(one))) for one in kernels]
            found[name] = math.sqrt(sum(squares))
    return found


def _finite(tensors: Sequence[Any]) -> bool:
    return all(np.isfinite(keras.ops.convert_to_numpy(one)).all() for one in tensors)
