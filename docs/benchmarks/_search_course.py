"""The course's experiment on CIFAR-10: its images, its network and one training of it.

Pixels 0 to 255 minus the mean image, not rescaled; two layers, 50 hidden units; weights 1e-4 times
a unit Gaussian; batches of 100; plain SGD, whose rate is 0.9 times that of the epoch before; a
penalty of lambda/2 times the sum of squares of all weights but biases, which is Keras' L2(lambda/2)
and called ``l2`` here. 49,000 images train and 1,000 validate (CS231n, "Hyperparameter search").
"""

import io
import math
import os
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from kit import monitoring
from kit.search import Job, Outcome, Report
from kit.training import continuation

ARCHIVE = Path(os.environ.get("CIFAR10", "cifar10.zip"))  # cifar10/train/CLASS/NUMBER.jpg
VALIDATION = 1000
SPLIT = (
    34  # seed of the shuffling: with it, the course's best setting by hand gives what it gave there
)
BATCH, HIDDEN, DECAY, DEVIATION = 100, 50, 0.9, 1e-4
STEPS = 10  # between two looks of Keras at callbacks: a third less processor time than 1


class Arrays(NamedTuple):
    """Images as rows of float32, their mean subtracted, and class numbers."""

    images: np.ndarray
    labels: np.ndarray
    validation: np.ndarray
    answers: np.ndarray


