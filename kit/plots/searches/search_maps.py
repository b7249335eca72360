"""Where the trials of a search lie, and what each setting did."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from kit.errors import SettingError
from kit.plots.searches.search_marks import (
    QUIET,
    check,
    ends,
    explain,
    name_axis,
    place,
    points,
    scores_of,
    shade,
    unusable,
)

Floats = npt.NDArray[np.float64]
Ranges = Sequence[Mapping[str, tuple[float, float]]]

ACROSS = 3  # panels side by side


def search_map(
    table: pd.DataFrame,
    settings: tuple[str, str],
    objective: str,
    *,
    scales: Mapping[str, str],
    ranges: Ranges = (),
) -> Figure:
    """Draw all trials by two settings, coloured by their best score.

    Filled marks are complete trials, hollow ones were stopped, gray ones before their first score,
    crosses are infeasible; the larger a mark, the later its stage. A ring is around the best.
    Dashed frames are the stages' ranges, where both settings have one.

    Args:
        table: One row a trial: ``stage``, ``status``, the settings and ``best_`` with the
            objective.
        settings: The one to the right and the one upwards.
        objective: Lower is better where "loss" is in its name.
        scales: Setting -> "log", "linear" or "choices".
        ranges: For each stage: setting -> its ends.

    Raises:
        SettingError: There is no trial.
    """
    check(table)
    figure = Figure(figsize=(7.2, 5.6), layout="constrained")
    axes = figure.subplots()
    x, y = (
        place(axes, which, table[name], scales[name])
        for which, name in zip("xy", settings, strict=True)
    )
    for which, name in zip("xy", settings, strict=True):
        name_axis(axes, which, name)
    scores = scores_of(table, objective)
    low, high = ends(scores, objective)
    colors = shade(low, high, reverse="loss" in objective)
    shades = colors.to_rgba(np.nan_to_num(scores))
    shades[np.isnan(scores)] = to_rgba(QUIET)
    points(axes, table, x, y, shades)
    for number, stage in enumerate(ranges, 1):
        if settings[0] in stage and settings[1] in stage:
            _frame(axes, number, stage[settings[0]], stage[settings[1]])
    if np.isfinite(scores).any():
        beyond = bool((scores > high).any())
        bar = figure.colorbar(colors, ax=axes, extend="max" if beyond else "neither")
        name_axis(bar.ax, "y", objective)
    axes.set_title("Trials of the search")
    axes.grid(alpha=0.3)
    explain(figure, table, _ring(axes, x, y, scores, objective))
    return figure


def search_settings(
    table: pd.DataFrame, objective: str, *, scales: Mapping[str, str], ranges: Ranges = ()
) -> Figure:
    """Draw the best score of all trials by each setting, one small picture a setting.

    Infeasible trials are crosses on a line of their own beside the worst scores. Bars at the top
    are the ranges of the stages, the first highest.

    Args:
        table: As for :func:`search_map`.
        objective: Lower is better where "loss" is in its name.
        scales: Setting -> "log", "linear" or "choices"; these settings are drawn.
        ranges: For each stage: setting -> its ends.

    Raises:
        SettingError: There is no trial, or no setting.
    """
    check(table)
    if not scales:
        raise SettingError("There is no setting to draw.")
    across = min(ACROSS, len(scales))
    down = -(-len(scales) // across)
    size = (max(1.0 + 3.4 * across, 6.0), 1.0 + 2.9 * down)
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(down, across, squeeze=False, sharey=True)
    scores = scores_of(table, objective)
    low, high = ends(scores, objective)
    step = 0.08 * (high - low)
    bad = unusable(table)
    floor = high + step if "loss" in objective else low - step
    heights = np.where(bad & bad.any(), floor, np.clip(scores, low, high))
    stage = table["stage"].to_numpy(np.float64)
    colors = shade(1, max(float(stage.max()), 2), reverse=True).to_rgba(stage)
    ring: dict[str, Line2D] = {}
    for axes, name in zip(panels.flat, scales, strict=False):
        x = place(axes, "x", table[name], scales[name])
        for number, one in enumerate(ranges, 1):
            _bar(axes, number, one.get(name))
        points(axes, table, x, heights, colors)
        ring = _ring(axes, x, heights, scores, objective)
        name_axis(axes, "x", name, 30)
        axes.grid(alpha=0.3)
    for axes in panels.flat[len(scales) :]:
        axes.set_visible(False)
    for row in panels:
        name_axis(row[0], "y", objective, 30)
    top = high + step * (1 + 0.4 * len(ranges))
    if "loss" in objective:
        panels[0, 0].set_ylim(low - 0.5 * step, top + 1.2 * step * bool(bad.any()))
    else:
        panels[0, 0].set_ylim(low - 1.6 * step, top)
    explain(figure, table, ring)
    return figure


def _ring(axes: Axes, x: Floats, y: Floats, scores: Floats, objective: str) -> dict[str, Line2D]:
    """Draw a ring around the best, and return its line for the legend."""
    if not np.isfinite(scores).any():
        return {}
    best = int(np.nanargmin(scores) if "loss" in objective else np.nanargmax(scores))
    style: dict[str, Any] = {
        "marker": "o",
        "fillstyle": "none",
        "color": "black",
        "linestyle": "",
        "markersize": 12,
    }
    axes.plot(x[best], y[best], zorder=5, **style)
    return {"best": Line2D([], [], **style)}


def _frame(axes: Axes, number: int, across: tuple[float, float], up: tuple[float, float]) -> None:
    """Draw the ranges of a stage as a frame with its name."""
    size = across[1] - across[0], up[1] - up[0]
    style: dict[str, Any] = {"color": QUIET, "linestyle": "--", "linewidth": 0.7 + 0.4 * number}
    axes.add_patch(Rectangle((across[0], up[0]), *size, fill=False, zorder=1, **style))
    right, below = number % 2 == 0, number % 4 > 2  # so that names of inner frames stay apart
    axes.annotate(f"stage {number}", (across[right], up[not below]), fontsize=8, color="dimgray",
                  ha="right" if right else "left", va="top" if below else "bottom",
                  zorder=6)  # fmt: skip


def _bar(axes: Axes, number: int, ends: tuple[float, float] | None) -> None:
    """Draw the range of a stage as a bar at the top."""
    if ends is not None:
        height = 0.985 - 0.025 * (number - 1)
        axes.plot(ends, (height, height), color=QUIET, linewidth=2.5, solid_capstyle="butt",
                  transform=axes.get_xaxis_transform())  # fmt: skip
