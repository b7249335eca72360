"""A whole search, from its settings to its result."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit import runs
from kit.search.executors import crew
from kit.search.plans import plan
from kit.search.results.result import Result, conclude
from kit.search.searching import prepare
from kit.search.showing.stage_display import shown
from kit.search.space import Space, possible
from kit.search.staged.trial_ranking import Chance
from kit.search.trials import RunTrial


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
