"""The trainings of a run, one after the other, and what comes of each."""

import dataclasses
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import architectures, data, evaluation, plots, progress, runs, training
from kit.experiments import score_files
from kit.experiments.choice.plan import Attempt, Plan
from kit.experiments.trainings import building
from kit.intervals import worth
from kit.settings import Training

if TYPE_CHECKING:
    import keras

AFTER = 8 / 60  # minutes of a limit that are left for pictures and the report, or an eighth of it


@dataclass(frozen=True)
class Trained:
    """An attempt after its training; the model has the weights of the epoch that is kept."""

    attempt: Attempt
    model: "keras.Model"
    history: training.History
    answering: "keras.Model"  # the model, or its head alone, which gives the same answers ...
    asked: data.Splits  # ... to features in place of images
    temperature: float | None = None  # that the last layer has in it
    penalties: pd.DataFrame | None = None  # that a head was solved with

    @property
    def row(self) -> Mapping[Any, float]:
        """Return what was measured after the epoch that is kept."""
        return self.history.table.iloc[self.history.best_epoch - 1].to_dict()

    @property
    def value(self) -> float:
        """Return its monitored value."""
        return float(self.row[self.history.monitor])


def train_all(
    plan: Plan,
    models: "Iterable[keras.Model]",
    divided: Sequence[data.Splits],
    run: Path,
    start: float,
) -> list[Trained]:
    """Train every attempt on its data and calibrate what comes of it.

    The run's model is the first's while they train, and not calibrated where they are interrupted.
    A time limit counts from ``time.monotonic() == start``; what is left of it is shared out evenly.
    """
    trained: list[Trained] = []
    features: Sequence[data.Splits | None] = ()
    for attempt, model, splits in zip(plan.attempts, models, divided, strict=True):
        left = training.minutes_left(training_limit(plan.settings.duration.max_minutes), start)
        features = features or _shared_features(plan, model, divided, left)
        own = dataclasses.replace(splits, seed=attempt.seed)
        share = None if left is None else left / (len(plan.attempts) - len(trained))
        fit_settings = _fit_settings(plan.settings, attempt, run, share, first=not trained)
        if training.is_frozen(model):
            vectors = features[len(trained)]
            if vectors is not None:
                vectors = dataclasses.replace(vectors, seed=attempt.seed)
            teach = _solved if plan.settings.transfer.solve_head == "yes" else _on_backbone
            trained.append(teach(plan, attempt, model, own, fit_settings, vectors))
        else:
            trained.append(_from_scratch(plan, attempt, model, own, fit_settings))
    for one in trained:
        runs.in_full(one.model)  # as its file answers
    trained = [
        dataclasses.replace(one, temperature=training.calibrate(one.answering, one.asked))
        for one in trained
    ]
    best = best_of(trained)
    progress.say(_calibration(best))
    runs.save_model(best.model, run / runs.MODEL)
    return trained


def best_of(trained: Sequence[Trained]) -> Trained:
    """Return the attempt that is kept: by the rule for epochs, of which each has one."""
    monitor, counts = trained[0].history.monitor, trained[0].asked.counts("validation").values()
    images = worth([*counts], balanced="balanced" in monitor)
    return trained[evaluation.best_place([one.row for one in trained], monitor, images)]


def kept_data(trained: Sequence[Trained], divided: Sequence[data.Splits]) -> data.Splits:
    """Return the data of the attempt that is kept."""
    best = best_of(trained)
    return next(splits for splits, one in zip(divided, trained, strict=True) if one is best)


def training_limit(max_minutes: float | None) -> float | None:
    """Return the limit less what pictures and the report take after the training."""
    return None if max_minutes is None else max_minutes - min(AFTER, max_minutes / 8)


def _fit_settings(
    settings: Training, attempt: Attempt, run: Path, max_minutes: float | None, first: bool
) -> dict[str, Any]:
    """Return what an attempt is fitted with; only the first one's model is saved meanwhile."""
    ending = "" if first else f"_{attempt.name.replace(' ', '_')}"
    return {
        **building.fit_settings(settings),
        "max_minutes": max_minutes,
        "checkpoint": run / runs.MODEL if first else None,
        "history_file": run / f"history{ending}.csv",
        "log_folder": run / f"logs{ending}" if settings.record.tensorboard else None,
        "name": f"Training {attempt.name}",
        "watch": settings.record.check and not settings.transfer.auxiliary,
    }


def _calibration(one: Trained) -> str:
    """Say what the probabilities of a model are worth."""
    if one.temperature is not None:
        images = len(one.asked.present("validation"))
        return (
            f"Calibrated on {images} validation images: the last layer contains a temperature of "
            f"{one.temperature:.2f}. It changes probabilities, but no answer."
        )
    if architectures.head(one.model) == "scores":
        return "Not calibrated: the network returns scores, not probabilities."
    return (
        "The probabilities are not calibrated, because there are no validation images: they may be "
        "higher or lower than the share of right answers."
    )


