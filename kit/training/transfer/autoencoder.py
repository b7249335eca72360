"""Pre-training without labels: an encoder learns by drawing its images again.

Vincent et al., "Stacked Denoising Autoencoders", Journal of Machine Learning Research 11, 2010:
what restores a noisy image from fewer numbers has to know what images are made of.
"""

import contextlib
import dataclasses
import math
import time
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from kit import choices, data, monitoring, progress
from kit.data import samples
from kit.errors import SettingError
from kit.training.callbacks import BestWeights, HistoryTable, ShowProgress
from kit.training.compiling import _compiler
from kit.training.fit_checks import check_diverged, check_fit, default_epochs
from kit.training.fitting import History
from kit.training.pace import Pace
from kit.training.schedules import Schedule
from kit.training.transfer import drawing

LOSSES = {
    "mse": "mean_squared_error",
    "l1": "mean_absolute_error",
    "crossentropy": "binary_crossentropy",  # of pixels, each a probability of being bright
}
RATE = 1e-3  # of Adam, at the peak of the schedule
SHOWN = 8  # images drawn again for a picture


@dataclass(frozen=True, eq=False)
class Pretraining:
    """What a pre-training did.

    Attributes:
        history: One row per epoch in ``table``: ``epoch`` (from 1), ``loss``, ``val_loss``,
            ``learning_rate`` and ``seconds``. The loss is that of pixels scaled to [0, 1], and
            the penalty of an encoder with one.
        autoencoder: The encoder, whose layers are the model's, and the decoder behind it: images as
            the model takes them in, images of values in [0, 1] out.
        images: Number of images in an epoch.
        reconstructions: uint8 ``(n, 3, height, width, channels)`` of at most 8 validation images:
            as they are, with the noise, and as they were drawn again.
    """

    history: History
    autoencoder: keras.Model
    images: int
    reconstructions: NDArray[np.uint8]


