"""Trains the jobs of a search with whatever builds its data and its networks."""

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, cast

from kit import architectures, data
from kit.choices import ClassWeight, Schedule
from kit.data.features import smote
from kit.errors import SettingError
from kit.search.memory import nothing_left
from kit.search.trials import Job, Outcome, Report, RunTrial, plain_row

if TYPE_CHECKING:
    import keras

    from kit.data.features.features import Features

KEPT = 4  # data sets whose features or statistics are kept: a search goes to and fro between sizes


class MakeSplits(Protocol):
    """Loads the data of a trial; the same object for the same data, if it was there before."""

    def __call__(self, **values: Any) -> data.Splits:
        """Return it, for the values of all settings that are searched."""


class MakeModel(Protocol):
    """Builds and compiles the network of a trial."""

    def __call__(self, splits: data.Splits, **values: Any) -> "keras.Model":
        """Return it, new."""


def from_builders(
    make_model: MakeModel,
    make_splits: MakeSplits,
    *,
    schedule: Schedule = "one-cycle",
    decay: float | None = None,
    every: int | None = None,
    class_weight: ClassWeight = "none",
) -> RunTrial:
    """Return what trains the jobs of a search.

    A trial is a function of its values and its seed: what was trained before it in the same process
    changes nothing, and neither does a change of process between two of its jobs. A network with a
    frozen backbone is not trained as a whole: what the backbone sees in the images is computed
    once for all trials, and each trains its head on that.

    Args:
        make_model: Called for each job, after Keras' random numbers were started from its seed.
        make_splits: Called for each job before that.
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
    make_model: MakeModel
    make_splits: MakeSplits
    schedule: Mapping[str, Any]
    class_weight: ClassWeight
    kept: "_Kept" = field(default_factory=lambda: _Kept(), repr=False, compare=False)

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
        """Return the network to train, which is the head alone where it can be, and its data."""
        import keras

        from kit import training

        made = self.make_splits(**job.values)
        splits = dataclasses.replace(made, seed=job.seed)
        keras.utils.set_random_seed(job.seed)
        model = self.make_model(splits, **job.values)
        self._adapt(model, made)
        if not training.is_frozen(model) or len(splits.images.shape) < 3:
            return model, splits
        name = training.feature_name(model)
        vectors = self.kept.get(made, name, lambda: _features(model, made))
        vectors = dataclasses.replace(vectors, seed=job.seed)
        if vectors.sampling == "smote":
            vectors = smote.oversampled(vectors)
        return training.head_alone(model), vectors

    def _adapt(self, model: "keras.Model", made: data.Splits) -> None:
        """Give the scaling the statistics of the training images, which are read once."""
        if not architectures.needs_data(model):
            return
        scale = model.get_layer("scale")

        def statistics() -> Any:
            batches = data.ordered_batches(made, "train", "int")
            architectures.adapt(model, (images.numpy() for images, _ in batches))
            return scale.get_weights()

        scale.set_weights(self.kept.get(made, f"scale {scale.axis}", statistics))
        scale.finalize_state()


@dataclass(frozen=True)
class _Kept:
    """What was computed of the data sets that were asked for last."""

    found: "OrderedDict[tuple[int, str], tuple[data.Splits, Any]]" = field(
        default_factory=OrderedDict
    )

    def get(self, splits: data.Splits, name: str, compute: Callable[[], Any]) -> Any:
        """Return what has this name, computed where it is not there."""
        key = (id(splits), name)
        if key not in self.found:
            self.found[key] = (splits, compute())  # holding the splits keeps their id theirs
        self.found.move_to_end(key)
        while len(self.found) > KEPT:
            self.found.popitem(last=False)
        return self.found[key][1]


def _features(model: "keras.Model", splits: data.Splits) -> data.Splits:
    from kit import training

    vectors = training.feature_splits(model, splits)
    if cast("Features", vectors.images).finite:
        return vectors
    return training.feature_splits(model, splits, half=False)
