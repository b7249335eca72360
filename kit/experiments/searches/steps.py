"""The steps of ``tune``."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit import data, progress, runs, search
from kit.errors import KitError, reaching
from kit.experiments.choice.network_choice import Choice
from kit.experiments.searches import settings as plan
from kit.experiments.searches.wanted import Wanted
from kit.intervals import guessing
from kit.keras_start import start_keras

if TYPE_CHECKING:
    from kit.experiments.tuning import Tuned

BEGUN = ("search.json", "trials")  # what is there of a search from its first moment on


def run(wanted: Wanted) -> "Tuned":
    """Search as it is wanted, or go on; train the winner and return what came of it.

    Raises:
        SettingError: A setting cannot be used.
        DataError: The images cannot be used.
        KitError: No trial could be used, or the work failed.
    """
    settings, source = wanted.settings, wanted.source
    search.check_crew(settings["workers"], settings["scheduler"])
    choice = plan.choose(settings, source, wanted.space)
    folder = wanted.folder or plan.search_folder(settings, source, choice.label)
    if wanted.resumed:
        with runs.alone(folder):  # told now, and not when the images have been read
            pass
    if choice.reason:
        progress.say(choice.reason)
    data.given_parts(source, settings["parts"])  # a mistake is told before TensorFlow starts
    plan_of(settings, settings["epochs"] or 20, wanted.space)  # as is a number out of its range
    start_keras()
    from kit.experiments.searches import record, trials, values, workers

    threads = workers.set_threads(workers.threads_each(settings))  # before anything is computed
    space = values.check(wanted.space, settings, wanted.given, choice)
    split = folder / runs.SPLIT if wanted.resumed else None
    if wanted.resumed:
        record.known_files(folder)
    first = trials.load(choice, settings, space, source, split)
    if wanted.resumed:
        record.refuse_other_data(folder, first)
    choice = plan.settled(choice, first, space)
    resolved = record.resolve(settings, source, choice, space, first, threads)
    with runs.alone(folder):
        if not wanted.resumed:
            # Again: now nobody else can make it.
            plan.search_folder({**settings, "output": folder}, source, choice.label)
            folder.mkdir(parents=True)
            record.save(folder, resolved, first, choice.reason)
        said = progress.Lines()
        with reaching(said):
            return _search(wanted, folder, choice, space, first, resolved, said)


def _search(
    wanted: Wanted,
    folder: Path,
    choice: Choice,
    space: search.Space,
    first: data.Splits,
    resolved: Mapping[str, Any],
    said: list[str],
) -> "Tuned":
    """Train the trials and the winner, and say what came of it."""
    from kit.experiments.run import load
    from kit.experiments.searches import record, workers
    from kit.experiments.searches import winner as last
    from kit.experiments.tuning import Tuned

    settings, source = wanted.settings, wanted.source
    planned = plan_of(settings, resolved["epochs"], space)
    made = search.prepare(
        space,
        folder,
        plan=planned,
        objective=objective_of(resolved["monitor"]),
        seed=settings["seed"],
        chance=chance_of(first, resolved["monitor"]),
        oracle=settings["oracle"],
        fingerprint=record.fingerprint(resolved, first),
        resume=wanted.resumed and any((folder / name).exists() for name in BEGUN),
        max_minutes=settings["max_minutes"],
    )
    progress.say(f"Searched: {', '.join(map(str, space))}")
    progress.say(*told(planned, settings["oracle"]).split("\n"))
    with _concluded(folder, made):
        if not made.finished:
            one = settings["workers"] == 1 and settings["scheduler"] is None
            split = folder / runs.SPLIT
            make = (
                partial(workers.run_trial, choice, settings, space, source, split, first)
                if one
                else workers.elsewhere(resolved, source, first, split)
            )
            hands = search.crew(make, made.report, settings["workers"], settings["scheduler"])
            with hands as crew, search.shown(made):
                made.work(crew)
        found = search.conclude(made)
        made.check()
        trained = not record.is_finished(folder / last.BEST)
        try:
            if not found.findings.guessing:
                use = bool(settings["use_validation"])
                found = last.train_best(folder, resolved, space, found, use, said)
        finally:
            said += found.sentences
    if found.best is None:
        raise KitError("No trial succeeded, so there is no best run.")
    record.save_facts(
        folder,
        resolved,
        first,
        choice=choice.reason,
        finished=found.finished,
        looks=found.findings.looked,
        test_scored=int(found.findings.test is not None),
        sentences=found.sentences,
    )
    if found.findings.guessing:
        error = KitError(
            f"No trial is clearly better than guessing, so no winner was trained. {folder} has the "
            "search: trials.csv and figures."
        )
        vars(error)["search"] = folder
        raise error
    best = load(folder / last.BEST)
    again = last.unusual(resolved, space, found.best.values, found.best.epochs)
    return Tuned(folder, best, trained, found, again)


def plan_of(settings: Mapping[str, Any], epochs: int, space: search.Space | None) -> search.Plan:
    """Return how the search is to go."""
    names = ("trials", "stages", "finalists", "seeds", "schedule", "max_trials", "max_epochs")
    return search.plan(
        epochs=epochs,
        **{name: settings[name] for name in names},
        staged=settings["oracle"] == "staged",
        possible=math.inf if space is None else search.possible(space),
    )


def told(planned: search.Plan, oracle: str) -> str:
    """Return a plan as it is followed by whoever chooses the settings."""
    if oracle == "hyperband":
        return f"hyperband decides how many trials run for how many of {planned.epochs} epochs"
    return str(planned)


def objective_of(monitor: str) -> str:
    """Return what trials are ranked by: a loss without penalties, which are searched themselves."""
    return "val_data_loss" if monitor == "val_loss" else monitor


def chance_of(splits: data.Splits, monitor: str) -> search.Chance | None:
    """Return what guessing scores on the validation images; None where that is a loss."""
    if "loss" in monitor:
        return None
    counts = list(splits.counts("validation").values())
    return search.Chance(sum(counts), *guessing(counts, balanced="balanced" in monitor))


@contextmanager
def _concluded(folder: Path, made: "search.Search") -> Iterator[None]:
    """Write what there is of a search that is interrupted, and let the interruption name it."""
    try:
        yield
    except KeyboardInterrupt as error:
        search.conclude(made, ended="an interruption")
        vars(error)["search"] = folder
        error.add_note(f"The search so far is kept in {folder}; continue it with `resume`.")
        raise
