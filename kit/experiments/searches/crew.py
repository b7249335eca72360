"""Who trains the trials: this process, several on this machine, or workers anywhere."""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit import progress, runs
from kit import search as searching
from kit.command_lines import program_name, quoted
from kit.errors import DataError
from kit.experiments import score_files
from kit.experiments.searches import settings as plan
from kit.keras_start import start_keras
from kit.settings import Tuning
from kit.settings.stored import read_settings, settings_text

__all__ = ["search", "threads_each", "work_for"]

TOLD = ("kit/settings", "kit/images", "kit/division")  # to workers, with the ranges
LAUNCH = "from kit.commands.tune import main; main()"


def threads_each(settings: Mapping[str, Any]) -> int | None:
    """Return how many processor threads each trial has; None for all there are."""
    if settings["threads"] is not None or settings["workers"] == 1:
        return None if settings["threads"] is None else int(settings["threads"])
    here = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, (here or 1) // int(settings["workers"]))


def search(
    made: "searching.Search", trials: Any, known: tuple[Any, ...], resolved: Mapping[str, Any]
) -> None:
    """Train the trials of a search until it is over.

    Args:
        made: The search.
        trials: The module that builds them.
        known: Network, settings, what is searched, images, folder, and the images as loaded.
        resolved: Every setting as it holds.

    Raises:
        KitError: Workers end again and again.
    """
    choice, settings, space, source, folder, first = known
    if made.oracle.finished:
        return
    if settings["chief"] is None and settings["workers"] == 1:
        builders = trials.prepare(choice, settings, space, source, folder / runs.SPLIT, first)
        with searching.shown(made):
            searching.work(made.oracle, "tuner0", _run_trial(builders, settings))
        return
    from kit.experiments.searches import record as record

    texts = (settings_text(resolved), first.fingerprint, record.division(first))
    made.oracle.extra = dict(zip(TOLD, texts, strict=True))
    if settings["chief"] is not None:
        with searching.shown(made):
            _serve(made, settings["chief"])
        return
    words = [] if resolved["folder"] is None else [str(source)]
    flags = ["--split", str(folder / runs.SPLIT)]
    flags += [] if settings["cache"] else ["--no-cache"]
    command = [sys.executable, "-c", LAUNCH, *words, *flags]
    limits = searching.thread_limits(resolved["threads"])
    workers = searching.Workers(command, settings["workers"], limits)
    with searching.shown(made):
        searching.serve(made.oracle, workers=workers)


def work_for(role: searching.Role, given: Mapping[str, Any]) -> None:
    """Train trials for a chief until the search is over.

    Args:
        role: This worker's name, and where the chief is.
        given: Its flags.

    Raises:
        SettingError: The chief cannot be used.
        DataError: The images here are not those of the search.
    """
    start_keras()
    searching.end_with_chief()
    from kit.experiments.searches import record as record
    from kit.experiments.searches import searching as steps
    from kit.experiments.searches import trials as trials

    name, address = role.name, role.address
    with searching.Client(address, name, os.environ.get(searching.TOKEN)) as client:
        told = client.get_space().values
        text, images, division = (str(told[key]) for key in TOLD)
        kept = read_settings(Tuning, Path(plan.SETTINGS), text, named="The chief's settings")
        own = {key: given.get(key) for key in ("folder", "split", "exclude")}
        cache = {"cache": given["cache"]} if "cache" in given else {}
        settings = {**plan.defaults(), **kept}
        settings |= {key: value for key, value in own.items() if value is not None} | cache
        source = plan.source_of({**settings, "folder": given.get("folder")})
        space = plan.space_of(settings["search"]) or ()
        steps.set_threads(settings["threads"])  # before anything is computed
        choice = steps.choose(settings, source, space)
        first = trials.load_first(choice, settings, space, source, settings["split"])
        if (first.fingerprint, record.division(first)) != (images, division):
            what = "images" if first.fingerprint != images else "division into parts"
            raise DataError(
                f"{source} has not the {what} of the search at {address}: trials on both could not "
                "be compared. Copy the search's images here, and give its split.csv by --split."
            )
        choice = steps.settled(choice, first, space)
        with tempfile.TemporaryDirectory() as folder:
            split = Path(folder) / runs.SPLIT
            score_files.save_table(first.table(), split)
            builders = trials.prepare(choice, settings, space, source, split, first)
        progress.say(f"{name} works for {address}.")
        searching.work(client, name, _run_trial(builders, settings))


def _run_trial(builders: Any, settings: Mapping[str, Any]) -> searching.RunTrial:
    return searching.from_builders(
        builders.make_model,
        builders.make_splits,
        schedule=settings["schedule"],
        decay=settings["decay"],
        every=settings["every"],
        class_weight=settings["class_weight"],
    )


def _serve(made: "searching.Search", address: str) -> None:
    token = os.environ.get(searching.TOKEN)
    host = address.rpartition(":")[0]

    def say(port: int) -> None:
        progress.say(
            f"Waiting for workers. On each machine, with the same {searching.TOKEN}:",
            f"  {program_name('kit-tune')} FOLDER --worker {quoted(f'{host}:{port}')}",
        )

    searching.serve(made.oracle, address, token, on_port=say)
