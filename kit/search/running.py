"""A whole search, from its settings to its result."""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit import runs
from kit.errors import SettingError, require_choice
from kit.search import records
from kit.search.executors import crew
from kit.search.plans import Plan, plan
from kit.search.results.result import Result, conclude
from kit.search.searching import Search
from kit.search.showing.stage_display import shown
from kit.search.space import Space, possible, space_text
from kit.search.staged.state import Settings
from kit.search.staged.trial_ranking import Chance
from kit.search.trials import RunTrial

ORACLES = ("staged", "random", "bayesian", "hyperband")
OBJECTIVES = ("val_accuracy", "val_balanced_accuracy", "val_data_loss")


def run(
    run_trial: RunTrial,
    space: Space,
    folder: Path | str,
    *,
    trials: int = 30,
    epochs: int = 20,
    stages: int = 3,
    finalists: int = 3,
    seeds: int = 3,
    schedule: str = "one-cycle",
    objective: str = "val_accuracy",
    seed: int = 42,
    chance: Chance | None = None,
    oracle: str = "staged",
    max_trials: int | None = None,
    max_epochs: float | None = None,
    max_minutes: float | None = None,
    fingerprint: Mapping[str, Any] | None = None,
    resume: bool = False,
    workers: int = 1,
    scheduler: str | None = None,
) -> Result:
    """Search, and return the trials, the best settings and what they rest on.

    A KeyboardInterrupt leaves the search as it is: ``resume=True`` goes on exactly.

    Args:
        run_trial: Trains a span of epochs of one trial, see :func:`from_builders`.
        space: What is searched, see :func:`read_space`.
        folder: For the search's files; a new one, but for ``resume``.
        trials: Of the first stage; with another oracle than "staged", in all but the finalists.
        epochs: Of the longest trials and of the finalists.
        stages: Coarse to fine.
        finalists: How many of the best are trained again ...
        seeds: ... from so many other starts each.
        schedule: Of the learning rate, as ``run_trial`` uses it: says when trials are compared.
        objective: "val_accuracy", "val_balanced_accuracy" or "val_data_loss".
        seed: Every value and every training follows from it.
        chance: What guessing scores on the validation images, and how many there are.
        oracle: "staged", or keras-tuner's "random", "bayesian" or "hyperband".
        max_trials: Limit for all trials.
        max_epochs: Limit for the epochs of all trials.
        max_minutes: Time limit.
        fingerprint: What must not change while the search lasts.
        resume: Go on with the search in the folder.
        workers: How many trials are trained at a time, each in a process of its own; 1 trains them
            here. ``run_trial`` then has to be what cloudpickle can send.
        scheduler: Of a Dask cluster whose workers train them, ``tls://HOST:PORT``.

    Raises:
        SettingError: A setting is out of its range, or the folder holds another search.
        KitError: The search had to end, for example since all trials failed.
    """
    numbers = (trials, epochs, stages, finalists, seeds, schedule, max_trials, max_epochs)
    planned = plan(*numbers, staged=oracle == "staged", possible=possible(space))
    with runs.alone(Path(folder)):
        search = prepare(
            space,
            folder,
            plan=planned,
            objective=objective,
            seed=seed,
            chance=chance,
            oracle=oracle,
            fingerprint=fingerprint,
            resume=resume,
            max_minutes=max_minutes,
        )
        try:
            hands = crew(lambda: run_trial, search.report, workers, scheduler)
            with shown(search), hands as made:
                search.work(made)
        except KeyboardInterrupt:
            conclude(search, ended="an interruption")
            raise
        found = conclude(search)
        search.check()
        return found


def prepare(
    space: Space,
    folder: Path | str,
    *,
    plan: Plan,
    objective: str = "val_accuracy",
    seed: int = 42,
    chance: Chance | None = None,
    oracle: str = "staged",
    fingerprint: Mapping[str, Any] | None = None,
    resume: bool = False,
    max_minutes: float | None = None,
) -> Search:
    """Set up a search in a folder of its own, or find where one stopped.

    Args:
        space: What is searched.
        folder: For its files. A search that is there goes on only with ``resume``.
        plan: How many trials and how long.
        objective: "val_accuracy", "val_balanced_accuracy" or "val_data_loss".
        seed: Every value and every training follows from it.
        chance: What guessing scores on the validation images.
        oracle: "staged" is this package's; "random", "bayesian" and "hyperband" are keras-tuner's,
            for comparison.
        fingerprint: What else must not change while the search lasts, as plain values: the data,
            the fixed settings, the number of threads.
        resume: Go on with the search in the folder.
        max_minutes: Time limit, counted from now.

    Raises:
        SettingError: A setting is out of its range, there is a search and it was not to go on, or
            there is none, or it has other settings: the message says which.
    """
    folder = Path(folder)
    _check(objective, oracle, seed, max_minutes)
    setup = {
        "space": space_text(space),
        "plan": dataclasses.asdict(plan),
        "objective": objective,
        "seed": seed,
        "chance": None if chance is None else {"images": chance.images, "score": chance.score},
        "oracle": oracle,
        "fingerprint": dict(fingerprint or {}),
    }
    setup = records.as_read(setup)
    there = (folder / records.SETUP).exists()
    if resume:
        _refuse_drift(folder, setup)
    elif there or (folder / records.TRIALS).exists():
        raise SettingError(
            f"{folder} already contains a search. Continue it with `resume=True`, or choose "
            "another output."
        )
    else:
        folder.mkdir(parents=True, exist_ok=True)
        records.save_setup(folder, setup)
    settings = Settings(space, plan, objective, seed, chance)
    if oracle == "staged":
        return Search(settings, folder, max_minutes)
    from kit.search.proposed import ProposedSearch

    return ProposedSearch(settings, folder, max_minutes, oracle)


def _check(objective: str, oracle: str, seed: int, max_minutes: float | None) -> None:
    if objective not in OBJECTIVES:
        raise SettingError(
            f"objective must be one of {', '.join(OBJECTIVES)}, not {objective!r}. A loss that "
            "includes penalties would favor trials with small penalties."
        )
    require_choice("oracle", oracle, ORACLES)
    if seed < 0:
        raise SettingError(f"seed must be 0 or more, not {seed}.")
    if max_minutes is not None and not 0 < max_minutes < math.inf:
        raise SettingError(f"max_minutes must be above 0, not {max_minutes}.")


def _refuse_drift(folder: Path, setup: Mapping[str, Any]) -> None:
    before = records.load_setup(folder)
    if isinstance(before.get("chance"), dict):
        before["chance"].pop("error", None)  # some hold it; it follows from the data
    found = records.differences(before, setup)
    if found:
        raise SettingError(
            f"{folder} contains another search, whose results would be mixed with these.",
            *(f"  {line}" for line in found),
            "Continue it with its own settings, or start a new search in another folder.",
        )
