"""The files of a search: one for each trial, written whole, and what the search was set up with."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit import files, progress
from kit.errors import SettingError
from kit.search.staged.state import Facts, unusable

TRIALS, SETUP = "trials", "search.json"
VERSION = 2  # 1 drew other values
# What the text of a damaged file may raise: a number too large, a thousand lists in one another.
DAMAGED = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)


def save(folder: Path, number: int, facts: Facts) -> None:
    """Write what is known of a trial.

    Args:
        folder: Of the search.
        number: Of the trial.
        facts: What is known.
    """
    known = {
        "version": VERSION,
        "trial": number,
        "values": dict(facts.values),
        "seed": facts.seed,
        "infeasible": facts.infeasible,
        "failed": facts.failed,
        "until": facts.until,
        "rows": [{name: _plain(value) for name, value in row.items()} for row in facts.rows],
    }
    text = json.dumps(known, ensure_ascii=False, allow_nan=False)
    files.write_text(folder / TRIALS / f"{number:04}.json", text + "\n")


def load_all(folder: Path, objective: str) -> dict[int, Facts]:
    """Return trial number -> what is known of it.

    A file that is damaged, or whose epochs cannot be ranked by the objective, is put aside and
    said: its trial is trained again, with the same result.
    """
    found: dict[int, Facts] = {}
    for path in sorted((folder / TRIALS).glob("[0-9]*.json")):
        try:
            known = json.loads(path.read_text("utf-8"))
            if known["version"] != VERSION or known["trial"] != int(path.stem):
                raise ValueError("another version, or another trial's")
            found[int(path.stem)] = _facts(known, objective)
        except DAMAGED as error:
            aside = path.with_suffix(".damaged")
            path.replace(aside)
            progress.say(
                f"{path} is damaged ({type(error).__name__}), so it is renamed to {aside.name} and "
                "the trial is trained again."
            )
    return found


def save_setup(folder: Path, setup: Mapping[str, Any]) -> None:
    """Write what a search was set up with."""
    text = json.dumps({"version": VERSION, **setup}, indent=2, ensure_ascii=False)
    files.write_text(folder / SETUP, text + "\n")


def as_read(setup: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a set-up is once it was written and read again."""
    return dict(json.loads(json.dumps(setup, default=str)))


def load_setup(folder: Path) -> dict[str, Any]:
    """Read what a search was set up with.

    Raises:
        SettingError: There is no search in the folder, or its file is damaged.
    """
    path = folder / SETUP
    if not path.is_file():
        raise SettingError(
            f"{folder} contains no search ({SETUP} is missing), so there is nothing to continue."
        )
    try:
        setup = json.loads(path.read_text("utf-8"))
        if (version := setup.pop("version")) == 1:
            raise SettingError(
                f"{folder} was started with version 0.1, which drew other values, so results would "
                "be mixed. Start the same search again: kit-tune --config "
                f"{folder / 'search.yaml'}"
            )
        if version != VERSION:
            raise ValueError("it was written by another version of this program")
        return dict(setup)
    except SettingError:
        raise
    except DAMAGED as error:
        raise SettingError(
            f"{path} is damaged ({error}). Restore it, or start a new search with another output. "
            f"The trials in {folder / TRIALS} stay as they are."
        ) from None


def differences(before: Mapping[str, Any], now: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Return a line for everything that is not as it was."""
    lines: list[str] = []
    for name in dict.fromkeys([*before, *now]):
        old, new = before.get(name), now.get(name)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            lines += differences(old, new, f"{prefix}{name}.")
        elif old != new:
            lines.append(f"{prefix}{name}: was {_shown(old)}, is {_shown(new)}")
    return lines


def _facts(known: Mapping[str, Any], objective: str) -> Facts:
    rows = tuple({name: _number(value) for name, value in row.items()} for row in known["rows"])
    epochs = [row["epoch"] for row in rows]
    if epochs != list(range(1, len(rows) + 1)):
        raise ValueError("epochs are missing")
    bad = "".join(unusable(rows, objective))
    if bad and not (known["infeasible"] or known["failed"]):
        raise ValueError(bad)
    return Facts(
        values=dict(known["values"]),
        seed=int(known["seed"]),
        rows=rows,
        infeasible=str(known["infeasible"]),
        failed=str(known["failed"]),
        until=int(known["until"]),
    )


def _plain(value: float) -> float | str:
    return float(value) if math.isfinite(value) else str(float(value))  # JSON has no NaN


def _number(value: float | str) -> float:
    if not isinstance(value, float | int | str) or isinstance(value, bool):
        raise ValueError("not a number")
    return float(value)


def _shown(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 100 else text[:97] + "..."
