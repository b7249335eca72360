"""The trainings of a run, one after the other, and what comes of each."""

import dataclasses
import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit import architectures, data, evaluation, files, plots, progress, runs, training
from kit.experiments.choice.attempts import Attempt
from kit.experiments.choice.method import Method
from kit.intervals import worth

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Trained:
    """An attempt after its training; the model has the weights of the epoch that is kept."""

    attempt: Attempt
    model: "keras.Model"
    history: training.History
    answering: "keras.Model"  # the model, or its head alone, which gives the same answers ...
    asked: data.Splits  # ... to features in place of images
    temperature: float | None = None  # that the last layer has in it

    @property
    def row(self) -> Mapping[Any, float]:
        """Return what was measured after the epoch that is kept."""
        return self.history.table.iloc[self.history.best_epoch - 1].to_dict()

    @property
    def value(self) -> float:
        """Return its monitored value."""
        return float(self.row[self.history.monitor])


def train_all(
    planned: Sequence[Attempt],
    first: "keras.Model",
    others: "Iterable[keras.Model]",
    divided: Sequence[data.Splits],
    run: Path,
    compiled: Mapping[str, Any],
    method: Method,
    *,
    start: float,
    max_minutes: float | None,
    tensorboard: bool,
    **fit_settings: Any,
) -> list[Trained]:
    """Train every attempt on its data and calibrate what comes of it.

    The run's model is the first's while they train, and not calibrated where they are interrupted.
    A time limit counts from ``time.monotonic() == start``; what is left of it is shared out evenly.
    """
    trained: list[Trained] = []
    left = training.minutes_left(max_minutes, start)
    shared = _shared_features(first, divided, method, left)
    models = itertools.chain([first], others)
    for attempt, model, splits, vectors in zip(planned, models, divided, shared, strict=True):
        ending = "" if not trained else f"_{attempt.name.replace(' ', '_')}"
        left = training.minutes_left(max_minutes, start)
        settings = {
            **fit_settings,
            "max_minutes": None if left is None else left / (len(planned) - len(trained)),
            "checkpoint": None if trained else run / runs.MODEL,
            "history_file": run / f"history{ending}.csv",
            "log_folder": run / f"logs{ending}" if tensorboard else None,
            "name": f"Training {attempt.name}",
        }
        own = dataclasses.replace(splits, seed=attempt.seed)
        if training.is_frozen(model):
            if vectors is not None:
                vectors = dataclasses.replace(vectors, seed=attempt.seed)
            done = _on_backbone(attempt, model, own, compiled, method, settings, vectors)
            trained.append(done)
        else:
            begun, limit = time.monotonic(), settings["max_minutes"]
            _teach_to_see(model, own, method, run, ending, limit)
            settings["max_minutes"] = training.minutes_left(limit, begun)
            history = training.fit(_learner(model, own, compiled, method), own, **settings)
            trained.append(Trained(attempt, model, history, model, own))
    trained = [
        dataclasses.replace(one, temperature=training.calibrate(one.answering, one.asked))
        for one in trained
    ]
    best = best_of(trained)
    progress.say(_calibration(best))
    runs.save_model(best.model, run / runs.MODEL)
    return trained


def _calibration(one: Trained) -> str:
    """Say what the probabilities of a model are worth."""
    if one.temperature is not None:
        images = len(one.asked.present("validation"))
        return (
            f"Calibrated on {images} validation images: a temperature of {one.temperature:.2f} is "
            "in the last layer. It changes probabilities, but no answer."
        )
    if architectures.head(one.model) == "scores":
        return "Not calibrated: the network answers with scores, which are no probabilities."
    return (
        "The probabilities are not calibrated, since no validation images are there for it: they "
        "may be higher or lower than the share of right answers."
    )