def one_thread() -> None:
    """Make processor seconds comparable; to be called first."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


def load(training: int = 49_000, split: int = SPLIT, divisor: float = 1.0) -> Arrays:
    """Return the first 1,000 of the shuffled images for validation, the next ones for training.

    Args:
        training: How many of the 49,000 that are left.
        split: Seed of the shuffling.
        divisor: 255 puts the pixels into [0, 1].
    """
    pixels, labels = decoded()
    order = np.random.default_rng(split).permutation(len(pixels))[: VALIDATION + training]
    images = pixels[order].reshape(len(order), -1).astype(np.float32) / np.float32(divisor)
    images -= images[VALIDATION:].mean(0)
    labels = labels[order].astype(np.int32)
    return Arrays(
        images[VALIDATION:], labels[VALIDATION:], images[:VALIDATION], labels[:VALIDATION]
    )


def decoded() -> tuple[np.ndarray, np.ndarray]:
    """Return the training images in the order of their names, and their class numbers."""
    pixels, labels = [], []
    with zipfile.ZipFile(ARCHIVE) as archive:
        names = sorted(one for one in archive.namelist() if "/train/" in one and one[-4:] == ".jpg")
        classes = sorted({name.split("/")[-2] for name in names})
        for name in names:
            with Image.open(io.BytesIO(archive.read(name))) as image:
                pixels.append(np.asarray(image.convert("RGB")))
            labels.append(classes.index(name.split("/")[-2]))
    return np.stack(pixels), np.asarray(labels)


def network(learning_rate: float, l2: float) -> keras.Model:
    """Return the network, compiled; ``data_loss`` is its loss without the penalty."""

    def dense(units: int, activation: str) -> keras.layers.Layer:
        return keras.layers.Dense(
            units,
            activation,
            kernel_initializer=keras.initializers.RandomNormal(stddev=DEVIATION),
            kernel_regularizer=keras.regularizers.L2(l2),
        )

    model = keras.Sequential(
        [keras.Input((32 * 32 * 3,)), dense(HIDDEN, "relu"), dense(10, "softmax")]
    )
    model.compile(
        keras.optimizers.SGD(learning_rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy", keras.metrics.SparseCategoricalCrossentropy("data_loss")],
        jit_compile=False,
        steps_per_execution=STEPS,
    )
    return model


def decay(learning_rate: float) -> keras.callbacks.Callback:
    """Return what sets the rate of each epoch."""
    return keras.callbacks.LearningRateScheduler(lambda epoch: learning_rate * DECAY**epoch)


def trainer(
    arrays: Arrays, seen: Callable[[Job, dict], None], keep: bool = False
) -> Callable[[Job, Report], Outcome]:
    """Return what trains the jobs of a search on these arrays.

    Args:
        arrays: The data.
        seen: Called with each row before it is reported.
        keep: Compile one network for all jobs, and give it new weights for each: the results are
            the same, and the second or more that TensorFlow takes to trace a network is saved.
    """
    images, labels = (tf.constant(one) for one in arrays[:2])
    validation = tf.data.Dataset.from_tensors((arrays.validation, arrays.answers))
    kept: list[keras.Model] = []

    def run_trial(job: Job, report: Report) -> Outcome:
        if not keep:
            keras.backend.clear_session()
        keras.utils.set_random_seed(job.seed)
        rate = job.values["learning_rate"]
        model = network(rate, job.values["l2"])
        if keep:
            model = again(kept, model)
        model.optimizer.build(model.trainable_variables)
        guard = monitoring.LossGuard(floor=math.log(10), log="data_loss", each_epoch=True, look=0)
        known = {"trial": job.trial, "seed": job.seed, "epochs": job.epochs}
        first = job.first
        if first and not (
            job.state is not None
            and continuation.restore(job.state, model, guard, {**known, "done": first})
        ):
            first = 0
        steps = max(STEPS, round(job.share * len(arrays.images) / BATCH / STEPS) * STEPS)
        model.fit(
            batches(images, labels, job.seed, first, job.last, steps),
            initial_epoch=first,
            epochs=job.last,
            steps_per_epoch=steps,
            validation_data=validation,
            callbacks=[guard, decay(rate), _Rows(guard, job, report, seen)],
            shuffle=False,  # the stream is
            verbose=0,
        )
        if job.state is not None and job.last < job.epochs and not guard.stopped:
            continuation.save(job.state, model, guard, {**known, "done": job.last})
        return Outcome(guard.stopped)

    return run_trial


def again(kept: list[keras.Model], fresh: keras.Model) -> keras.Model:
    """Return the network that is kept, with the weights and the penalty of a fresh one."""
    if not kept:
        kept.append(fresh)
        for layer in fresh.layers:
            strength = layer.kernel_regularizer.l2
            layer.kernel_regularizer.l2 = keras.Variable(strength, trainable=False)
        return fresh
    model = kept[0]
    for old, new in zip(model.layers, fresh.layers, strict=True):
        old.kernel_regularizer.l2.assign(new.kernel_regularizer.l2)
    model.set_weights(fresh.get_weights())
    model.optimizer.iterations.assign(0)
    model.stop_training = False
    return model


def batches(
    images: tf.Tensor, labels: tf.Tensor, seed: int, first: int, last: int, steps: int
) -> tf.data.Dataset:
    """Return the batches of these epochs, whose order is a function of the seed and the epoch."""

    def orders() -> Iterator[np.ndarray]:
        for epoch in range(first, last):
            order = np.random.default_rng([seed, epoch]).permutation(len(labels))
            yield order[: steps * BATCH].astype(np.int32).reshape(steps, BATCH)

    rows = tf.data.Dataset.from_tensor_slices(np.concatenate(list(orders())))
    stream = rows.map(lambda row: (tf.gather(images, row), tf.gather(labels, row)))
    return stream.prefetch(2)


class _Rows(keras.callbacks.Callback):
    """Reports the row of each epoch."""

    def __init__(
        self,
        guard: monitoring.LossGuard,
        job: Job,
        report: Report,
        seen: Callable[[Job, dict], None],
    ) -> None:
        super().__init__()
        self.guard, self.job, self.report, self.seen = guard, job, report, seen
        self.begun = self.cpu_begun = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.begun, self.cpu_begun = time.monotonic(), time.process_time()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        row = {
            "epoch": epoch + 1,
            **{name: float(np.float32(value)) for name, value in (logs or {}).items()},
            "seconds": time.monotonic() - self.begun,
            "cpu_seconds": time.process_time() - self.cpu_begun,
        }
        if self.guard.stopped:  # of part of an epoch; its validation says nothing
            row = {name: value for name, value in row.items() if not name.startswith("val_")}
        self.seen(self.job, row)
        self.report(row)
