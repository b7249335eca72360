"""What the figures of a search share: scores, places, marks and their meaning."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kit.errors import SettingError
from kit.plots.figure_text import legend, plain, shorten

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

BAD, QUIET = "tab:red", "tab:gray"
SMALL, LARGE = 16.0, 64.0  # square points: marks of the first and of the last stage
MANY = 150  # trials from which marks are smaller
TAIL = 10  # percent of losses, the worst, that lie beyond the end of an axis
UNUSABLE = ("infeasible", "failed")
BRIGHT = 0.88  # of viridis: its end, yellow, is hardly seen on white
CATEGORIES = 12  # choices that are named beside an axis
JITTER = 0.22  # of the distance of two choices: equal ones are moved apart by up to so much


def check(rows: pd.DataFrame) -> None:
    """Raise SettingError where there is nothing to draw."""
    if not len(rows):
        raise SettingError("There is no trial to draw.")


def unusable(rows: pd.DataFrame) -> Booleans:
    """Return which rows are of trials that are infeasible or failed."""
    return rows["status"].isin(UNUSABLE).to_numpy(np.bool_)


def scores_of(table: pd.DataFrame, objective: str) -> Floats:
    """Return the best score of each trial, NaN for one without."""
    scores = table[f"best_{objective}"].to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isfinite(scores) & ~unusable(table), scores, np.nan)


def ends(scores: Floats, objective: str) -> tuple[float, float]:
    """Return where an axis of scores ends; the worst tenth of losses lies beyond."""
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if "loss" in objective:
        high = float(np.percentile(finite, 100 - TAIL))
    return (low, high) if high > low else (low - 0.05, high + 0.05)


def shade(low: float, high: float, *, reverse: bool = False, log: bool = False) -> ScalarMappable:
    """Return what colors numbers: the high ones bright, or where it is reversed the low ones."""
    colors = LinearSegmentedColormap.from_list(
        "", colormaps["viridis"](np.linspace(0, BRIGHT, 256))
    )
    high = high if high > low else 2 * low if log else low + 1
    norm = (LogNorm if log else Normalize)(low, high, clip=True)
    return ScalarMappable(norm, colors.reversed() if reverse else colors)


def place(axes: Axes, which: str, values: pd.Series, scale: str) -> Floats:
    """Return where values lie on an axis, and prepare the axis for them.

    Args:
        axes: Its x or y axis is given the scale, and the names of choices.
        which: "x" or "y".
        values: Of a setting, one for each trial.
        scale: "log", "linear" or "choices".
    """
    if scale != "choices":
        numbers: Floats = pd.to_numeric(values, errors="coerce").to_numpy(np.float64)
        positive = numbers[np.isfinite(numbers) & (numbers > 0)]
        if scale == "log" and len(positive):
            (axes.set_xscale if which == "x" else axes.set_yscale)("log")
            return np.where(numbers > 0, numbers, np.nan)
        return numbers
    kinds = sorted(set(values), key=_order)
    index = {kind: number for number, kind in enumerate(kinds)}
    every = -(-len(kinds) // CATEGORIES)
    texts = [shorten(kind, 18) for kind in kinds[::every]]
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks(range(0, len(kinds), every), texts)
    crowded = which == "x" and sum(map(len, texts)) > 24
    for label in axis.get_ticklabels():
        label.update(plain(8))
        if crowded:
            label.set(rotation=35, ha="right", rotation_mode="anchor")
    (axes.set_xlim if which == "x" else axes.set_ylim)(-0.6, len(kinds) - 0.4)
    moved = np.random.default_rng(ord(which)).uniform(-JITTER, JITTER, len(values))
    return np.array([index[value] for value in values], np.float64) + moved


def points(axes: Axes, rows: pd.DataFrame, x: Floats, y: Floats, colors: Any) -> None:
    """Draw trials: complete ones filled, stopped ones hollow, infeasible ones as crosses.

    Args:
        axes: Where.
        rows: ``stage``, which gives the size, and ``status``.
        x: One for each row.
        y: One for each row.
        colors: One RGBA (rows, 4) for each row.
    """
    stage = rows["stage"].to_numpy(np.float64)
    sizes = SMALL + (LARGE - SMALL) * (stage - 1) / max(float(stage.max()) - 1, 1)
    sizes *= 0.5 if len(rows) > MANY else 1
    width = 0.8 if len(rows) > MANY else 1.2
    bad, complete = unusable(rows), (rows["status"] == "complete").to_numpy(np.bool_)
    axes.scatter(x[bad], y[bad], s=sizes[bad], color=BAD, marker="x", linewidths=width, alpha=0.7)
    hollow = ~bad & ~complete
    axes.scatter(x[hollow], y[hollow], s=sizes[hollow], facecolors="none", linewidths=width,
                 edgecolors=colors[hollow], zorder=3)  # fmt: skip
    axes.scatter(x[complete], y[complete], s=sizes[complete], color=colors[complete], zorder=4,
                 edgecolors="white", linewidths=0.4)  # fmt: skip


def explain(figure: Figure, rows: pd.DataFrame, more: Mapping[str, Line2D] | None = None) -> None:
    """Say below a figure what the marks are, those that are there."""
    bad, status = unusable(rows), rows["status"]
    grey: dict[str, Any] = {"color": QUIET, "linestyle": "", "marker": "o"}
    handles: dict[str, Line2D] = {}
    if (status == "complete").any():
        handles["complete"] = Line2D([], [], **grey)
    if (~bad & (status != "complete").to_numpy()).any():
        handles["stopped"] = Line2D([], [], fillstyle="none", **grey)
    if bad.any():
        handles["infeasible"] = Line2D([], [], **grey | {"color": BAD, "marker": "x"})
    if rows["stage"].nunique() > 1:
        handles["larger: later stage"] = Line2D([], [], markersize=9, **grey)
    handles |= more or {}
    legend(figure, list(handles.values()), list(handles), "outside lower center", 5)


def name_axis(axes: Axes, which: str, name: object, longest: int = 40) -> None:
    """Write a name of any script beside an axis."""
    (axes.set_xlabel if which == "x" else axes.set_ylabel)(shorten(name, longest), **plain(10))


def _order(value: Any) -> tuple[bool, float, str]:
    number = isinstance(value, bool | int | float)
    return (not number, float(value) if number else 0.0, str(value))
