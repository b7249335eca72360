"""What a search cost, and how its trials learned."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from kit.plots.figure_text import legend
from kit.plots.searches.search_marks import (
    BAD,
    QUIET,
    check,
    ends,
    explain,
    name_axis,
    points,
    shade,
    unusable,
)

UNITS = (("seconds", 1.0, 300.0), ("minutes", 60.0, 300.0), ("hours", 3600.0, float("inf")))
WIDTHS = ((20, 1.5, 0.95), (100, 0.9, 0.8), (10**9, 0.6, 0.6))  # up to so many curves: width, alpha
NARROW = 0.04  # of the width: a stage with less room gets no name


def search_cost(epochs: pd.DataFrame, objective: str) -> Figure:
    """Draw what was reached by the processor time spent until then.

    Each trial is a mark where it ended, at its best score; the line is the best so far. The stages
    lie on stripes.

    Args:
        epochs: One row an epoch, in the order of training: ``trial``, ``stage``, ``status``,
            ``spent`` (cpu-seconds of all trials so far) and the objective.
        objective: Lower is better where "loss" is in its name.

    Raises:
        SettingError: There is no epoch.
    """
    check(epochs)
    figure = Figure(figsize=(7.2, 4.6), layout="constrained")
    axes = figure.subplots()
    whole = max(float(epochs["spent"].max()), 1e-9)
    unit, seconds, _ = next(one for one in UNITS if whole <= one[2] * one[1])
    spent = epochs["spent"].to_numpy(np.float64) / seconds
    sign = -1.0 if "loss" in objective else 1.0
    values = sign * epochs[objective].to_numpy(np.float64)
    values[unusable(epochs) | ~np.isfinite(values)] = -np.inf
    best = sign * np.maximum.accumulate(values)
    reached = np.isfinite(best)
    if reached.any():
        axes.step([*spent[reached], whole / seconds], [*best[reached], best[-1]], where="post",
                  color="black", linewidth=1.4, zorder=2)  # fmt: skip

    trials = epochs.assign(signed=values, spent=spent).groupby("trial", sort=False)
    rows = trials.last()
    tops = sign * trials["signed"].max().to_numpy(np.float64)
    tops[~np.isfinite(tops)] = np.nan
    low, high = ends(tops, objective)
    step = 0.06 * (high - low)
    floor = high + step if "loss" in objective else low - step
    heights = np.where(unusable(rows), floor, np.clip(tops, low, high))
    stage = rows["stage"].to_numpy(np.float64)
    colors = shade(1, max(float(stage.max()), 2), reverse=True).to_rgba(stage)
    points(axes, rows, rows["spent"].to_numpy(np.float64), heights, colors)

    _stripes(axes, epochs["stage"].to_numpy(), spent, whole / seconds)
    axes.set_ylim(low - 2 * step, high + 2 * step)
    axes.set_xlim(0, 1.02 * whole / seconds)
    axes.set_xlabel(f"processor time of all trials so far, {unit}")
    name_axis(axes, "y", objective)
    axes.grid(alpha=0.3)
    line = {"best so far": Line2D([], [], color="black")} if reached.any() else {}
    explain(figure, rows, line)
    return figure


def search_curves(
    epochs: pd.DataFrame,
    objective: str,
    *,
    by: Mapping[int, float] | None = None,
    name: str = "stage",
    log: bool = False,
) -> Figure:
    """Draw the learning curve of every trial, infeasible ones dashed to where they ended.

    Args:
        epochs: As for :func:`search_cost`, with ``epoch``.
        objective: What is drawn.
        by: Trial -> the number that colors it, above 0 where ``log`` is set; by default its stage.
        name: What that number is.
        log: Whether colors go by its logarithm.

    Raises:
        SettingError: There is no epoch.
    """
    check(epochs)
    figure = Figure(figsize=(7.2, 4.8), layout="constrained")
    axes = figure.subplots()
    curves: dict[Any, pd.DataFrame] = dict(iter(epochs.groupby("trial", sort=True)))
    if by is None:
        by = {trial: float(rows["stage"].iloc[0]) for trial, rows in curves.items()}
    numbers = {trial: by[trial] for trial in curves}
    low, high = min(numbers.values()), max(numbers.values())
    colors = shade(low, high, reverse=name == "stage", log=log)
    width, alpha = next(one[1:] for one in WIDTHS if len(curves) <= one[0])
    for trial, rows in curves.items():
        bad = bool(unusable(rows)[0])
        style = {"linewidth": width, "alpha": alpha, "linestyle": "--" if bad else "-"}
        _curve(
            axes, rows, objective, bad, style | {"color": colors.to_rgba(np.array(numbers[trial]))}
        )
    low, high = ends(epochs[objective].to_numpy(np.float64), objective)
    axes.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    axes.set_xlim(0.6, float(epochs["epoch"].max()) + 0.4)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set_xlabel("epoch")
    axes.set_title(f"Learning curves, {len(curves)} trial{'s' * (len(curves) > 1)}")
    name_axis(axes, "y", objective)
    axes.grid(alpha=0.3)
    if len(set(numbers.values())) > 1:
        bar = figure.colorbar(colors, ax=axes)
        name_axis(bar.ax, "y", name)
        if name == "stage":
            bar.ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    if unusable(epochs).any():
        mark = Line2D([], [], color=QUIET, linestyle="--", marker="x", markeredgecolor=BAD)
        legend(figure, [mark], ["infeasible"], "outside lower center", 1)
    return figure


def _curve(
    axes: Axes, rows: pd.DataFrame, objective: str, bad: bool, style: Mapping[str, Any]
) -> None:
    values = rows[objective].to_numpy(np.float64)
    values = np.where(np.isfinite(values), values, np.nan)
    x = rows["epoch"].to_numpy(np.float64)
    axes.plot(x, values, zorder=2 if bad else 3, **style)
    there = np.flatnonzero(np.isfinite(values))
    if bad and len(there):
        axes.plot(x[there[-1]], values[there[-1]], "x", color=BAD, markersize=5)
    elif len(there) == 1:  # a line of one point is not seen
        axes.plot(x[there], values[there], ".", color=style["color"], markersize=5)


def _stripes(axes: Axes, stages: Any, spent: Any, whole: float) -> None:
    """Shade every second stage and name those that have room."""
    begun = 0.0
    for place, stage in enumerate(dict.fromkeys(stages)):
        end = float(spent[stages == stage].max())
        if place % 2:
            axes.axvspan(begun, end, color=QUIET, alpha=0.15, linewidth=0, zorder=0)
        if end - begun > NARROW * whole:
            text = f"stage {stage}" if end - begun > 3 * NARROW * whole else f"{stage}"
            axes.annotate(text, ((begun + end) / 2, 1.0), ha="center", va="bottom", fontsize=8,
                          xycoords=("data", "axes fraction"), color=QUIET)  # fmt: skip
        begun = end
