"""Train a classifier on a folder of images, score it and keep it as a run."""

import time
from pathlib import Path
from typing import Any

from kit import errors, progress
from kit.experiments.run import Run, load
from kit.keras_start import start_keras
from kit.settings import Training
from kit.settings.texts import one_or_two

__all__ = ["train"]


def train(folder: Path | str | None = None, **given: Any) -> Run:
    """Train a classifier on a folder of images, score it and keep it as a run.

    Args:
        folder: The images, or a table of paths and labels; without it, handwritten digits.
        given: Any setting of :class:`kit.settings.Training` by its name.

    Returns:
        The run. Where the training fails after something was scored, the exception's notes say it.

    Raises:
        SettingError: A setting cannot be used.
        DataError: The images cannot be used.
        KitError: The work failed.
    """
    start = time.monotonic()
    from kit import data, runs
    from kit.experiments import places
    from kit.experiments.choice import attempts, network_choice
    from kit.experiments.choice import variation as batches
    from kit.experiments.choice.method import Method

    settings = Training().having(folder=folder, **given)
    settings.verify()
    given, network, duration = settings.flat(), settings.network, settings.duration
    images, division, folds = settings.images, settings.division, settings.comparison.folds
    size = None if images.image_size is None else one_or_two(images.image_size)
    planned = attempts.attempts(**vars(settings.comparison), seed=division.seed)
    source = places.data_folder(settings.folder)
    attempts.check_folds(folds, source, division.parts)
    choice = network_choice.choose(
        network.architecture,
        network.backbone,
        network.weights,
        network_choice.network_settings(network.architecture, network.settings, **network.traits()),
        source,
        size,
        images.color,
        settings.transfer.pretrain,
        division.parts,
    )
    method = Method(**vars(settings.transfer), cache=images.cache)
    strength, layers = settings.variation.augmentation or "light", settings.variation.augment
    method.check(choice, settings.comparison.style, "layers" if layers else strength)
    batches.check(choice, method, given)
    attempts.check_last(duration.last_epoch, planned, method)
    target = places.run_folder(
        settings.record.output, source, choice.label, settings.record.overwrite
    )
    if method.unlabelled is not None:
        runs.check_outside(target, method.unlabelled)
    for note in (choice.reason, batches.unused(choice, method, given)):
        if note:
            progress.say(note)
    data.given_parts(source, division.parts)  # a mistake is told before TensorFlow starts
    start_keras()
    from kit import training
    from kit.experiments.trainings import building, fitting, overview, record, scoring
    from kit.experiments.trainings import explaining as diagnosis
    from kit.experiments.trainings import folds as folding

    compiled = building.compile_settings(choice, given)
    building.check(choice, given, compiled)
    wanted = {
        **vars(images),
        **vars(division),
        **vars(settings.variation),
        "image_size": choice.image_size,
        "color": choice.color,
        "augmentation": strength if method.augments(choice) else "none",
        "augment": batches.layers(layers),
    }
    splits = data.load(source, **wanted)
    if duration.use_validation:
        splits = batches.all_to_learn_from(splits)
    each = folding.divided(splits, folds, planned)
    splits = each[0]
    shown = overview.overview(splits) if folds is None else folding.overview(each)
    progress.say(*shown.split("\n"))
    if note := batches.imbalance(splits, settings.optimization.class_weight):
        progress.say(note)
    models = building.build(choice, planned, each, compiled)
    first = next(models)
    if method.thawed is not None:
        training.check_thaw(first, method.thawed)
    resolved = record.resolve(given, source, splits, first, choice)
    said: list[str] = []
    with errors.noting(said), runs.create(target, settings.record.overwrite) as run:
        record.save_inputs(run, resolved, splits, choice.reason)
        if folds is not None:
            folding.save_split(run, splits, each)
        progress.say(*overview.show_network(first, run / "figures").split("\n"))
        overview.draw_samples(splits, run / "figures", method.augments(choice))
        if settings.record.check:
            diagnosis.before(first, splits, compiled, run)
        trained = fitting.train_all(
            planned,
            first,
            models,
            each,
            run,
            compiled,
            method,
            epochs=resolved["epochs"],
            schedule=settings.optimization.schedule,
            decay=settings.optimization.decay,
            every=settings.optimization.every,
            monitor=resolved["monitor"],
            patience=duration.patience,
            class_weight=settings.optimization.class_weight,
            start=start,
            max_minutes=duration.max_minutes,
            last_epoch=duration.last_epoch,
            tensorboard=settings.record.tensorboard,
            watch=settings.record.check and not method.auxiliary,
        )
        scoring.draw_curves(trained, run / "figures")
        metrics = {}
        if folds is not None:
            metrics = folding.score(trained, each, run, said)
            splits = folding.kept(trained, each)
            folding.save_split(run, splits, each)
        metrics |= scoring.score(trained, splits, run, said, chosen=duration.last_epoch is None)
        metrics["sentences"] = [*said]
        diagnosis.explain(trained, resolved, run)
        record.finish(
            run, metrics, resolved, splits, fitting.best_of(trained), choice.reason, start
        )
    return load(target)
