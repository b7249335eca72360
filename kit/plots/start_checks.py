"""What the checks of a start measure: slopes, signals, learning rates, waiting."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kit.errors import SettingError
from kit.plots.figure_text import plain, shorten

SIZE = (6.4, 4.0)  # inches
GOOD, BAD, QUIET = "tab:blue", "tab:red", "tab:gray"
LEAST = 1e-12  # where an error of 0 is drawn
MANY = 24  # layers from which only some are named


def gradient_errors(numbers: Mapping[str, Any]) -> Figure:
    """Draw the relative error of each slope that was compared, by layer.

    Args:
        numbers: Of ``checks.gradients``.

    Raises:
        SettingError: Nothing was compared.
    """
    rows = [row for row in numbers.get("slopes", ()) if row[5] == "compared"]
    if not rows:
        raise SettingError("There is no slope to draw, because none was compared.")
    names = list(dict.fromkeys(row[0] for row in rows))
    places = [names.index(row[0]) for row in rows]
    errors = np.maximum([row[4] for row in rows], LEAST)
    figure, axes = _axes("Backpropagation against the numerical slope", "layer", "relative error")
    colors = np.where(errors > numbers["fine"], BAD, GOOD)
    axes.scatter(places, errors, c=list(colors), s=16, alpha=0.7)
    axes.set_yscale("log")
    for limit, text in ((numbers["fine"], "fine below"), (1e-2, "wrong above")):
        axes.axhline(limit, color=QUIET, linestyle="--", linewidth=1)
        axes.annotate(text, (0.995, limit), xycoords=("axes fraction", "data"), ha="right",
                      va="bottom", color=QUIET, fontsize=8)  # fmt: skip
    _name(axes, names)
    return figure


def signals(numbers: Mapping[str, Any]) -> Figure:
    """Draw the size of each layer's outputs and of the slopes that come back to it.

    Args:
        numbers: Of ``checks.units``.

    Raises:
        SettingError: There is no layer.
    """
    layers: Sequence[Mapping[str, Any]] = numbers.get("layers", ())
    if not layers:
        raise SettingError("There is no hidden layer to draw.")
    figure = Figure(figsize=(SIZE[0], 1.4 * SIZE[1]), layout="constrained")
    top, below = figure.subplots(2, 1, sharex=True)
    places = np.arange(len(layers))
    for key, text, color in (("size", "outputs", GOOD), ("gradient", "slopes", "tab:orange")):
        values = np.array([one[key] for one in layers], np.float64)
        values[~(np.isfinite(values) & (values > 0))] = np.nan
        top.plot(places, values, "o-", color=color, label=text, markersize=4)
    top.set_yscale("log")
    top.set_title("Signals at the start")
    top.set_ylabel("root mean square")
    for key, color in (("saturated", BAD), ("dead", QUIET)):
        below.plot(places, [one[key] for one in layers], "o-", color=color, label=key, markersize=4)
    below.set_ylim(-0.03, 1.03)
    below.set_ylabel("share")
    for axes in (top, below):
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, fontsize=9)
    _name(below, [str(one["layer"]) for one in layers])
    return figure


def learning_rates(numbers: Mapping[str, Any]) -> Figure:
    """Draw the loss over the learning rate of a sweep.

    Args:
        numbers: Of ``checks.learning_rate``.

    Raises:
        SettingError: No loss of the sweep is a number.
    """
    rates = np.asarray(numbers["rates"], np.float64)
    losses = np.array([np.nan if one is None else one for one in numbers["losses"]], np.float64)
    if not np.isfinite(losses).any():
        raise SettingError("There is no sweep to draw, because no loss is a number.")
    figure, axes = _axes("Learning-rate sweep", "learning rate", "loss")
    axes.plot(rates, losses, color=QUIET, linewidth=0.7, label="of each step")
    means = numbers["smoothed"]
    axes.plot(rates[: len(means)], means, color=GOOD, linewidth=2, label="smoothed")
    marks = (("suggestion", "suggested", "tab:green"), ("rate", "the model's", "tab:orange"),
             ("diverges", "explodes", BAD))  # fmt: skip
    for key, text, color in marks:
        if numbers.get(key) is not None:
            axes.axvline(numbers[key], color=color, linestyle="--", linewidth=1.5,
                         label=f"{text}: {numbers[key]:.2g}")  # fmt: skip
    axes.set_xscale("log")
    finite = losses[np.isfinite(losses)]
    start, low = float(np.median(finite[:10])), float(min(*means, *finite))
    high = max(start, low)
    axes.set_ylim(low - 0.2 * (high - low) - 0.05, high + 0.8 * (high - low) + 0.05)
    axes.legend(frameon=False, fontsize=9, loc="lower left")
    return figure


def waiting(numbers: Mapping[str, Any]) -> Figure:
    """Draw what a step, its model and its batch take.

    Args:
        numbers: Of ``checks.pipeline``.
    """
    texts = {"both": "a step of training", "model": "the model alone", "data": "a batch alone",
             "plain": "a batch, not augmented"}  # fmt: skip
    shown = [key for key in texts if numbers.get(key) is not None]
    figure, axes = _axes("Waiting for data", "milliseconds", "")
    axes.grid(visible=False, axis="y")
    places = np.arange(len(shown))[::-1]
    times = [1000 * numbers[key] for key in shown]
    bars = axes.barh(places, times, color=[BAD if k == "both" else GOOD for k in shown], height=0.6)
    if numbers["model"] < numbers["both"]:
        axes.axvline(1000 * numbers["model"], color=QUIET, linestyle="--", linewidth=1)
    axes.bar_label(bars, [f" {time:.0f}" for time in times], fontsize=9)
    axes.set_yticks(places, [texts[key] for key in shown])
    axes.set_title(f"Waiting for data: {numbers['waiting']:.0%} of a step")
    axes.margins(x=0.12)
    return figure


def _axes(title: str, across: str, up: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(alpha=0.3)
    return figure, axes


def _name(axes: Axes, names: Sequence[str]) -> None:
    """Write names of layers below the axis, all or every second, third, ..."""
    every = -(-len(names) // MANY)
    shown = [shorten(name, 28) for name in names[::every]]
    axes.set_xticks(range(0, len(names), every), shown)
    for label in axes.get_xticklabels():
        label.update(plain(7))
        label.set(rotation=60, ha="right", rotation_mode="anchor")
