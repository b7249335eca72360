"""What moves and what is dead in each layer, over the epochs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from kit.errors import SettingError
from kit.plots.figure_text import legend, shorten

LEAST = 1e-9  # below it a layer counts as still, and a logarithmic axis needs a value
NAMED = 20  # layers in the legend; of more, the others are drawn without a name


def layers(rows: Sequence[Mapping[str, Any]], usual: tuple[float, float] = (1e-4, 3e-2)) -> Figure:
    """Draw update / weights and the share of dead units of each layer by epoch.

    Args:
        rows: One mapping a layer and epoch: ``epoch``, ``layer``, ``update_ratio`` and
            ``dead_share``, None where a layer has none: ``Monitor.layers``.
        usual: The band of update / weights that is shaded.

    Raises:
        SettingError: There is no row.
    """
    names = list(dict.fromkeys(str(row["layer"]) for row in rows))
    if not names:
        raise SettingError("At least one measured epoch is needed to draw layers.")
    colors = dict(zip(names, colormaps["viridis"](np.linspace(0, 0.9, len(names))), strict=True))
    named = names[:NAMED]
    figure = Figure(figsize=(9.6, 4.0 + 0.2 * -(-len(named) // 3)), layout="constrained")
    updates, dead = figure.subplots(1, 2)
    updates.axhspan(*usual, color="tab:green", alpha=0.12)
    for name in names:
        _line(updates, rows, name, "update_ratio", colors[name], LEAST)
        _line(dead, rows, name, "dead_share", colors[name], 0.0)
    updates.set_yscale("log")
    updates.set_title("update / weights (green: usual)")
    dead.set_title("share of dead units")
    dead.set_ylim(-0.03, 1.03)
    for axes in (updates, dead):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.grid(alpha=0.3)
    handles = [Line2D([], [], color=colors[name], linewidth=3) for name in named]
    texts = [shorten(name, 40) for name in named]
    if len(names) > NAMED:
        handles.append(Line2D([], [], color="none"))
        texts.append(f"and {len(names) - NAMED} more")
    legend(figure, handles, texts, "outside lower center", 3)
    return figure


def _line(
    axes: Axes,
    rows: Sequence[Mapping[str, Any]],
    name: str,
    column: str,
    color: Any,
    least: float,
) -> None:
    mine = [row for row in rows if row["layer"] == name and row.get(column) is not None]
    values = np.asarray([row[column] for row in mine], np.float64)
    epochs = [row["epoch"] for row in mine]
    axes.plot(epochs, np.maximum(values, least), color=color, marker="o", markersize=3)
