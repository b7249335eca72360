"""The one loop of all trainings on labels: Keras' epochs at a pace, from a state on."""

import contextlib
import math
from collections.abc import Sequence

import keras

from kit import data
from kit.choices import ClassWeight
from kit.training.balance import check_batches, class_weights
from kit.training.compiling import learning_rate
from kit.training.continuation import State
from kit.training.fit_checks import check_compiled
from kit.training.pace import Pace
from kit.training.schedules import Schedule


class Halfway(Exception):  # noqa: N818
    """Ends an epoch that is stopped: its validation would be wasted."""


class Loop:
    """What a training does in every epoch, whatever else looks on.

    Attributes:
        pace: How fast the model learns, and how long; to be among the callbacks.
    """

    def __init__(
        self,
        model: keras.Model,
        splits: data.Splits,
        epochs: int,
        schedule: Schedule,
        class_weight: ClassWeight,
        *,
        last: int | None = None,
        share: float = 1.0,
        max_minutes: float | None = None,
    ) -> None:
        """Check the model and plan its epochs.

        Args:
            model: Compiled; its optimizer's learning rate is the peak of the schedule.
            splits: The data.
            epochs: What the schedule runs over.
            schedule: How the rate goes from epoch to epoch.
            class_weight: As in :func:`kit.training.fit`.
            last: The epoch (from 1) to end with; None for the end of the schedule.
            share: Of the steps of an epoch that are done; at least one is.
            max_minutes: Limit for the training, and for calibrating and scoring the model after it.

        Raises:
            SettingError: The model is not compiled, or its loss cannot take what batches hold.
        """
        check_compiled(model)
        check_batches(model, splits, class_weight)
        self.model, self.splits, self.class_weight = model, splits, class_weight
        steps = {part: data.steps(splits, part) for part in splits.parts}
        self.pace = Pace(
            schedule,
            learning_rate(model),
            epochs,
            max(1, math.ceil(round(share * steps["train"], 6))),  # 0.7 * 10 is above 7
            None if max_minutes is None else 60 * max_minutes,
            last,
            validated=steps.get("validation", 0),
            scored=2 * steps.get("validation", 0) + steps.get("test", 0),  # twice: to calibrate
        )

    def run(
        self,
        callbacks: Sequence[keras.callbacks.Callback],
        first: int = 0,
        state: State | None = None,
    ) -> int:
        """Let Keras train, and name the file where an image cannot be read.

        Args:
            callbacks: What happens between the steps.
            first: Epochs that were trained before, after which the state was written.
            state: What it goes on from, and what is written to go on from.

        Returns:
            How many epochs had been trained when it began: 0 where there was nothing to go on from.
        """
        model, splits, pace = self.model, self.splits, self.pace
        labels = "binary" if model.output_shape[-1] == 1 else "categorical"
        weights = class_weights(splits) if self.class_weight == "balanced" else None
        if model.built and model.trainable_variables and not model.optimizer.built:
            # Else TensorFlow traces the step twice: the first time makes the optimizer's variables.
            model.optimizer.build(model.trainable_variables)
        training = {
            "epochs": pace.epochs,
            "steps": pace.steps,
            "schedule": {name: one for name, one in vars(pace.schedule).items() if one is not None},
            "peak": pace.peak,
            "class_weight": self.class_weight,
            "seed": splits.seed,
            "batch_size": splits.batch_size,
            "data": splits.fingerprint,
        }
        first = state.begin(model, pace, training, first) if state else 0
        pace.taken = first * pace.steps
        with (
            contextlib.ExitStack() as stack,
            contextlib.suppress(Halfway),
            data.named_failures(splits.images),
        ):
            stack.callback(setattr, model.optimizer, "learning_rate", pace.peak)  # for another fit
            model.fit(
                data.training_batches(splits, labels, first, weights),
                validation_data=data.ordered_batches(splits, "validation", labels)
                if "validation" in splits.parts
                else None,
                initial_epoch=first,
                epochs=pace.end,
                steps_per_epoch=pace.steps,
                shuffle=False,  # the stream is
                callbacks=[*callbacks, *([state] if state else [])],
                verbose=0,
            )
        return first
