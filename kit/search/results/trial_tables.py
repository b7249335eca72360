"""Trials as tables: one row for each trial, one row for each epoch."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kit import files
from kit.search.space import Space
from kit.search.trials import Trial

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # begin a formula
NO_METRICS = ("epoch", "learning_rate", "seconds", "cpu_seconds")  # of a row's columns
FIRST = ("trial", "stage")
MIDDLE = ("seed", "status", "reason", "epochs", "planned_epochs", "best_epoch")
LAST = ("seconds", "cpu_seconds")


def table(trials: Iterable[Trial], space: Space, objective: str) -> pd.DataFrame:
    """Return one row for each trial, by number.

    The columns: ``trial``, ``stage``, every setting, ``seed``, ``status``, ``reason``, ``epochs``
    (trained), ``planned_epochs``, ``best_epoch``, ``best_`` with the objective and the other
    validation metrics of that epoch, ``last_`` with all metrics of the last epoch, ``seconds`` and
    ``cpu_seconds``. A trial that is infeasible or failed has no best epoch. A setting that is
    called like another column gets "setting_" in front. Lists are JSON text.

    Args:
        trials: In any order.
        space: Its names are the settings, in this order.
        objective: A column of the trials' rows.
    """
    ordered = sorted(trials, key=lambda trial: trial.number)
    metrics = _metrics(ordered, objective)
    best = [name for name in metrics if name.startswith("val_") or name == objective]
    settings = {parameter.name: setting_column(parameter.name) for parameter in space}
    rows = [
        {
            "trial": trial.number,
            "stage": trial.stage,
            **{column: _cell(trial.values.get(name)) for name, column in settings.items()},
            "seed": trial.seed,
            "status": trial.status,
            "reason": trial.reason,
            "epochs": trial.epochs,
            "planned_epochs": trial.planned * trial.share,
            **_best(trial, best, objective),
            **_chosen(trial.rows[-1] if trial.rows else {}, metrics, "last"),
            "seconds": round(trial.seconds, 3),
            "cpu_seconds": round(trial.cpu_seconds, 3),
        }
        for trial in ordered
    ]
    named = (f"best_{name}" for name in best), (f"last_{name}" for name in metrics)
    columns = [*FIRST, *settings.values(), *MIDDLE, *named[0], *named[1], *LAST]
    return pd.DataFrame(rows, columns=columns).astype({"best_epoch": "Int64"})


def epochs(trials: Iterable[Trial], objective: str) -> pd.DataFrame:
    """Return one row for each epoch of each trial, in the order in which they are trained.

    In a stage all trials are trained to the first rung, one after the other, then those that are
    left to the next. Several workers train them in nearly this order.

    Args:
        trials: In any order.
        objective: A column of the trials' rows.

    Returns:
        ``trial``, ``stage``, ``status``, ``epoch``, the objective, ``spent`` (cpu-seconds of all
        trials until then) and ``last`` (whether it is the trial's last epoch).
    """
    rows, spent = [], 0.0
    for trial, number in _in_order(list(trials)):
        row = trial.rows[number]
        spent += row.get("cpu_seconds", 0.0)
        rows.append(
            {
                "trial": trial.number,
                "stage": trial.stage,
                "status": trial.status,
                "epoch": int(row.get("epoch", number + 1)),
                objective: _short(row.get(objective, math.nan)),
                "spent": spent,
                "last": number == len(trial.rows) - 1,
            }
        )
    columns = ["trial", "stage", "status", "epoch", objective, "spent", "last"]
    return pd.DataFrame(rows, columns=columns)


def save(rows: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV, whole or not at all.

    Text that a spreadsheet would run as a formula gets "'" in front.

    Args:
        rows: Of :func:`table`.
        path: Its folder must exist.

    Raises:
        OSError: It cannot be written; what was at ``path`` is as it was.
    """
    safe = rows.map(_harmless)
    safe.columns = pd.Index([_harmless(name) for name in rows.columns])
    # RFC 4180: a text may hold a bare CR or LF.
    files.write_text(path, safe.to_csv(index=False, lineterminator="\r\n"))


def _in_order(trials: Sequence[Trial]) -> Iterator[tuple[Trial, int]]:
    for stage in sorted({trial.stage for trial in trials}):
        mine = sorted((one for one in trials if one.stage == stage), key=lambda one: one.number)
        # Where trials were stopped or are complete, there was a rung.
        ends = {len(trial.rows) for trial in mine if trial.status in ("stopped", "complete")}
        ends.add(max(len(trial.rows) for trial in mine))
        first = 0
        for end in sorted(ends):
            for trial in mine:
                yield from ((trial, number) for number in range(first, min(end, len(trial.rows))))
            first = end


def _metrics(trials: Sequence[Trial], objective: str) -> list[str]:
    names = {name for trial in trials for row in trial.rows for name in row}
    others = sorted(names - {*NO_METRICS, objective})  # rows from workers have another order
    return [objective, *others]


def _best(trial: Trial, names: Sequence[str], objective: str) -> dict[str, Any]:
    row = trial.best(objective) if trial.feasible else {}
    if not math.isfinite(row.get(objective, math.nan)):
        return {"best_epoch": None}
    epoch = int(row.get("epoch", trial.rows.index(row) + 1))
    return {"best_epoch": epoch, **_chosen(row, names, "best")}


def _chosen(row: Mapping[str, float], names: Sequence[str], prefix: str) -> dict[str, float]:
    return {f"{prefix}_{name}": _short(row[name]) for name in names if name in row}


def _short(value: float) -> float:
    """Return the shortest number that is this one in single precision: 0.512, not 0.51200002."""
    return float(str(np.float32(value)))


def setting_column(name: str) -> str:
    """Return the column that a setting has."""
    taken = name in (*FIRST, *MIDDLE, *LAST) or name.startswith(("best_", "last_"))
    return f"setting_{name}" if taken else name


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell
