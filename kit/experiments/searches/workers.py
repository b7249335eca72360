"""Who trains the trials: this process, several on this machine, or those of a scheduler."""

import dataclasses
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from kit import data, search
from kit.errors import SettingError
from kit.experiments.choice.network_choice import Choice
from kit.experiments.searches import record, remote, trials
from kit.experiments.searches.values import counting
from kit.settings.stored import settings_text


def threads_each(settings: Mapping[str, Any]) -> int | None:
    """Return how many processor threads each trial has; None for all there are."""
    if settings["threads"] is not None or settings["workers"] == 1:
        return None if settings["threads"] is None else int(settings["threads"])
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (here or 1) // int(settings["workers"]))


def set_threads(wanted: int | None) -> int:
    """Let TensorFlow compute with so many threads, all where it is None; return how many.

    Raises:
        SettingError: It computes already, with another number.
    """
    import tensorflow as tf

    from kit.experiments.trainings.record import threads

    if wanted is not None and wanted != threads():
        try:
            tf.config.threading.set_intra_op_parallelism_threads(wanted)
            tf.config.threading.set_inter_op_parallelism_threads(wanted)
        except RuntimeError:
            raise SettingError(
                f"`threads={wanted}` comes too late: TensorFlow already computes in this process "
                f"with {threads()} threads."
            ) from None
    return threads()


def run_trial(
    choice: Choice,
    settings: Mapping[str, Any],
    space: search.Space,
    source: Path,
    split: Path,
    first: data.Splits,
) -> search.RunTrial:
    """Return what trains the jobs, with the images as loaded and the division in a file."""
    train = search.from_builders(
        *trials.prepare(choice, settings, space, source, split, first),
        schedule=settings["schedule"],
        decay=settings["decay"],
        every=settings["every"],
        class_weight=settings["class_weight"],
    )

    def run(job: search.Job, report: search.Report) -> search.Outcome:
        values = counting(settings, job.values)
        return train(dataclasses.replace(job, values=values), report)

    return run


def elsewhere(resolved: Mapping[str, Any], source: Path, first: data.Splits, split: Path) -> Any:
    """Return what makes :func:`run_trial` in another process, complete in itself."""
    images = (first.fingerprint, record.division(first))
    return partial(
        remote.run_trial, settings_text(resolved), source, split.read_text("utf-8"), images
    )
