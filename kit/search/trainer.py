"""Trains the jobs of a search with whatever builds its data and its networks."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kit import architectures, data
from kit.choices import ClassWeight, Schedule
from kit.errors import SettingError
from kit.search.memory import nothing_left
from kit.search.trials import Job, Outcome, Report, RunTrial, plain_row

if TYPE_CHECKING:
    import keras

KEPT = 4  # data sets whose statistics are kept: a search goes to and fro between sizes


def from_builders(
    make_model: Callable[..., "keras.Model"],
    make_splits: Callable[..., data.Splits],
    *,
    schedule: Schedule = "one-cycle",
    decay: float | None = None,
    every: int | None = None,
    class_weight: ClassWeight = "none",
) -> RunTrial:
    """Return what trains the jobs of a search.

    A trial is a function of its values and its seed: what was trained before it in the same process
    changes nothing, and neither does a change of process between two of its jobs. A frozen backbone
    is run in every epoch; :func:`kit.training.feature_splits` computes once what it sees, for heads
    to be searched on that.

    Args:
        make_model: Called for each job with its data and its values, after Keras' random numbers
            were started from its seed; returns the compiled network, new.
        make_splits: Called for each job with its values; returns the data, the same object for the
            same data.
        schedule: How the rate goes from epoch to epoch, unless a value "schedule" says it.
        decay: Its constant, unless a value "decay" says it.
        every: Epochs between the steps of schedule "step", unless a value "every" says it.
        class_weight: As in :func:`kit.training.fit`, unless a value "class_weight" says it.
    """
    return _Builders(
        make_model,
        make_splits,
        {"schedule": schedule, "decay": decay, "every": every},
        class_weight,
    )


@dataclass(frozen=True)
class _Builders:
    make_model: Callable[..., "keras.Model"]
    make_splits: Callable[..., data.Splits]
    schedule: Mapping[str, Any]
    class_weight: ClassWeight
    kept: dict[tuple[int, str], tuple[data.Splits, Any]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def __call__(self, job: Job, report: Report) -> Outcome:
        """Train a job, and leave nothing of it in memory."""
        import tensorflow as tf

        with nothing_left():
            try:
                return self._run(job, report)
            except (MemoryError, tf.errors.ResourceExhaustedError):
                return Outcome("out of memory")

    def _run(self, job: Job, report: Report) -> Outcome:
        from kit import training

        schedule = {name: job.values.get(name, one) for name, one in self.schedule.items()}
        class_weight = job.values.get("class_weight", self.class_weight)
        try:
            training.check_span(job.first, job.last, job.epochs, share=job.share, **schedule)
            model, splits = self._built(job)
            training.check_batches(model, splits, class_weight)
        except SettingError as error:
            return Outcome(f"cannot be built: {error}")
        span = training.fit_span(
            model,
            splits,
            first=job.first,
            last=job.last,
            epochs=job.epochs,
            **schedule,
            class_weight=class_weight,
            share=job.share,
            report=lambda row: report(plain_row(row)),
            state=job.state,
        )
        return Outcome(span.stopped)

    def _built(self, job: Job) -> "tuple[keras.Model, data.Splits]":
        import keras

        made = self.make_splits(**job.values)
        splits = dataclasses.replace(made, seed=job.seed)
        keras.utils.set_random_seed(job.seed)
        model = self.make_model(splits, **job.values)
        if architectures.needs_data(model):
            self._adapt(model, made)
        return model, splits

    def _adapt(self, model: "keras.Model", made: data.Splits) -> None:
        """Give the scaling the statistics of the training images, which are read once."""
        scale = model.get_layer("scale")
        key = (id(made), str(scale.axis))
        if key not in self.kept:
            batches = data.ordered_batches(made, "train", "int")
            architectures.adapt(model, (images.numpy() for images, _ in batches))
            self.kept[key] = (made, scale.get_weights())  # holding the data keeps its id its own
            while len(self.kept) > KEPT:
                del self.kept[next(iter(self.kept))]
        scale.set_weights(self.kept[key][1])
        scale.finalize_state()
