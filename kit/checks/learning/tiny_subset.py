"""Can the network learn a few images by heart? If not, it will not learn many."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from kit.checks.answers import (
    answers,
    blank_loss,
    data_loss,
    guarded,
    kernels,
    quiet_twin,
    right,
    weighted,
)
from kit.checks.image_sample import Sample
from kit.checks.learning.tiny_subset_judged import Attempt, behaviour, judge_tiny_subset
from kit.checks.recording import leaves
from kit.checks.twins import MakeModel
from kit.checks.verdicts import Check
from kit.errors import SettingError

# A twentieth of the loss of guessing: of 10 classes 0.115, where the right one gets 0.89.
NEAR = 0.05
OTHER_RATES = {  # times the model's own rate, tried in this order to tell the cause
    "still": (10.0, 1e3, 1e5, 0.1),
    "diverged": (0.1, 0.01),
    "stuck": (0.1, 10.0),
    "slow": (10.0,),
}
OWN_SHARE = 0.6  # of the time, for the model's own rate; the rest is for the others


@guarded("tiny subset")
def tiny_subset(
    make_model: MakeModel,
    sample: Sample,
    *,
    count: int = 20,
    steps: int = 500,
    seconds: float = 15.0,
) -> Check:
    """Train a twin on a few images until it knows them all, and score the same images.

    Dropout, noise, penalties, weight decay and label smoothing are off, there is no augmentation,
    and every step sees all the images. Scored is in inference mode, batch normalization with the
    statistics that these images have under the present weights: the stored ones lag behind by
    hundreds of steps. Where the model's own rate does not do it, others are tried for a moment, to
    tell the cause.

    Args:
        make_model: Gives a compiled model.
        sample: Images and labels; the first ``count`` are learnt, in which classes take turns.
        count: Images.
        steps: Of training, at most.
        seconds: Time limit, from when the twin has been compiled: 3 s for a small network, 20 s for
            a deep one on two processor cores. A step that has begun is finished.

    Raises:
        SettingError: The model has several inputs or outputs, or the images are of one class.
    """
    tiny = sample.first(count)
    if len(np.unique(tiny.classes)) < 2:
        raise SettingError("A tiny subset needs images of at least two classes.")
    model = make_model()
    learner = _Learner(model, tiny)
    attempts: list[Attempt] = []
    contradicting = _contradicting(tiny)
    if learner.trainable and not contradicting:
        learner.learn(learner.rate, 1, 0.0)  # compiles, which takes some seconds
        attempts = list(_attempts(learner, steps, time.monotonic(), seconds))
    return judge_tiny_subset(
        attempts,
        near=learner.near,
        images=len(tiny),
        classes=len(np.unique(tiny.classes)),
        trainable=learner.trainable,
        contradicting=contradicting,
    )


def _attempts(learner: "_Learner", steps: int, started: float, seconds: float) -> Iterator[Attempt]:
    own = learner.rate
    first = learner.learn(own, steps, started + OWN_SHARE * seconds)
    if behaviour(first, learner.near) == "slow":
        first = learner.go_on(first, steps, started + seconds)
    yield first
    others = OTHER_RATES.get(behaviour(first, learner.near), ())
    for number, factor in enumerate(others):
        left = started + seconds - time.monotonic()
        if left <= 0:
            return
        until = time.monotonic() + left / (len(others) - number)
        attempt = learner.learn(own * factor, min(steps, 2 * len(first.losses)), until)
        yield attempt
        if behaviour(attempt, learner.near) in {"reached", "slow"}:
            return


@dataclass
class _Learner:
    """A twin that learns the same images again and again from the same start."""

    model: keras.Model
    tiny: Sample
    near: float = field(init=False)
    rate: float = field(init=False)

    def __post_init__(self) -> None:
        self.rate = _rate(self.model)
        self.copy = quiet_twin(
            self.model, optimizer=_optimizer(self.model, self.rate), loss=_loss(self.model)
        )
        for _, layer in leaves(self.copy):
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = 0.0  # stores the statistics of the last images alone
        self.copy.optimizer.build(self.copy.trainable_variables)
        self.start = self.copy.get_weights()
        self.fresh = [keras.ops.convert_to_numpy(one) for one in self.copy.optimizer.variables]
        names = kernels(self.copy, self.tiny.images)
        guessing = blank_loss(self.copy, self.tiny, names[-1])[0] if names else np.nan
        self.near = NEAR * (guessing if np.isfinite(guessing) and guessing > 0 else 1.0)
        self.copy.set_weights(self.start)

    @property
    def trainable(self) -> int:
        return sum(int(np.prod(one.shape)) for one in self.copy.trainable_weights)

    def learn(self, rate: float, steps: int, until: float) -> Attempt:
        """Start anew at a rate."""
        self.copy.set_weights(self.start)
        for variable, value in zip(self.copy.optimizer.variables, self.fresh, strict=True):
            variable.assign(value)
        self.copy.optimizer.learning_rate = rate
        return self.go_on(Attempt(rate, (), None, np.nan, np.nan), steps, until)

    def go_on(self, attempt: Attempt, steps: int, until: float) -> Attempt:
        losses, reached = list(attempt.losses), None
        while len(losses) < steps and (time.monotonic() < until or not losses):
            # Nothing is random here, so that this is a score of the same images before the step.
            loss = float(self.copy.train_on_batch(self.tiny.images, self.tiny.labels))
            if loss <= self.near and len(losses):
                # Of the weights as this step has left them.
                loss_now, share = self.score()
                if share == 1 and loss_now <= self.near:
                    reached = len(losses) + 1
            losses.append(loss)
            if reached is not None or not np.isfinite(loss):
                break
        loss, share = self.score()
        return Attempt(attempt.rate, tuple(losses), reached, share, loss, self.unmoved())

    def score(self) -> tuple[float, float]:
        """Return loss and share of images recognised, in inference mode."""
        answers(self.copy, self.tiny.images, training=True)  # stores the statistics
        given = answers(self.copy, self.tiny.images)
        return data_loss(self.copy, self.tiny, given), float(right(given, self.tiny).mean())

    def unmoved(self) -> tuple[str, ...]:
        """Return the layers whose kernel is trained, and as it was."""
        held = {id(weight): number for number, weight in enumerate(self.copy.weights)}
        return tuple(
            name
            for name, layer in leaves(self.copy)
            if weighted(layer) and layer.trainable_weights
            and all(
                np.array_equal(keras.ops.convert_to_numpy(one), self.start[held[id(one)]])
                for one in layer.trainable_weights
                if len(one.shape) > 1
            )
        )  # fmt: skip


def _rate(model: keras.Model) -> float:
    """Return the model's rate; of a schedule, the highest in the first 1000 steps."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    schedule = optimizer._learning_rate
    if isinstance(schedule, keras.optimizers.schedules.LearningRateSchedule):
        return max(float(schedule(step)) for step in range(0, 1001, 10))
    return float(keras.ops.convert_to_numpy(optimizer.learning_rate))


def _optimizer(model: keras.Model, rate: float) -> keras.optimizers.Optimizer:
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    config = optimizer.get_config() | {"learning_rate": rate}
    if config.get("weight_decay"):
        config["weight_decay"] = 0.0
    return type(optimizer).from_config(config)


def _loss(model: keras.Model) -> Any:
    """Return the loss without label smoothing, under which no loss comes near 0."""
    loss = model.loss
    if not isinstance(loss, keras.losses.Loss):
        return loss
    config = loss.get_config()
    if not config.get("label_smoothing"):
        return loss
    return type(loss).from_config({**config, "label_smoothing": 0.0})


def _contradicting(tiny: Sample) -> tuple[str, ...]:
    """Return the classes that equal images have, by pairs: ``"cat and dog"``."""
    known: dict[bytes, int] = {}
    found = []
    for image, label in zip(tiny.images, tiny.classes, strict=True):
        digest = hashlib.blake2b(np.ascontiguousarray(image).tobytes()).digest()
        other = known.setdefault(digest, int(label))
        if other != label:
            found.append(f"{tiny.names[other]} and {tiny.names[int(label)]}")
    return tuple(found)
