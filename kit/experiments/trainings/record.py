"""What ``train`` writes down of a run: resolved settings, facts, scores, and what to do next."""

import dataclasses
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit import architectures, data, files, runs, training
from kit.command_lines import program_name, quoted
from kit.experiments import places, score_files
from kit.experiments.choice.network_choice import Choice
from kit.experiments.choice.variation import layers
from kit.experiments.run import METRICS
from kit.experiments.trainings.fitting import Trained
from kit.progress import clean
from kit.settings import Network, Training
from kit.settings.stored import settings_text

if TYPE_CHECKING:
    import keras

__all__ = [
    "FLAGS",
    "facts",
    "finish",
    "next_steps",
    "resolve",
    "save_inputs",
    "threads",
]

FLAGS = Network.TRAITS  # settings of architectures that have flags of their own


def resolve(
    given: Mapping[str, Any],
    source: Path,
    splits: data.Splits,
    model: "keras.Model",
    choice: Choice,
) -> dict[str, Any]:
    """Return every setting of ``train`` as it holds for this run.

    Settings of the architecture that adapt to the image size stay as they were given.
    """
    every = dict(architectures.settings(choice.architecture)) | dict(choice.settings)
    height, width, _ = splits.image_shape
    loss = given["loss"] or training.default_loss(architectures.head(model))
    defaults = {
        "loss": loss,
        "epochs": training.default_epochs(data.steps(splits) * given["views"]),
        "monitor": training.default_monitor(splits),
        "augmentation": None if splits.augmentation == "none" else splits.augmentation,
        "weight_decay": training.default_decay(given["optimizer"]),
        "label_smoothing": training.default_smoothing(loss),
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    return {
        **given,
        **defaults,
        **chosen,
        "folder": None if given["folder"] is None else source,
        "architecture": choice.architecture,
        "backbone": None,  # a setting of the architecture from here on, as its weights
        "weights": None,
        **{
            name: given[name].resolve()
            for name in ("split", "exclude", "unlabelled")
            if given[name] is not None
        },
        "settings": {name: value for name, value in every.items() if name not in FLAGS},
        **{name: every[name] for name in FLAGS if name in every},
        "image_size": [height, width],
        "color": splits.color,
        "augment": layers(given["augment"]),
        "flip": "yes" if splits.flip else "no",
        "learning_rate": training.learning_rate(model),
    }


def save_inputs(run: Path, resolved: Mapping[str, Any], splits: data.Splits, reason: str) -> None:
    """Write what is known before the first epoch, so that an interrupted run can be used."""
    files.write_text(run / runs.SETTINGS, settings_text(resolved, Training))
    score_files.save_table(splits.table(), run / runs.SPLIT)
    _save_facts(run, resolved, splits, choice=reason, finished=False)


def finish(
    run: Path,
    metrics: Mapping[str, Any],
    resolved: Mapping[str, Any],
    splits: data.Splits,
    best: Trained,
    reason: str,
    start: float,
) -> None:
    """Write the scores and mark the run as complete."""
    times = {
        "seconds": round(time.monotonic() - start, 2),
        "cpu_seconds": round(time.process_time(), 2),  # of the whole process
    }
    files.write_text(run / METRICS, json.dumps({**metrics, **times}, indent=2) + "\n")
    _save_facts(
        run,
        resolved,
        splits,
        choice=reason,
        finished=True,
        best_epoch=best.history.best_epoch,
        stopped=best.history.stopped,
        kept=best.attempt.name,
        temperature=best.temperature,
    )


def next_steps(run: Path, folder: Path | None) -> list[str]:
    """Return the commands that follow a training on a folder, as they can be typed here."""
    folder = data.image_folders(places.data_folder(folder))[0]
    return [
        clean(line)
        for line in (
            f"The run is in {run}; look at {run / 'figures'}.",
            "Next:",
            f"  {program_name('kit-predict')} {quoted(run)} {quoted(folder)} --top 3",
            f"  {program_name('kit-evaluate')} {quoted(run)} OTHER_FOLDER",
        )
    ]


def facts(resolved: Mapping[str, Any], splits: data.Splits, **more: Any) -> dict[str, Any]:
    """Return what prediction needs and what else a result depends on."""
    height, width, channels = splits.image_shape
    return {
        "class_names": list(splits.class_names),
        "image_size": [height, width],
        "color": splits.color,
        "channels": channels,
        "aspect": splits.aspect,
        "equalization": splits.equalization,
        "architecture": resolved["architecture"],
        "seed": resolved["seed"],
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


def _save_facts(run: Path, resolved: Mapping[str, Any], splits: data.Splits, **more: Any) -> None:
    known = facts(resolved, splits, **more)
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
