"""Which learning rates move the loss, and which blow it up."""

import math
from collections.abc import Sequence

import keras
import numpy as np

from kit.checks.image_sample import Sample
from kit.checks.learning.learning_rate_judged import LEAST, diverging, judge_learning_rate, smoothed
from kit.checks.twins import MakeModel, compiled_like, optimizer_like, twin
from kit.checks.verdicts import Check
from kit.errors import SettingError

LOWEST, HIGHEST = 1e-7, 10.0
STEPS = 80  # ten a decade


def learning_rate(
    make_model: MakeModel,
    sample: Sample,
    *,
    steps: int = STEPS,
    batch_size: int = 16,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    seed: int = 0,
) -> Check:
    """Raise the rate from step to step and see where the loss falls and where it explodes.

    Leslie N. Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3,
    in log space as fastai's finder does it. One twin is trained with the model's own optimizer and
    loss, on the sample's images over and over; 20 images are enough.

    Args:
        make_model: Gives the model.
        sample: The images.
        steps: At most; it ends where the loss explodes.
        batch_size: Images in a step.
        lowest: The rate of the first step.
        highest: Of the last.
        seed: Draws the order of the images.

    Raises:
        SettingError: The rates do not rise from above 0, or there are too few steps.
    """
    if not 0 < lowest < highest or steps < 2 * LEAST:
        raise SettingError(
            f"A sweep must rise from above 0 in at least {2 * LEAST} steps; got {lowest} to "
            f"{highest} in {steps} steps."
        )
    model = make_model()
    rates = np.geomspace(lowest, highest, steps).tolist()
    losses = _train(model, sample, rates, min(batch_size, len(sample)), seed)
    return judge_learning_rate(rates[: len(losses)], losses, _own_rate(model))


def _train(
    model: keras.Model, sample: Sample, rates: Sequence[float], batch_size: int, seed: int
) -> list[float]:
    copy = twin(model)
    optimizer = optimizer_like(model, copy, learning_rate=rates[0])  # a schedule cannot be set
    optimizer.build(copy.trainable_variables)  # or the first step is traced twice
    compiled_like(copy, model, optimizer=optimizer, metrics=None)
    rng = np.random.default_rng(seed)
    passes = math.ceil(len(rates) * batch_size / len(sample))
    order = np.concatenate([rng.permutation(len(sample)) for _ in range(passes)])
    losses: list[float] = []
    for step, rate in enumerate(rates):
        chosen = order[step * batch_size : (step + 1) * batch_size]
        copy.optimizer.learning_rate = rate
        copy.reset_metrics()  # Keras returns the mean since the last reset
        losses.append(float(copy.train_on_batch(sample.images[chosen], sample.labels[chosen])))
        if not math.isfinite(losses[-1]) or diverging(smoothed(losses)) is not None:
            break
    return losses


def _own_rate(model: keras.Model) -> float | None:
    """Return the rate a model is compiled with, in the digits it was given in; no schedule's."""
    own = model.optimizer._learning_rate
    if not isinstance(own, keras.Variable):
        return None
    return float(str(np.float32(keras.ops.convert_to_numpy(own))))
