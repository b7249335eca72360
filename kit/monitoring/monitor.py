"""What happens inside a network while it trains, at a price that is kept small.

The measured model is a twin whose weights are copied from the one that trains, so that nothing of
the training changes: neither its weights and running statistics nor its random numbers.
"""

import math
import time
from typing import Any

import keras
import numpy as np

from kit.checks.image_sample import Sample
from kit.checks.twins import compiled_like, twin
from kit.monitoring import layer_numbers as numbers
from kit.monitoring.look_alikes import agreement, thumbnails
from kit.monitoring.measures import (
    answers,
    balanced_accuracy,
    ratio,
    scale,
    sure_accuracy,
    update_ratios,
)

COLUMNS = (
    "train_sample_loss",
    "train_sample_accuracy",
    "train_sample_balanced_accuracy",
    "update_ratio",
    "update_ratio_least",
    "update_ratio_greatest",
    "dead_share",
    "gradient_norm",
    "penalty",
    "output_spread",
    "commonest_answer",
    "sure_accuracy",
)
SHARE = 0.03  # of the training's time
FREE = 1.0  # seconds: a training that is over in a minute may spend this much in any case
BATCH = 64  # images over which a unit counts as dead
VOTES = 15  # of the most similar images: enough to outvote labels that are wrong by chance
PROBES = (1 / 3, 2 / 3)  # of an epoch: the steps whose updates are measured


