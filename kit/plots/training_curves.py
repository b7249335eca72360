"""Loss and accuracy over the epochs, and of a solved head over its penalties."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from kit.errors import SettingError
from kit.plots.figure_text import isolated, legend, shorten

Columns = dict[str, NDArray[np.float64]]

PANELS = ("loss", "accuracy")
LINES: dict[str, tuple[Any, Any]] = {
    "training": ("--", "x"),
    "validation": ("-", "o"),
}  # line style, mark of a point
WIDTH = 1.5  # points, of the last curve, which lies on top
FEW = 12  # epochs up to which every value is a point: a lone value draws no line
WIDE = 1000  # ratio of greatest to least loss from which only a logarithmic axis shows both


def curves(histories: Mapping[str, Any], best: Mapping[str, int] | None = None) -> Figure:
    """Draw loss and accuracy by epoch, training dashed and validation solid.

    Args:
        histories: For each run its name and its history: a data frame or a mapping with the columns
            ``loss``, ``val_loss``, ``accuracy`` and ``val_accuracy``, one value an epoch. Columns
            that are missing are not drawn; other columns do not matter.
        best: For each run its chosen epoch, counting from 1, which gets a ring. Without it, the
            first epoch of the highest validation accuracy.

    Raises:
        SettingError: There is no history, or one holds neither ``loss`` nor ``accuracy``.
    """
    runs = {name: _columns(name, history) for name, history in histories.items()}
    if not runs:
        raise SettingError("At least one history is needed to draw curves.")
    chosen = {name: (best or {}).get(name) or _best_epoch(run) for name, run in runs.items()}
    colors = dict(zip(runs, colormaps["tab10"](np.arange(len(runs)) % 10), strict=True))

    shown = [panel for panel in PANELS if any(panel in run for run in runs.values())]
    size = (4.8 * len(shown), 4.0 + 0.2 * len(runs))  # inches; a line below for each run
    figure = Figure(figsize=size, layout="constrained")
    for axes, panel in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        for under, (name, run) in enumerate(reversed(runs.items())):
            width = (
                WIDTH * (1 + 1.2 * under) if len(runs) <= 3 else WIDTH
            )  # equal ones stay visible
            _draw(axes, run, panel, chosen[name], colors[name], width, order=len(runs) - under)
        _finish(axes, panel, runs)
    _explain(figure, runs, chosen)
    _name(figure, runs, chosen, colors)
    return figure


def head_penalties(tables: Sequence[Any]) -> Figure:
    """Draw what each penalty of a solved head was worth in cross-validation.

    Args:
        tables: For each head a data frame with ``head`` (its name), ``penalty``, ``loss`` and
            ``accuracy``. The penalty of least loss gets a ring.
    """
    figure = Figure(figsize=(9.6, 3.6), layout="constrained")
    for axes, panel in zip(figure.subplots(1, 2), PANELS, strict=True):
        for number, table in enumerate(tables):
            color = colormaps["tab10"](number % 10)
            name = isolated(shorten(table["head"].iloc[0], 40))
            axes.plot(table["penalty"], table[panel], "o-", color=color, markersize=4, label=name)
            best = table.loc[table["loss"].idxmin()]
            axes.plot(best["penalty"], best[panel], "o", color=color, fillstyle="none", ms=11)
        axes.set_xscale("log")
        axes.set_title(f"{panel} in cross-validation")
        axes.set_xlabel("penalty on the weights of the head")
        axes.grid(alpha=0.3)
    if len(tables) > 1:
        axes.legend(frameon=False, fontsize=8)
    return figure


def _columns(name: str, history: Any) -> Columns:
    known = [key for panel in PANELS for key in (panel, f"val_{panel}") if key in history]
    if not set(known) & set(PANELS):
        raise SettingError(
            f'The history of "{name}" must contain "loss" or "accuracy"; it has {list(history)}.'
        )
    return {key: np.asarray(history[key], dtype=np.float64) for key in known}


def _best_epoch(run: Columns) -> int | None:
    accuracy = run.get("val_accuracy", np.empty(0))
    if not np.isfinite(accuracy).any():
        return None
    return int(np.nanargmax(np.where(np.isfinite(accuracy), accuracy, np.nan))) + 1


def _draw(
    axes: Axes,
    run: Columns,
    panel: str,
    chosen: int | None,
    color: Any,
    width: float,
    order: int,
) -> None:
    for key, (style, mark) in zip((panel, f"val_{panel}"), LINES.values(), strict=True):
        values = run.get(key, np.empty(0))
        axes.plot(
            np.arange(1, len(values) + 1),
            np.where(np.isfinite(values), values, np.nan),
            linestyle=style,
            color=color,
            linewidth=width,
            zorder=2 + order,
            marker=mark if len(values) <= FEW else None,
            markersize=4,
        )
        if key != panel and chosen is not None and chosen <= len(values):
            axes.plot(chosen, values[chosen - 1], "o", color=color, fillstyle="none", markersize=11)


def _finish(axes: Axes, panel: str, runs: Mapping[str, Columns]) -> None:
    drawn = [run[key] for run in runs.values() for key in (panel, f"val_{panel}") if key in run]
    values = np.concatenate(drawn)
    finite = values[np.isfinite(values)]
    lost = len(values) - len(finite)
    axes.set_title(f"{panel} ({lost} of {len(values)} values not finite)" if lost else panel)
    axes.set_xlabel("epoch")
    axes.set_xlim(0.6, max(map(len, drawn)) + 0.4)  # the first tick is 1, not 0
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.3)
    if panel == "loss" and len(finite) and finite.max() > WIDE * finite.min() > 0:
        axes.set_yscale("log")


def _explain(figure: Figure, runs: Mapping[str, Columns], chosen: Mapping[str, int | None]) -> None:
    few = all(len(values) <= FEW for run in runs.values() for values in run.values())
    handles = {
        text: Line2D([], [], color="gray", linestyle=style, marker=mark if few else None)
        for text, (style, mark) in LINES.items()
    }
    if not any(key.startswith("val_") for run in runs.values() for key in run):
        del handles["validation"]
    if any(chosen.values()):
        ring: dict[str, Any] = {
            "marker": "o",
            "markersize": 9,
            "fillstyle": "none",
            "linestyle": "",
        }
        handles["chosen epoch"] = Line2D([], [], color="gray", **ring)
    legend(figure, list(handles.values()), list(handles), "outside upper center", len(handles))


def _name(
    figure: Figure,
    runs: Mapping[str, Columns],
    chosen: Mapping[str, int | None],
    colors: Mapping[str, Any],
) -> None:
    handles = [Line2D([], [], color=colors[name], linewidth=3) for name in runs]
    texts = []
    for name, run in runs.items():
        result = _result(run, chosen[name])
        if len(runs) > 1 or not result:  # one alone is named where its figure stands
            result = ": ".join(filter(None, (isolated(shorten(name, 40)), result)))
        texts.append(result)
    legend(figure, handles, texts, "outside lower center", 1)


def _result(run: Columns, chosen: int | None) -> str:
    accuracy = run.get("val_accuracy", np.empty(0))
    if chosen is None or chosen > len(accuracy):
        return ""
    return f"validation accuracy {accuracy[chosen - 1]:.3f} at epoch {chosen}"
