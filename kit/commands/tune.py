"""Search the settings of a training, from coarse to fine, and train with the best of them."""

from pathlib import Path
from typing import Annotated, Literal

import tyro

from kit.choices import Augmentation, ClassWeight, Mixing, Optimizer, Sampling, Schedule
from kit.commands._program import Bare, program

__all__ = ["main", "tune"]


def tune(
    folder: Annotated[Path | None, tyro.conf.Positional] = None,
    *,
    search: Annotated[
        tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="NAME=LOW:HIGH")
    ] = (),
    trials: int | None = None,
    epochs: int | None = None,
    stages: int | None = None,
    finalists: int | None = None,
    seeds: int | None = None,
    max_trials: int | None = None,
    max_epochs: float | None = None,
    max_minutes: float | None = None,
    monitor: Literal["val_accuracy", "val_balanced_accuracy", "val_loss"] | None = None,
    oracle: Literal["staged", "random", "bayesian", "hyperband"] | None = None,
    use_validation: bool | None = None,
    architecture: str | None = None,
    backbone: str | None = None,
    weights: str | None = None,
    settings: Annotated[
        tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(name="set", metavar="NAME=VALUE")
    ] = (),
    image_size: tuple[int, ...] | None = None,
    color: Literal["auto", "rgb", "grayscale"] | None = None,
    aspect: Literal["stretch", "crop", "pad"] | None = None,
    equalization: Literal["none", "contrast", "histogram"] | None = None,
    batch_size: int | None = None,
    optimizer: Optimizer | None = None,
    learning_rate: float | None = None,
    schedule: Schedule | None = None,
    momentum: float | None = None,
    weight_decay: float | None = None,
    l2: float | None = None,
    dropout: float | None = None,
    loss: str | None = None,
    label_smoothing: float | None = None,
    class_weight: ClassWeight | None = None,
    sampling: Sampling | None = None,
    augmentation: Augmentation | None = None,
    augment: Annotated[
        tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="LAYER=VALUE")
    ] = (),
    flip: bool | None = None,
    mix: Mixing | None = None,
    mix_alpha: float | None = None,
    parts: str | None = None,
    validation_split: float | None = None,
    test_split: float | None = None,
    split: Path | None = None,
    group: str | None = None,
    strict: bool | None = None,
    exclude: Path | None = None,
    seed: int | None = None,
    cache: bool | None = None,
    workers: int | None = None,
    threads: int | None = None,
    chief: Annotated[str | None, Bare("127.0.0.1:0"), tyro.conf.arg(metavar="[HOST:PORT]")] = None,
    worker: Annotated[str | None, tyro.conf.arg(metavar="HOST:PORT")] = None,
    resume: bool | None = None,
    output: Path | None = None,
) -> None:
    """Search the settings of a training, from coarse to fine, and train with the best of them.

    Many short trials are drawn at random, rates and penalties on a log scale. What explodes or
    stays behind is stopped, the ranges are narrowed around the best, and fewer, longer trials
    follow; a range whose best values lie at its edge is extended. The best few are trained again
    from other starts, the winner once more as an ordinary run, and the test part, where there is
    one, is scored once. Settings that are not searched are those of kit-train, with its defaults.
    --config models/SEARCH/search.yaml repeats a search; flags go before it.

    Args:
        folder: The images, or a table of paths and labels, as for kit-train.
        search: A range, learning_rate=1e-6:1e-1, with whole numbers at both ends if such are
            wanted, or choices, optimizer=adam,sgd or filters=[16,32],[32,64]. Repeatable. It is on
            a log scale for rates and penalties and where the ends are a hundred times apart; :log
            or :linear behind it says otherwise. By default learning_rate=1e-6:1e-1 and
            l2=1e-7:10, and no weight decay.
        trials: Of the first, coarse stage; of another oracle all but the finalists. By default 30.
        epochs: Of the last trainings; by default those of kit-train.
        stages: How often the ranges are narrowed; by default 3 stages.
        finalists: How many of the best are trained again; by default 3.
        seeds: Starts for each of them; by default 3.
        max_trials: Limit for all trials; the stages are made smaller.
        max_epochs: Limit for the epochs of all trials together, met likewise.
        max_minutes: Time limit of the search, without the last training. Two searches under one
            are not the same.
        monitor: What is to become best; by default the validation accuracy, balanced where the
            largest class is more than three times the smallest.
        oracle: Who chooses the settings: staged is described above; the others are keras-tuner's,
            to compare.
        use_validation: Train the winner on the validation images, too.
        architecture: As for kit-train; any setting of it can be searched.
        backbone: As for kit-train; heads are searched on its features, which are computed once.
        weights: Of the backbone.
        settings: One setting of the architecture, the same for all trials. Repeatable.
        image_size: One number for a square, or height and width, in pixels.
        color: Three channels or one.
        aspect: How an image comes to the image size.
        equalization: Of each image's grays.
        batch_size: Images per step; by default 32.
        optimizer: Update rule; by default adamw.
        learning_rate: The highest of the schedule, for all trials.
        schedule: How it changes; by default one-cycle.
        momentum: Of sgd; by default 0.9.
        weight_decay: Decoupled; none where l2 is searched.
        l2: Penalty on the kernels, for all trials.
        dropout: Before the output.
        loss: Name of the loss.
        label_smoothing: Share of a label that is spread over all classes.
        class_weight: balanced weighs the classes by the inverse of their number of images.
        sampling: balanced shows the classes equally often; smote is for heads on a backbone.
        augmentation: How strongly training images are varied; by default light.
        augment: One layer of Keras' more. Repeatable.
        flip: Whether augmentation mirrors images.
        mix: Training images mixed two by two.
        mix_alpha: How even the shares are.
        parts: Which folders are parts, as for kit-train.
        validation_split: Share for validation; by default 0.2.
        test_split: Share for a test part; by default 0.15 from 1,000 images where the folder has
            no parts.
        split: An earlier run's split.csv.
        group: What is kept together in one part.
        strict: Stop at the first file that is broken or refused.
        exclude: A list of files to leave out.
        seed: Of the values that are drawn, and of split, start, order, augmentation; by default 42.
        cache: Keep decoded images in the user's cache folder.
        workers: Trials at a time, each in a process of its own.
        threads: Processor threads of each; by default all, shared out. Sums depend on them, so a
            search goes on with as many as it began with.
        chief: Hand out trials to workers, which other machines may start; by default at a free port
            that only this machine reaches. KIT_SEARCH_TOKEN is the word that they must know.
        worker: Train trials for the chief there, with its settings, on FOLDER.
        resume: Go on with the search in --output, or with the latest one of FOLDER.
        output: Folder of the search; by default models/FOLDER-ARCHITECTURE-search. A search is
            never overwritten.
    """
    given = {name: value for name, value in locals().items() if value not in (None, ())}
    from kit.commands import _tune_plan as plan

    role = plan.role(given)
    if role is not None and not role.chief:
        from kit.commands import _tune_workers as crew

        crew.work_for(role, plan.for_worker(given))
        return
    from kit.commands import _tune_steps as steps
    from kit.commands._tune_wanted import wanted

    steps.run(wanted(given if role is None else {**given, "chief": role.address}))


def main() -> None:
    """Run the program."""
    program(tune)