class Monitor(keras.callbacks.Callback):
    """Measures a fixed sample between epochs and the updates of two steps in each.

    It adds :data:`COLUMNS` to an epoch's logs, NaN in epochs that were not measured so that the
    price stays below ``share``; the last planned epoch always is. Give it to ``fit`` before the
    callbacks that write the logs down.

    ``train_sample_*`` come from training images that are not augmented, in inference mode, and
    without penalties: Keras' own training figure is a running mean over an epoch under dropout.
    The classes take turns in the sample, so only the balanced accuracy can be compared with that of
    other images, whatever their mixture.
    Of layers, ``update_ratio`` is the median, of two the first, and ``dead_share`` the greatest.

    Args:
        train: Up to 500 images of the training part, not augmented.
        validation: Images of the validation part; the first 64 of them say which units are dead.
        augmented: The images of ``train`` as the network is trained on them, in the same order.
        share: The part of the training's time that measuring may take; None measures every epoch.

    Attributes:
        rows: One mapping a measured epoch, with ``epoch`` (0 is before training) and COLUMNS.
        layers: One mapping a layer and measured epoch: ``epoch``, ``layer``, ``update_ratio``,
            ``dead_share``; None where a layer has none.
        inputs: Least, greatest value, mean and standard deviation of what the first layer with a
            kernel takes, and ``finite``, the share of values that are numbers.
        scales: Of each layer with a kernel, how large its first weights are beside He's: their root
            mean square over the square root of 2 over the inputs of a unit. He et al., "Delving
            Deep into Rectifiers", ICCV 2015.
        neighbours: Share of the validation images whose most similar training image has their
            class: see :func:`kit.monitoring.look_alikes.agreement`.
        voting_neighbours: The same where the 15 most similar ones vote.
        augmented_neighbours: The same share of the augmented training images; NaN without them.
        plain_neighbours: And of the plain ones, to compare it with.
        seconds: What measuring took.
    """

    def __init__(
        self,
        train: Sample,
        validation: Sample,
        augmented: Sample | None = None,
        *,
        share: float | None = SHARE,
    ) -> None:
        super().__init__()
        self.train, self.validation, self.augmented = train, validation, augmented
        self.share = share
        self.neighbours = self.voting_neighbours = math.nan
        self.augmented_neighbours = self.plain_neighbours = math.nan
        self.rows: list[dict[str, float]] = []
        self.layers: list[dict[str, Any]] = []
        self.inputs: dict[str, float] = {}
        self.scales: dict[str, float] = {}
        self.seconds = self._begun = self._dearest = 0.0
        self._probed: set[int] = set()
        self._before: dict[str, list[Any]] | None = None
        self._ratios: dict[str, list[float]] = {}
        self._epoch = -1

    def on_train_begin(self, logs: Any = None) -> None:
        """Measure the untrained model."""
        self._begun = start = time.monotonic()
        self._twin = compiled_like(
            twin(self.model),
            self.model,
            optimizer=keras.optimizers.SGD(1.0),  # one step shows the gradient
            metrics=[],
            run_eagerly=True,  # compiling would cost more than all measurements
            jit_compile=False,
        )
        self._measure(0, len(self.train) if self.share is None else BATCH)
        self._compare()
        self.seconds += time.monotonic() - start

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Choose the steps to look at."""
        steps = self.params.get("steps") or 1
        self._probed = {min(int(share * steps), steps - 1) for share in PROBES}
        self._ratios = {}

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Remember the weights before the step."""
        if batch in self._probed:
            start = time.monotonic()
            self._before = numbers.kernels(self.model)
            self.seconds += time.monotonic() - start

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Compare the weights after the step."""
        if self._before is not None:
            start = time.monotonic()
            after = numbers.kernels(self.model)
            for name, weights in self._before.items():
                self._ratios.setdefault(name, []).append(ratio(weights, after[name]))
            self._before = None
            self.seconds += time.monotonic() - start

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Measure, if it is not too dear."""
        self._epoch = epoch
        row = dict.fromkeys(COLUMNS, math.nan) | update_ratios(self._ratios)
        count = self._due(epoch)
        if count:
            start = time.monotonic()
            row = self._measure(epoch + 1, count)
            self.seconds += time.monotonic() - start
        if logs is not None:
            logs.update({name: row[name] for name in COLUMNS})

    def on_train_end(self, logs: Any = None) -> None:
        """Measure the last epoch where the training ended before it was planned to."""
        trained = self._epoch + 1
        if self._epoch >= 0 and self.rows[-1]["epoch"] != trained:
            start = time.monotonic()
            self._measure(trained, min(len(self.train), 2 * BATCH))
            self.seconds += time.monotonic() - start

    def _due(self, epoch: int) -> int:
        """Return how many training images to look at, none where that would be too dear.

        In the last epoch some are looked at in any case, and what that costs is set aside before.
        """
        if self.share is None:
            return len(self.train)
        last = epoch + 1 >= (self.params.get("epochs") or 0)
        other = time.monotonic() - self._begun - self.seconds
        left = max(self.share * other, FREE) - self.seconds
        if left >= self._dearest * (1 if last else 2):
            return len(self.train)
        return max(int(len(self.train) * left / self._dearest), 2 * BATCH) if last else 0

    def _measure(self, epoch: int, count: int) -> dict[str, float]:
        """Measure everything, but no gradient where only some of the training images are asked."""
        start = time.monotonic()
        train = self.train.first(count)
        every = len(train) == len(self.train)
        for mine, theirs in zip(self._twin.weights, self.model.weights, strict=True):
            mine.assign(theirs)
        outputs, dead, inputs = numbers.looked_into(self._twin, self.validation.images[:BATCH])
        if epoch == 0:
            self.inputs = inputs
            self.scales = {name: scale(one) for name, one in numbers.kernels(self._twin).items()}
        outputs += numbers.in_batches(self._twin, self.validation.images[BATCH:])
        found = answers(np.concatenate(outputs))
        trained = np.concatenate(numbers.in_batches(self._twin, train.images))
        learned = answers(trained)
        row = update_ratios(self._ratios) | {
            "epoch": epoch,
            "train_sample_loss": numbers.loss(self.model, train.labels, trained),
            "train_sample_accuracy": float(np.mean(learned.classes == train.classes)),
            "train_sample_balanced_accuracy": balanced_accuracy(learned, train.classes),
            "dead_share": max(dead.values(), default=math.nan),
            "penalty": float(sum(float(numbers.array(one)) for one in self._twin.losses)),
            "output_spread": found.spread,
            "commonest_answer": found.commonest,
            "sure_accuracy": sure_accuracy(found, self.validation.classes),
            "gradient_norm": numbers.gradient_norm(self._twin, self.train) if every else math.nan,
        }
        self.rows.append(row)
        for name in {**dict.fromkeys(self._ratios), **dict.fromkeys(dead)}:
            moved = self._ratios.get(name)
            mean = None if moved is None else float(np.mean(moved))
            self.layers.append(
                {"epoch": epoch, "layer": name, "update_ratio": mean, "dead_share": dead.get(name)}
            )
        seen = len(train) + len(self.validation)
        whole = (len(self.train) + len(self.validation)) / seen
        self._dearest = max(self._dearest, whole * (time.monotonic() - start))
        return row

    def _compare(self) -> None:
        known = (thumbnails(self.train.images), self.train.classes)
        asked = (thumbnails(self.validation.images), self.validation.classes)
        self.neighbours = agreement(*known, *asked)
        self.voting_neighbours = agreement(*known, *asked, votes=VOTES)
        if self.augmented is not None:
            augmented = (thumbnails(self.augmented.images), self.augmented.classes)
            self.plain_neighbours = agreement(*known, *known, same=True)
            self.augmented_neighbours = agreement(*known, *augmented, same=True)
