"""The steps of ``train``, each a function with a noun for its result."""

import dataclasses
import itertools
import math
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import architectures, data, description, evaluation, files, plots, progress, runs, training
from kit.commands import _scores
from kit.commands._train_batches import layers
from kit.commands._train_plan import Attempt, Choice, Method
from kit.data import samples
from kit.data.batches import augmentation, mixing
from kit.intervals import worth

if TYPE_CHECKING:
    import keras


LARGE = 1 << 20  # pixels in a batch, 64 images of 128 x 128: for fewer no network is described
USUAL_BATCH = 32  # images: a larger batch may be more than there are


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


def check(choice: Choice, given: Mapping[str, Any], compiled: Mapping[str, Any]) -> None:
    """Check what can be checked before the images are read, which may take long.

    Raises:
        SettingError: A setting is unknown, of the wrong type or out of its range.
    """
    check_network(choice, compiled, given["batch_size"])
    augmentation.check(layers(given["augment"]))
    names = ("monitor", "schedule", "patience", "max_minutes", "last_epoch")
    training.check_fit(given["epochs"], **{name: given[name] for name in names})


def check_network(choice: Choice, compiled: Mapping[str, Any], batch_size: int) -> None:
    """Check the settings of the network and of how it is compiled, and fetch weights.

    Raises:
        SettingError: As :func:`check`.
    """
    architectures.check(choice.architecture, **choice.settings)
    check_room(choice, batch_size)
    choice.make_ready()
    training.check_compile(choice.settings.get("head", "softmax"), **compiled)


def check_room(choice: Choice, batch_size: int) -> None:
    """Check that a training from scratch on images of this size fits into memory.

    Raises:
        SettingError: It does not.
    """
    if choice.image_size is None or choice.frozen or training.on_graphics_card():
        return
    batch = max(1, min(batch_size, USUAL_BATCH))
    data.check_memory(choice.image_size, batch)
    if batch * math.prod(choice.image_size) < LARGE:
        return
    shape = (*choice.image_size, 1 if choice.color == "grayscale" else 3)
    network = description.describe(choice.architecture, shape, 2, **choice.settings)
    data.check_memory(choice.image_size, batch, network)


