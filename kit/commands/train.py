"""Train a classifier on a folder of images, score it and keep it as a run."""

import time
from pathlib import Path
from typing import Annotated, Literal

import tyro

from kit import progress
from kit.choices import Augmentation, ClassWeight, Mixing, Optimizer, Sampling, Schedule
from kit.commands._program import one_or_two, program, start_keras

__all__ = ["main", "train"]


def train(
    folder: Annotated[Path | None, tyro.conf.Positional] = None,
    *,
    architecture: str = "auto",
    backbone: str | None = None,
    weights: str | None = None,
    views: int = 1,
    fine_tune: str | None = None,
    fine_tune_epochs: int = 5,
    fine_tune_rate: float | None = None,
    pretrain: Literal["none", "autoencoder"] = "none",
    unlabelled: Path | None = None,
    auxiliary: bool = False,
    settings: Annotated[
        tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(name="set", metavar="NAME=VALUE")
    ] = (),
    style: Literal["functional", "sequential", "both"] = "functional",
    image_size: tuple[int, ...] | None = None,
    color: Literal["auto", "rgb", "grayscale"] = "auto",
    aspect: Literal["stretch", "crop", "pad"] = "stretch",
    equalization: Literal["none", "contrast", "histogram"] = "none",
    batch_size: int = 32,
    epochs: int | None = None,
    max_minutes: float | None = None,
    optimizer: Optimizer = "adamw",
    learning_rate: float | None = None,
    schedule: Schedule = "one-cycle",
    momentum: float = 0.9,
    weight_decay: float | None = None,
    l2: float | None = None,
    dropout: float | None = None,
    loss: str | None = None,
    label_smoothing: float | None = None,
    class_weight: ClassWeight = "none",
    sampling: Sampling = "none",
    augmentation: Augmentation | None = None,
    augment: Annotated[
        tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="LAYER=VALUE")
    ] = (),
    flip: bool | None = None,
    mix: Mixing = "none",
    mix_alpha: float | None = None,
    parts: str | None = None,
    validation_split: float | None = None,
    test_split: float | None = None,
    split: Path | None = None,
    group: str | None = None,
    strict: bool = False,
    exclude: Path | None = None,
    folds: int | None = None,
    monitor: Literal["val_accuracy", "val_balanced_accuracy", "val_loss"] | None = None,
    patience: int | None = 10,
    last_epoch: int | None = None,
    use_validation: bool = False,
    repeats: int = 1,
    seed: int = 42,
    cache: bool = True,
    tensorboard: bool = False,
    check: bool = True,
    output: Path | None = None,
    overwrite: bool = False,
) -> None:
    """Train a classifier on a folder of images, score it and keep it as a run.

    The folder has one sub-folder of images per class, or train/, val/ and test/ with such
    sub-folders in them; or there is a table (.csv, .tsv, .parquet) with the columns path, label
    and perhaps split and group. All of it is only read, decoded and checked before training starts.
    --config models/RUN/run.yaml takes the settings of an earlier run; flags go before them.

    Args:
        folder: The images, or a table of paths and labels; without it, scikit-learn's handwritten
            digits.
        architecture: basic_cnn, inception, residual, ...; auto takes a pretrained backbone for
            color photos where its weights are on this machine, else a network from scratch.
        backbone: A pretrained network of Keras', as in MobileNet-0.75, an earlier run, or a .keras
            file: a new head is trained on its features.
        weights: Of the backbone: imagenet (downloaded where they are not here), none, or a file;
            by default imagenet.
        views: Versions of each training image whose features the head learns from; more than one
            are augmented.
        fine_tune: Afterwards train on, with so many of the backbone's last layers, or from the
            layer whose name begins so.
        fine_tune_epochs: Passes over the training images for that.
        fine_tune_rate: The highest learning rate for that; by default 0.0001.
        pretrain: Before the training, let an autoencoder teach the network to see, without labels.
        unlabelled: A folder of more images for that, without classes.
        auxiliary: Help googlenet by classifiers halfway, which are thrown away afterwards.
        settings: One setting of the architecture, for example filters=[16,32]. Repeatable.
        style: Functional or Sequential model of the same network; both trains the two from equal
            weights and compares them.
        image_size: One number for a square, or height and width, in pixels. By default what a
            backbone was trained on; else 128, or less where the images are smaller.
        color: Three channels or one; by default one where all images are gray.
        aspect: How an image comes to the image size.
        equalization: Stretch each image's contrast, or equalize its histogram, in training,
            evaluation and prediction alike.
        batch_size: Images per step.
        epochs: Passes over the training images; by default about 1,500 steps of them, 10 to 100.
        max_minutes: Time limit, from the start of the program to its end. As many epochs are
            trained as fit, and the schedule ends with them.
        optimizer: Update rule.
        learning_rate: The highest of the schedule; by default 0.003, for sgd 0.05.
        schedule: How the learning rate changes.
        momentum: Of sgd.
        weight_decay: Decoupled, not on biases and normalization; by default 0.05 for adamw, else
            none.
        l2: Penalty on the kernels, in Keras' measure; by default none.
        dropout: Before the output; by default the architecture's.
        loss: crossentropy, hinge, mse, l1, multiclass_hinge, squared_multiclass_hinge or any name
            of Keras'; by default crossentropy, for a head of scores multiclass_hinge.
        label_smoothing: Share of a label that is spread over all classes; by default 0.1 for
            crossentropy, else none.
        class_weight: balanced weighs the classes by the inverse of their number of images.
        sampling: balanced shows the classes equally often; smote, for a head on a frozen backbone,
            makes features between those of small classes.
        augmentation: How strongly training images are varied; by default light.
        augment: One layer of Keras' more, or set otherwise than the preset has it, for example
            RandomZoom=0.2 or RandomRotation={factor: 0.05, fill_mode: nearest}. Repeatable.
        flip: Whether augmentation mirrors images, --no-flip for never; by default not for digits,
            letters, left, right.
        mix: Training images mixed two by two, their labels in the same shares: laid over each other
            (mixup), a rectangle of one in the other (cutmix), or now one, now the other (both).
        mix_alpha: How even the shares are: 1 any alike, less rather uneven; by default 0.2 for
            mixup, 1 for cutmix.
        parts: Which folders are parts where their names do not say it, as in
            train=fold1,train=fold2,test=fold3; a dot is the folder itself; none where all are
            classes.
        validation_split: Share of the images for validation where the folder has no part for it;
            by default 0.2.
        test_split: Share for a test part; by default 0.15 from 1,000 images where the folder has
            no parts.
        split: An earlier run's split.csv: every image goes where it says, and files whose bytes
            changed since are named.
        group: Keep together what belongs together: a column of the table, a pattern (regular
            expression) that finds the group's name in a file's path, as in (patient[0-9]+), or exif
            for photos by one camera within a minute. Copies are kept together anyway.
        strict: Stop at the first file that is broken or refused, instead of leaving it out.
        exclude: A list of files to leave out: a CSV with a column file, or one path a line.
        folds: Cross-validate: so many trainings, each validated by another share of the images, for
            a score over all of them; --validation-split is not used. The best model is kept.
        monitor: What chooses the epoch that is kept; by default the accuracy, balanced where the
            largest class is more than three times the smallest.
        patience: Epochs of which none is kept before training stops.
        last_epoch: End after this epoch of the schedule and keep its weights, instead of choosing
            one: for settings that are known, as from a search.
        use_validation: Learn from the validation images, too, for --last-epoch epochs. Nothing but
            a test part can then say how good the network is.
        repeats: Train so often from other random starts, and give mean and spread.
        seed: Of split, start, order, augmentation.
        cache: Keep decoded images in the user's cache folder.
        tensorboard: Write logs for it into the run.
        check: Check the set-up first, watch the training, and say what went wrong in it; where a
            check fails no training begins. kit-check has more checks.
        output: Folder of the run; by default models/FOLDER-ARCHITECTURE.
        overwrite: Replace the run that is there.
    """
    given = dict(locals())
    start = time.monotonic()
    from kit import data, runs
    from kit.commands import _train_batches as batches
    from kit.commands import _train_plan as plan

    planned = plan.attempts(style, repeats, seed, folds)
    network = plan.network_settings(architecture, settings, l2, dropout)
    size = None if image_size is None else one_or_two(image_size)
    source = plan.data_folder(folder)
    plan.check_folds(folds, source, parts)
    choice = plan.choose(
        architecture, backbone, weights, network, source, size, color, pretrain, parts
    )
    method = plan.Method(
        pretrain,
        unlabelled,
        auxiliary,
        views,
        fine_tune,
        fine_tune_epochs,
        fine_tune_rate,
        cache,
    )
    method.check(choice, style, (augmentation or "light") if not augment else "layers")
    batches.check(choice, method, given)
    plan.check_last(last_epoch, use_validation, planned, method)
    target = plan.run_folder(output, source, choice.label, overwrite)
    if unlabelled is not None:
        runs.check_outside(target, unlabelled)
    for note in (choice.reason, batches.unused(choice, method, given)):
        if note:
            progress.say(note)
    data.given_parts(source, parts)  # a mistake in the arrangement is told before TensorFlow starts
    start_keras()
    from kit import training
    from kit.commands import _train_diagnosis as diagnosis
    from kit.commands import _train_folds as folding
    from kit.commands import _train_record as record
    from kit.commands import _train_steps as steps

    compiled = steps.compile_settings(choice, given)
    steps.check(choice, given, compiled)
    splits = data.load(
        source,
        image_size=choice.image_size,
        batch_size=batch_size,
        parts=parts,
        validation_split=validation_split,
        test_split=test_split,
        split=split,
        group=group,
        strict=strict,
        exclude=exclude,
        seed=seed,
        augmentation=(augmentation or "light") if method.augments(choice) else "none",
        augment=batches.layers(augment),
        flip=flip,
        mix=mix,
        mix_alpha=mix_alpha,
        sampling=sampling,
        color=choice.color,
        aspect=aspect,
        equalization=equalization,
        cache=cache,
    )
    if use_validation:
        splits = batches.all_to_learn_from(splits)
    each = folding.divided(splits, folds, planned)
    splits = each[0]
    overview = steps.overview(splits) if folds is None else folding.overview(each)
    progress.say(*overview.split("\n"))
    if note := batches.imbalance(splits, class_weight):
        progress.say(note)
    models = steps.build(choice, planned, each, compiled)
    first = next(models)
    if method.thawed is not None:
        training.check_thaw(first, method.thawed)
    resolved = record.resolve(given, source, splits, first, choice)
    with runs.create(target, overwrite) as run:
        record.save_inputs(run, resolved, splits, choice.reason)
        if folds is not None:
            folding.save_split(run, splits, each)
        progress.say(*steps.show_network(first, run / "figures").split("\n"))
        steps.draw_samples(splits, run / "figures", method.augments(choice))
        if check:
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
            schedule=schedule,
            monitor=resolved["monitor"],
            patience=patience,
            class_weight=class_weight,
            start=start,
            max_minutes=max_minutes,
            last_epoch=last_epoch,
            tensorboard=tensorboard,
            watch=check and not auxiliary,
        )
        steps.draw_curves(trained, run / "figures")
        metrics = {}
        if folds is not None:
            metrics = folding.score(trained, each, run)
            splits = folding.kept(trained, each)
            folding.save_split(run, splits, each)
        metrics |= steps.score(trained, splits, run, chosen=last_epoch is None)
        for line in diagnosis.explain(trained, resolved, run):
            print(line)
        record.finish(run, metrics, resolved, splits, steps.best_of(trained), choice.reason, start)
    print(record.next_steps(target, source))


def main() -> None:
    """Run the program."""
    program(train)
