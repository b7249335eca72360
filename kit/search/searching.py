"""A search from its set-up to its results."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit.errors import KitError, SettingError
from kit.search import records
from kit.search.oracle import SearchOracle
from kit.search.plans import Plan
from kit.search.space import Space, space_text
from kit.search.staged.state import Settings
from kit.search.staged.trial_ranking import Chance

__all__ = ["ORACLES", "Search", "prepare"]

ORACLES = ("staged", "random", "bayesian", "hyperband")
OBJECTIVES = ("val_accuracy", "val_balanced_accuracy", "val_data_loss")


@dataclass(frozen=True)
class Search:
    """A search that is set up.

    Attributes:
        settings: Of the search.
        folder: Where it is kept.
        oracle: Gives out its jobs.
        name: Of the oracle.
    """

    settings: Settings
    folder: Path
    oracle: SearchOracle
    name: str

    def check(self) -> None:
        """Make sure that it went as far as it could.

        Raises:
            KitError: It had to end, with the reason.
        """
        if self.oracle.error:
            raise KitError(self.oracle.error)


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
            f"{folder} holds a search already. Go on with it by --resume (resume=True), or give "
            "another output."
        )
    else:
        folder.mkdir(parents=True, exist_ok=True)
        records.save_setup(folder, setup)
    settings = Settings(space, plan, objective, seed, chance)
    if oracle == "staged":
        made = SearchOracle(settings, folder, max_minutes)
    else:
        from kit.search.keras_tuner_oracles import OtherOracle

        made = OtherOracle(settings, folder, max_minutes, oracle)
    return Search(settings, folder, made, oracle)


def _check(objective: str, oracle: str, seed: int, max_minutes: float | None) -> None:
    if objective not in OBJECTIVES:
        raise SettingError(
            f"objective must be one of {', '.join(OBJECTIVES)}, not {objective!r}. A loss with its "
            "penalties would favour trials with small penalties."
        )
    if oracle not in ORACLES:
        raise SettingError(f"oracle must be one of {', '.join(ORACLES)}, not {oracle!r}.")
    if seed < 0:
        raise SettingError(f"seed must be 0 or more, not {seed}.")
    if max_minutes is not None and not 0 < max_minutes < float("inf"):
        raise SettingError(f"max_minutes must be above 0, not {max_minutes}.")


def _refuse_drift(folder: Path, setup: Mapping[str, Any]) -> None:
    before = records.load_setup(folder)
    if isinstance(before.get("chance"), dict):
        before["chance"].pop("error", None)  # some hold it; it follows from the data
    found = records.differences(before, setup)
    if found:
        raise SettingError(
            f"{folder} is another search: results of both would be mixed.",
            *(f"  {line}" for line in found),
            "Go on with what it had, or begin a new search in another folder.",
        )
