"""Who trains the trials: this process, several on this machine, or those of a scheduler."""

import dataclasses
import os
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from kit import data, files, search
from kit.errors import DataError, SettingError
from kit.experiments.choice.network_choice import Choice
from kit.experiments.searches import record, trials
from kit.experiments.searches import settings as plan
from kit.experiments.searches.values import counting
from kit.keras_start import start_keras
from kit.settings import Tuning
from kit.settings.stored import read_settings, settings_text

VARIABLES = ("KERASTUNER_TUNER_ID", "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT")


def refuse_keras_tuner() -> None:
    """Say what to use instead of keras-tuner's own variables.

    Raises:
        SettingError: One of them is set: each process would search for itself.
    """
    if found := [name for name in VARIABLES if name in os.environ]:
        raise SettingError(
            f"{' and '.join(found)} are not used any more: --scheduler tls://HOST:PORT takes the "
            "workers of a Dask scheduler. Unset them, and start one process."
        )


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
                f"--threads {wanted}: TensorFlow has begun to compute in this process, with "
                f"{threads()} threads."
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
    builders = trials.prepare(choice, settings, space, source, split, first)
    train = search.from_builders(
        builders.make_model,
        builders.make_splits,
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
        run_trial_there, settings_text(resolved), source, split.read_text("utf-8"), images
    )


def run_trial_there(
    known: str, source: Path, split: str, images: tuple[str, str]
) -> search.RunTrial:
    """Return what trains the jobs, in the process of a worker.

    Args:
        known: The settings of the search as it resolved them.
        source: The images, under the same path as there.
        split: Content of the division's file.
        images: Fingerprint of the images, and of their division.

    Raises:
        DataError: The images here are not those of the search.
    """
    start_keras()
    kept = read_settings(Tuning, Path(plan.SETTINGS), known, named="The search's settings")
    settings = {**plan.defaults(), **kept}
    space = plan.space_of(settings["search"]) or ()
    set_threads(settings["threads"])  # before anything is computed
    choice = plan.choose(settings, source, space)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "split.csv"
        files.write_text(file, split)
        first = trials.load_first(choice, settings, space, source, file)
        if (first.fingerprint, record.division(first)) != images:
            what = "images" if first.fingerprint != images[0] else "division into parts"
            raise DataError(
                f"{source} has not the {what} of the search on the machine of this worker: trials "
                "on both could not be compared. Copy the search's images there."
            )
        return run_trial(plan.settled(choice, first, space), settings, space, source, file, first)
