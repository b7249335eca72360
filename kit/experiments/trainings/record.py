"""What ``train`` writes down of a run: resolved settings, facts and scores."""

import dataclasses
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kit import architectures, data, files, runs, training
from kit.experiments import score_files
from kit.experiments.choice.network_choice import Choice
from kit.experiments.choice.plan import Plan
from kit.experiments.run import METRICS
from kit.experiments.trainings import building, folds
from kit.experiments.trainings.trained_networks import Trained, best_of, kept_data
from kit.settings import Network, Training
from kit.settings.stored import settings_text


def resolved(plan: Plan, splits: data.Splits) -> Plan:
    """Return the plan with every setting as it holds, since the images and the network are known.

    Settings of the architecture that adapt to the image size stay as they were given.
    """
    holding = in_force(plan.settings, plan.choice, plan.source, splits)
    return dataclasses.replace(plan, settings=holding)


def in_force(settings: Training, choice: Choice, source: Path, splits: data.Splits) -> Training:
    """Return settings with what was chosen, what the images said and what is so by default."""
    given, known = settings.flat(), settings.optimization
    every = {**architectures.settings(choice.architecture), **choice.settings}
    loss = known.loss or training.default_loss(every.get("head", "softmax"))
    rate = building.compile_settings(choice, known)["learning_rate"]
    precision = training.resolved_precision(settings.duration.precision)
    defaults = {
        "epochs": training.default_epochs(
            data.steps(splits) * settings.transfer.views,
            None if choice.frozen else settings.duration.max_minutes,
        ),
        "monitor": training.default_monitor(splits),
        "augmentation": None if splits.augmentation == "none" else splits.augmentation,
        "learning_rate": training.default_rate(known.optimizer) if rate is None else rate,
        "loss": loss,
        "weight_decay": training.default_decay(known.optimizer),
        "label_smoothing": training.default_smoothing(loss),
    }
    if settings.transfer.solve_head == "yes":  # it has no epochs, steps or rates
        defaults = {"augmentation": defaults["augmentation"], "monitor": defaults["monitor"]}
    elsewhere = {name: given[name] for name in ("split", "exclude", "unlabelled")}
    return settings.having(
        folder=None if settings.folder is None else source,
        architecture=choice.architecture,
        backbone=None,  # a setting of the architecture from here on, as its weights
        weights=None,
        settings={name: value for name, value in every.items() if name not in Network.TRAITS},
        **{name: every[name] for name in Network.TRAITS if name in every},
        image_size=splits.image_shape[:2],
        color=splits.color,
        flip="yes" if splits.flip else "no",
        precision="float32" if choice.frozen else precision,
        **{name: value for name, value in defaults.items() if given[name] is None},
        **{name: path and path.resolve() for name, path in elsewhere.items()},
    )


def begin(plan: Plan, divided: Sequence[data.Splits], run: Path) -> None:
    """Write what is known before the first epoch, so that an interrupted run can be used."""
    files.write_text(run / runs.SETTINGS, settings_text(plan.settings.flat(), Training))
    _save_split(plan, divided[0], divided, run)
    _save_facts(plan, divided[0], run, finished=False)


def finish(
    plan: Plan,
    trained: Sequence[Trained],
    divided: Sequence[data.Splits],
    metrics: Mapping[str, Any],
    run: Path,
    start: float,
) -> None:
    """Write the scores, and mark a run as complete that began at ``time.monotonic() == start``."""
    best, splits = best_of(trained), kept_data(trained, divided)
    times = {
        "seconds": round(time.monotonic() - start, 2),
        "cpu_seconds": round(time.process_time(), 2),  # of the whole process
    }
    files.write_text(run / METRICS, json.dumps({**metrics, **times}, indent=2) + "\n")
    _save_split(plan, splits, divided, run)
    _save_facts(
        plan,
        splits,
        run,
        finished=True,
        best_epoch=best.history.best_epoch,
        stopped=best.history.stopped,
        kept=best.attempt.name,
        temperature=best.temperature,
    )


def facts(splits: data.Splits, architecture: str, seed: int, **more: Any) -> dict[str, Any]:
    """Return what prediction needs and what else a result depends on."""
    height, width, channels = splits.image_shape
    return {
        "class_names": list(splits.class_names),
        "image_size": [height, width],
        "color": splits.color,
        "channels": channels,
        "aspect": splits.aspect,
        "equalization": splits.equalization,
        "architecture": architecture,
        "seed": seed,
        "threads": threads(),
        "data": {
            "folder": str(splits.folder),
            "fingerprint": splits.fingerprint,
            "images": {part: len(indices) for part, indices in splits.parts.items()},
            "left_out": [dataclasses.asdict(problem) for problem in splits.problems],
            "changed": list(splits.changed),
            "lost": [splits.files[number] for number in splits.images.lost],
            "notes": list(splits.notes),
        },
        **runs.environment(),
        **more,
    }


def _save_split(plan: Plan, splits: data.Splits, divided: Sequence[data.Splits], run: Path) -> None:
    """Write which image is in which part, and where there are folds in which of them."""
    table = splits.table()
    if plan.settings.comparison.folds is not None:
        table = table.assign(fold=folds.numbers(divided))
    score_files.save_table(table, run / runs.SPLIT)


def _save_facts(plan: Plan, splits: data.Splits, run: Path, **more: Any) -> None:
    name, seed = plan.choice.architecture, plan.settings.division.seed
    known = facts(splits, name, seed, choice=plan.choice.reason, **more)
    files.write_text(run / runs.FACTS, json.dumps(known, indent=2, ensure_ascii=False) + "\n")


def threads() -> int:
    """Return how many processor threads TensorFlow computes with; sums depend on it."""
    import tensorflow as tf

    asked: int = tf.config.threading.get_intra_op_parallelism_threads()
    if asked:
        return asked
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