def _shared_features(
    plan: Plan, model: "keras.Model", divided: Sequence[data.Splits], limit: float | None
) -> Sequence[data.Splits | None]:
    """Return the features of each attempt, computed once where its folds share the images."""
    if not training.is_frozen(model) or all(splits is divided[0] for splits in divided):
        return [None] * len(divided)
    views, cache = plan.settings.transfer.views, plan.settings.images.cache
    return training.shared_features(model, divided, views=views, cache=cache, max_minutes=limit)


def _from_scratch(
    plan: Plan,
    attempt: Attempt,
    model: "keras.Model",
    splits: data.Splits,
    fit_settings: Mapping[str, Any],
) -> Trained:
    """Train a network as a whole, where that was asked for after an autoencoder taught it to see.

    Classifiers halfway, where they were asked for, help it to learn and are thrown away.
    """
    start, limit = time.monotonic(), fit_settings["max_minutes"]
    if plan.settings.transfer.pretrain != "none":
        _pretrain(plan.settings, model, splits, fit_settings["history_file"], limit)
    learner = model
    if plan.settings.transfer.auxiliary:
        import keras

        keras.utils.set_random_seed(splits.seed)  # of what is halfway, whatever came before
        compiled = building.compile_settings(plan.choice, plan.settings.optimization)
        learner = training.compile_model(training.with_auxiliary(model), **compiled)
    left = training.minutes_left(limit, start)
    history = training.fit(learner, splits, **{**fit_settings, "max_minutes": left})
    return Trained(attempt, model, history, model, splits)


def _pretrain(
    settings: Training,
    model: "keras.Model",
    splits: data.Splits,
    history_file: Path,
    limit: float | None,
) -> None:
    """Pre-train by an autoencoder in half the time, and draw its work."""
    transfer, more = settings.transfer, settings.transfer.unlabelled
    asked = {
        "epochs": transfer.pretrain_epochs,
        "noise": transfer.pretrain_noise,
        "loss": transfer.pretrain_loss,
    }
    done = training.pretrain(
        model,
        splits,
        **{name: value for name, value in asked.items() if value is not None},  # type: ignore[arg-type]
        unlabelled=None if more is None else data.unlabelled(more, splits, settings.images.cache),
        max_minutes=None if limit is None else limit / 2,
    )
    run, ending = history_file.parent, history_file.stem.removeprefix("history")
    columns = ("image", "with noise", "drawn again")
    figure = plots.augmented(done.reconstructions, columns=columns)
    plots.save(figure, run / "figures" / f"reconstructions{ending}.png")
    if transfer.keep_autoencoder:
        runs.save_model(done.autoencoder, run / f"autoencoder{ending}.keras")
    score_files.save_table(done.history.table, run / f"history_pretraining{ending}.csv")


def _on_backbone(
    plan: Plan,
    attempt: Attempt,
    model: "keras.Model",
    splits: data.Splits,
    fit_settings: Mapping[str, Any],
    vectors: data.Splits | None,
) -> Trained:
    """Train the head on features, and where it was asked for the backbone's last layers."""
    start, limit, transfer = time.monotonic(), fit_settings["max_minutes"], plan.settings.transfer
    compiled = building.compile_settings(plan.choice, plan.settings.optimization)
    layers, rate = transfer.thawed, transfer.fine_tune_rate
    parts = 1 if layers is None else 2
    done = training.fit_head(
        model,
        splits,
        compiled=compiled,
        views=transfer.views,
        cache=plan.settings.images.cache,
        computed=vectors,
        **{**fit_settings, "max_minutes": None if limit is None else limit / parts},
    )
    if layers is None:
        return Trained(attempt, model, done.history, done.head, done.splits)
    logs = fit_settings["log_folder"]
    history = training.fine_tune(
        model,
        splits,
        layers,
        done.history,
        views=None if transfer.fine_tune_on == "images" else transfer.views,
        cache=plan.settings.images.cache,
        compiled=compiled,
        **({} if rate is None else {"learning_rate": rate}),
        **{
            **fit_settings,
            "epochs": transfer.fine_tune_epochs,
            "max_minutes": training.minutes_left(limit, start),
            # Until it is clear which is better, files and model are those of the head.
            "checkpoint": None,
            "history_file": None,
            "watch": False,  # its twin of a backbone would cost more than the training
            "log_folder": None if logs is None else logs / "fine-tune",
        },
    )
    score_files.save_table(history.table, fit_settings["history_file"])
    return Trained(attempt, model, history, model, splits)


def _solved(
    plan: Plan,
    attempt: Attempt,
    model: "keras.Model",
    splits: data.Splits,
    fit_settings: Mapping[str, Any],
    vectors: data.Splits | None,
) -> Trained:
    """Solve the head, which has no epochs."""
    done = training.solve_head(
        model,
        splits,
        views=plan.settings.transfer.views,
        cache=plan.settings.images.cache,
        computed=vectors,
        **{
            name: fit_settings[name]
            for name in ("class_weight", "monitor", "checkpoint", "max_minutes", "watch")
        },
    )
    score_files.save_table(done.history.table, fit_settings["history_file"])
    return Trained(attempt, model, done.history, done.head, done.splits, penalties=done.penalties)