def _shared_features(
    model: "keras.Model", divided: Sequence[data.Splits], method: Method, limit: float | None
) -> Sequence[data.Splits | None]:
    """Return the features of each attempt, computed once where its folds share the images."""
    if not training.is_frozen(model) or all(splits is divided[0] for splits in divided):
        return [None] * len(divided)
    return training.shared_features(
        model, divided, views=method.views, cache=method.cache, max_minutes=limit
    )


def _teach_to_see(
    model: "keras.Model",
    splits: data.Splits,
    method: Method,
    run: Path,
    ending: str,
    limit: float | None,
) -> None:
    """Pre-train by an autoencoder where that was asked for, in half the time, and draw its work."""
    if method.pretrain == "none":
        return
    more = method.unlabelled
    asked = {
        "epochs": method.pretrain_epochs,
        "noise": method.pretrain_noise,
        "loss": method.pretrain_loss,
    }
    done = training.pretrain(
        model,
        splits,
        **{name: value for name, value in asked.items() if value is not None},  # type: ignore[arg-type]
        unlabelled=None if more is None else data.unlabelled(more, splits, method.cache),
        max_minutes=None if limit is None else limit / 2,
    )
    columns = ("image", "with noise", "drawn again")
    figure = plots.augmented(done.reconstructions, columns=columns)
    plots.save(figure, run / "figures" / f"reconstructions{ending}.png")
    if method.keep_autoencoder:
        runs.save_model(done.autoencoder, run / f"autoencoder{ending}.keras")
    history = done.history.table
    files.write(
        run / f"history_pretraining{ending}.csv",
        lambda temporary: history.to_csv(temporary, index=False),
    )


def _learner(
    model: "keras.Model", splits: data.Splits, compiled: Mapping[str, Any], method: Method
) -> "keras.Model":
    """Return what is fitted: the model, or one that teaches it by classifiers halfway."""
    if not method.auxiliary:
        return model
    import keras

    keras.utils.set_random_seed(splits.seed)  # of the classifiers halfway, whatever came before
    return training.compile_model(training.with_auxiliary(model), **compiled)


def _on_backbone(
    attempt: Attempt,
    model: "keras.Model",
    splits: data.Splits,
    compiled: Mapping[str, Any],
    method: Method,
    settings: Mapping[str, Any],
    vectors: data.Splits | None,
) -> Trained:
    """Train the head on features, and where it was asked for the backbone's last layers."""
    start, limit = time.monotonic(), settings["max_minutes"]
    layers, rate = method.thawed, method.fine_tune_rate
    parts = 1 if layers is None else 2
    done = training.fit_head(
        model,
        splits,
        compiled=compiled,
        views=method.views,
        cache=method.cache,
        computed=vectors,
        **{**settings, "max_minutes": None if limit is None else limit / parts},
    )
    if layers is None:
        return Trained(attempt, model, done.history, done.head, done.splits)
    logs = settings["log_folder"]
    history = training.fine_tune(
        model,
        splits,
        layers,
        done.history,
        compiled=compiled,
        **({} if rate is None else {"learning_rate": rate}),
        **{
            **settings,
            "epochs": method.fine_tune_epochs,
            "max_minutes": training.minutes_left(limit, start),
            # Until it is clear which is better, files and model are those of the head.
            "checkpoint": None,
            "history_file": None,
            "watch": False,  # its twin of a backbone would cost more than the training
            "log_folder": None if logs is None else logs / "fine-tune",
        },
    )
    file = settings["history_file"]
    files.write(file, lambda temporary: history.table.to_csv(temporary, index=False))
    return Trained(attempt, model, history, model, splits)


def best_of(trained: Sequence[Trained]) -> Trained:
    """Return the attempt that is kept: by the rule for epochs, of which each has one."""
    monitor, counts = trained[0].history.monitor, trained[0].asked.counts("validation").values()
    images = worth([*counts], balanced="balanced" in monitor)
    return trained[evaluation.best_place([one.row for one in trained], monitor, images)]