def pretrain(
    model: keras.Model,
    splits: data.Splits,
    *,
    epochs: int | None = None,
    learning_rate: float = RATE,
    schedule: choices.Schedule = "one-cycle",
    noise: float = 0.1,
    loss: str = "mse",
    unlabelled: data.Images | None = None,
    max_minutes: float | None = None,
) -> Pretraining:
    """Train the layers of a classifier up to its last map as the encoder of an autoencoder.

    A decoder of transposed convolutions is put behind the map and learns to give back the image.
    The model keeps the encoder's weights; its head stays as it was. No label is read. Augmentation
    applies as in the training of the classifier.

    Args:
        model: A classifier of either style with a layer "features" behind its last map. Whether it
            is compiled does not matter and does not change.
        splits: The data: training images are learnt from, validation images choose the epoch.
        epochs: Passes over the images; by default about 1,500 steps of them, 10 to 100.
        learning_rate: The highest of the schedule, for Adam.
        schedule: How the rate goes from epoch to epoch.
        noise: Standard deviation of the Gaussian noise on the images, as a share of the range of
            pixels; the clean image is to be given back. 0 for none.
        loss: How an image that was drawn is compared with the clean one, pixel by pixel: "mse",
            "l1" or "crossentropy".
        unlabelled: More images to learn from, see :func:`kit.data.unlabelled`.
        max_minutes: Limit; as many epochs are trained as fit, of the first as many steps.

    Raises:
        SettingError: A setting is out of its range, or the model has no map or no weights to train
            before it.
        KitError: Training diverged before a single epoch was usable.
    """
    splits = dataclasses.replace(splits, mix=None, sampling="none")  # those are of labels
    seen = splits if unlabelled is None else _with_more(splits, unlabelled)
    epochs = default_epochs(data.steps(seen)) if epochs is None else epochs
    check_fit(epochs, "val_loss", schedule, None, max_minutes)
    if not 0 < learning_rate < math.inf:
        raise SettingError(f"learning_rate must be above 0, not {learning_rate}.")
    if not 0 <= noise <= 1:
        raise SettingError(
            f"noise must be from 0 to 1, a share of the range of pixels, not {noise}."
        )
    if loss not in LOSSES:
        raise SettingError(f"loss must be one of {', '.join(LOSSES)}, not {loss!r}.")
    last = "sigmoid" if loss == "crossentropy" else "linear"  # 0 and 1, as that loss wants it
    autoencoder = drawing.autoencoder(model, splits.seed, last)
    optimizer = keras.optimizers.Adam(learning_rate)
    optimizer.build(autoencoder.trainable_variables)  # or the first step is traced twice
    autoencoder.compile(optimizer, LOSSES[loss], jit_compile=_compiler())
    limit = None if max_minutes is None else 60 * max_minutes
    validated = data.steps(splits, "validation")
    steps = data.steps(seen)
    pace = Pace(Schedule(schedule), learning_rate, epochs, steps, limit, validated=validated)
    best = BestWeights("val_loss", 0, None, pace, None)
    # A black image in place of a white one has an error of 1: more is no drawing.
    guard, table = monitoring.LossGuard(floor=1.0, look=0), HistoryTable(None)
    display = ShowProgress(pace, "val_loss", "Pre-training")
    start, cpu_start = time.monotonic(), time.process_time()
    with contextlib.ExitStack() as stack:
        stack.callback(display.close)
        stack.enter_context(data.named_failures(seen.images))
        autoencoder.fit(
            _noisy(data.training_batches(seen, "int"), noise, splits.seed),
            validation_data=_noisy(
                data.ordered_batches(splits, "validation", "int"), noise, splits.seed
            ),
            epochs=epochs,
            steps_per_epoch=pace.steps,
            shuffle=False,  # the stream is
            callbacks=[guard, best, table, pace, display],
            verbose=0,
        )
        check_diverged(guard, best, table, f"{min(learning_rate / 10, RATE):.1g}", "Pre-training")
        drawn = _drawn(autoencoder, splits, noise)
    stopped = guard.stopped or pace.stopped
    if stopped:
        progress.say(f"Stopped: {stopped}.")
    history = History(
        table=table.table,
        monitor="val_loss",
        best_epoch=best.best_epoch + 1,
        stopped=stopped,
        seconds=time.monotonic() - start,
        cpu_seconds=time.process_time() - cpu_start,
    )
    return Pretraining(history, autoencoder, len(seen.parts["train"]), drawn)


def _noisy(batches: Any, noise: float, seed: int) -> Any:
    """Turn batches (images, labels) into batches (noisy images, clean images in [0, 1])."""
    import tensorflow as tf  # the pipeline is TensorFlow's on every backend

    def changed(number: Any, batch: tuple[Any, Any]) -> tuple[Any, Any]:
        images = batch[0]
        # What is added depends on the seed and the number of the batch, and on nothing else.
        random = tf.random.stateless_normal(tf.shape(images), [tf.constant(seed, tf.int64), number])
        return tf.clip_by_value(images + 255 * noise * random, 0.0, 255.0), images / 255

    return batches.enumerate().map(changed)


def _drawn(autoencoder: keras.Model, splits: data.Splits, noise: float) -> NDArray[np.uint8]:
    import tensorflow as tf

    given, _, _ = samples.random_images(splits, SHOWN, part="validation")
    batch = tf.data.Dataset.from_tensors((given.astype(np.float32), np.zeros(len(given))))
    noisy, _ = _noisy(batch, noise, splits.seed).get_single_element()
    answers = 255 * autoencoder.predict_on_batch(noisy.numpy())
    rows = np.stack([given, noisy.numpy(), answers], axis=1)
    return np.asarray(np.rint(np.clip(rows, 0, 255)), np.uint8)


def _with_more(splits: data.Splits, unlabelled: data.Images) -> data.Splits:
    """Return the data with more training images, whose labels nobody may ask for."""
    joined = data.Joined(splits.images, unlabelled)
    added = np.arange(len(splits.images), len(joined))
    return dataclasses.replace(
        splits,
        images=joined,
        labels=np.zeros(len(joined), np.int64),
        parts={**splits.parts, "train": np.concatenate([splits.parts["train"], added])},
    )
