"""Train a classifier on a folder of images, score it and keep it as a run."""

import time
from functools import partial
from pathlib import Path
from typing import Any

from kit import progress
from kit.commands._command import Command
from kit.commands._program import one_or_two, program, start_keras
from kit.settings import Training

__all__ = ["main", "train"]


@partial(Command, Training)
def train(folder: Path | None = None, **given: Any) -> None:
    """Train a classifier on a folder of images, score it and keep it as a run.

    Raises:
        SettingError: A setting cannot be used.
        DataError: The images cannot be used.
        KitError: The work failed.
    """
    start = time.monotonic()
    from kit import data, runs
    from kit.commands import _train_batches as batches
    from kit.commands import _train_plan as plan

    settings = Training().having(folder=folder, **given)
    settings.verify()
    given, network, duration = settings.flat(), settings.network, settings.duration
    images, division, folds = settings.images, settings.division, settings.comparison.folds
    size = None if images.image_size is None else one_or_two(images.image_size)
    planned = plan.attempts(**vars(settings.comparison), seed=division.seed)
    source = plan.data_folder(settings.folder)
    plan.check_folds(folds, source, division.parts)
    choice = plan.choose(
        network.architecture,
        network.backbone,
        network.weights,
        plan.network_settings(network.architecture, network.settings, network.l2, network.dropout),
        source,
        size,
        images.color,
        settings.transfer.pretrain,
        division.parts,
    )
    method = plan.Method(**vars(settings.transfer), cache=images.cache)
    strength, layers = settings.variation.augmentation or "light", settings.variation.augment
    method.check(choice, settings.comparison.style, "layers" if layers else strength)
    batches.check(choice, method, given)
    plan.check_last(duration.last_epoch, planned, method)
    target = plan.run_folder(
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
    from kit.commands import _train_diagnosis as diagnosis
    from kit.commands import _train_folds as folding
    from kit.commands import _train_record as record
    from kit.commands import _train_steps as steps

    compiled = steps.compile_settings(choice, given)
    steps.check(choice, given, compiled)
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
    overview = steps.overview(splits) if folds is None else folding.overview(each)
    progress.say(*overview.split("\n"))
    if note := batches.imbalance(splits, settings.optimization.class_weight):
        progress.say(note)
    models = steps.build(choice, planned, each, compiled)
    first = next(models)
    if method.thawed is not None:
        training.check_thaw(first, method.thawed)
    resolved = record.resolve(given, source, splits, first, choice)
    with runs.create(target, settings.record.overwrite) as run:
        record.save_inputs(run, resolved, splits, choice.reason)
        if folds is not None:
            folding.save_split(run, splits, each)
        progress.say(*steps.show_network(first, run / "figures").split("\n"))
        steps.draw_samples(splits, run / "figures", method.augments(choice))
        if settings.record.check:
            diagnosis.before(first, splits, compiled, run)
        trained = steps.train_all(
            planned,
            first,
            models,
            each,
            run,
            compiled,
            method,
            epochs=resolved["epochs"],
            schedule=settings.optimization.schedule,
            monitor=resolved["monitor"],
            patience=duration.patience,
            class_weight=settings.optimization.class_weight,
            start=start,
            max_minutes=duration.max_minutes,
            last_epoch=duration.last_epoch,
            tensorboard=settings.record.tensorboard,
            watch=settings.record.check and not method.auxiliary,
        )
        steps.draw_curves(trained, run / "figures")
        metrics = {}
        if folds is not None:
            metrics = folding.score(trained, each, run)
            splits = folding.kept(trained, each)
            folding.save_split(run, splits, each)
        metrics |= steps.score(trained, splits, run, chosen=duration.last_epoch is None)
        for line in diagnosis.explain(trained, resolved, run):
            print(line)
        record.finish(run, metrics, resolved, splits, steps.best_of(trained), choice.reason, start)
    print(record.next_steps(target, source))


def main() -> None:
    """Run the program."""
    program(train)