def compile_settings(choice: Choice, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a network is compiled with; a rate that was not given is the architecture's.

    Args:
        choice: The network.
        given: The flags.
    """
    names = ("optimizer", "learning_rate", "weight_decay", "momentum", "loss", "label_smoothing")
    compiled = {name: given[name] for name in names}
    if compiled["learning_rate"] is None and compiled["optimizer"] in ("adam", "adamw"):
        compiled["learning_rate"] = architectures.learning_rate(choice.architecture)
    return compiled


def overview(splits: data.Splits) -> str:
    """Return how many images of each class each part has, as a table."""
    counts = pd.DataFrame({part: splits.counts(part) for part in splits.parts})
    counts.loc["all"] = counts.sum()
    height, width, channels = splits.image_shape
    kind = "gray" if channels == 1 else "RGB"
    title = f"{len(splits.files)} {kind} images at {height} x {width} pixels ({splits.aspect}):"
    table = counts.rename(index=progress.short).to_string(max_rows=30)
    return f"{title}\n{table}"


def draw_samples(splits: data.Splits, figures: Path, changed: bool = True) -> None:
    """Save labelled training images, and some with their augmented variants where they change."""
    images, classes, _ = samples.random_images(splits, count=16, seed=splits.seed)
    plots.save(plots.images(images, classes), figures / "samples.png")
    if changed and splits.mix is not None:
        pixels, labels = augmentation.first_images(splits, count=16)
        shares = [mixing.named_shares(label, splits.class_names) for label in labels]
        plots.save(plots.mixed(pixels, shares), figures / "augmentation.png")
    elif changed and augmentation.changes(splits):
        variants = augmentation.preview(splits, count=6, variants=5, seed=splits.seed)
        plots.save(plots.augmented(variants), figures / "augmentation.png")


def build(
    choice: Choice,
    planned: Sequence[Attempt],
    divided: Sequence[data.Splits],
    compiled: Mapping[str, Any],
) -> "Iterator[keras.Model]":
    """Yield a compiled network for every attempt, two styles of one from equal weights.

    Each is built when it is asked for, so that memory does not hold those that come later.
    ``divided`` holds the data of each attempt.
    """
    import keras

    start: keras.Model | None = None  # of a network that comes in two styles
    for attempt, splits in zip(planned, divided, strict=True):
        keras.backend.clear_session()  # else the layers' automatic names count on
        keras.utils.set_random_seed(attempt.seed)
        model = architectures.build(
            choice.architecture,
            splits.image_shape,
            splits.num_classes,
            attempt.style,
            **choice.settings,
        )
        if start is not None:
            architectures.copy_weights(start, model)
        else:
            batches = data.ordered_batches(splits, "train", "int")
            architectures.adapt(model, (images.numpy() for images, _ in batches))
            if attempt.style != planned[-1].style:
                start = runs.uncompiled(model)
        yield training.compile_model(model, **compiled)


def show_network(model: "keras.Model", figures: Path) -> str:
    """Save a drawing of the network; return its layers as a table, and which is too heavy."""
    plots.save(plots.network(*description.graph(model)), figures / "network.png")
    rows = description.layer_table(model)
    table = pd.DataFrame([dataclasses.asdict(row) for row in rows]).to_string(index=False)
    total = f"{model.count_params():,} parameters"
    return "\n".join(filter(None, [table, total, _kept(model), description.heaviest(rows)]))


def _kept(model: "keras.Model") -> str:
    """Say where the backbone ends, if there is one."""
    backbone = next((layer for layer in model.layers if layer.name == "backbone"), None)
    if backbone is None:
        return ""
    size = " x ".join(map(str, backbone.output_shape[1:]))
    end = f"{backbone.layers[-1].name} ({size})"
    return f"The backbone ends with {end}; --set cut=LAYER ends it earlier."


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
    done = training.pretrain(
        model,
        splits,
        unlabelled=None if more is None else data.unlabelled(more, splits, method.cache),
        max_minutes=None if limit is None else limit / 2,
    )
    columns = ("image", "with noise", "drawn again")
    figure = plots.augmented(done.reconstructions, columns=columns)
    plots.save(figure, run / "figures" / f"reconstructions{ending}.png")
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


def draw_curves(trained: Sequence[Trained], figures: Path) -> None:
    """Save the loss and accuracy of every training, on one figure."""
    histories = {one.attempt.name: one.history.table for one in trained}
    best = {one.attempt.name: one.history.best_epoch for one in trained}
    plots.save(plots.curves(histories, best), figures / "curves.png")


def score(
    trained: Sequence[Trained], splits: data.Splits, run: Path, chosen: bool = True
) -> dict[str, Any]:
    """Score every held-out part once, keep tables and pictures, and print the sentences.

    Args:
        trained: The trainings.
        splits: The data.
        run: Gets the tables.
        chosen: Whether the epoch that is kept was chosen on the validation images.

    Returns:
        What ``metrics.json`` holds, but for the times.
    """
    best = best_of(trained)
    if best.history.why:
        print(best.history.why)
    kind = {"are_probabilities": architectures.head(best.model) != "scores"}
    metrics: dict[str, Any] = {"temperature": best.temperature}
    tables = []
    for part in ("validation", "test"):
        if part not in splits.parts:
            continue
        with data.named_failures(splits.images):
            batches = data.ordered_batches(best.asked, part)
            probabilities = evaluation.probabilities(best.answering, batches)
        numbers = best.asked.present(part)
        true = splits.labels[numbers]
        scores = evaluation.score(true, probabilities, splits.class_names, **kind)
        metrics[part] = scores.summary()
        names = [splits.files[index] for index in numbers]
        table = evaluation.predictions(names, true, probabilities, splits.class_names, **kind)
        tables.append(table.assign(split=part))
        _scores.keep(scores, part, run)
        looks = [len(one.history.table) for one in trained]
        epochs = None if part == "test" else looks if chosen else 0
        shared = len(splits.shared("validation", part)) if part == "test" else 0
        for line in evaluation.sentences(scores, part, epochs=epochs, shared=shared):
            print(progress.clean(line))
    if tables:
        _scores.save_table(pd.concat(tables), run / "predictions.csv")
    else:
        print("No image was kept apart from this training, so nothing says how good it is.")
    if len(trained) > 1:
        metrics["attempts"] = {one.attempt.name: one.value for one in trained}
        print(spread(trained))
    return metrics


def spread(trained: Sequence[Trained]) -> str:
    """Return the attempts' scores, and for repeats their mean and standard deviation."""
    monitor = trained[0].history.monitor
    values = pd.Series([one.value for one in trained])
    each = ", ".join(f"{one.attempt.name} {one.value:.4f}" for one in trained)
    line = f"{monitor} of each training: {each}"
    if trained[0].attempt.style == trained[-1].attempt.style:
        line += f"; mean {values.mean():.4f}, standard deviation {values.std():.4f}"
    return line + f". Kept: {best_of(trained).attempt.name}."
