"""What the checks before training measure."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from kit.plots.figure_text import plain, shorten

MOST = 24  # layers with a row of their own; the rest are summed up in the last
GOOD: dict[str, Any] = {"alpha": 0.15, "color": "tab:green", "linewidth": 0}


def initial_loss(numbers: Mapping[str, Any]) -> Figure:
    """Draw the first loss beside that of guessing, and how far images are told apart.

    Args:
        numbers: Of ``kit.checks.initial_loss``: ``loss``, ``expected``, ``room``, ``why``,
            ``relative`` and ``spread``.
    """
    figure = Figure(figsize=(7.2, 2.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    expected, room = numbers["expected"], numbers["room"]
    left.axvspan(expected - room, expected + room, **GOOD)
    left.axvline(expected, color="tab:green", label=f"guessing: {numbers['why']}")
    if np.isfinite(numbers["loss"]):
        left.plot(numbers["loss"], 0, "o", color="tab:blue", label="measured")
    left.set_xlabel("loss before training")
    left.set_xlim(left=0)
    right.axvspan(1e-4, 10, **GOOD)
    right.set_xscale("log")
    right.set_xlim(1e-9, 10)
    right.plot(max(numbers["relative"], 1.5e-9), 0, "o", color="tab:blue")
    right.set_xlabel("difference between images / size of features")
    for axes in (left, right):
        axes.set_yticks([])
        axes.grid(alpha=0.3)
    left.legend(frameon=False, fontsize=8, loc="upper left")
    return figure


def penalties(numbers: Mapping[str, Any]) -> Figure:
    """Draw what each layer's penalty adds to the loss, by its formula and as measured.

    Args:
        numbers: Of ``kit.checks.regularization``: ``layers`` with ``layer``, ``what``,
            ``expected`` and ``measured``, and ``without``.
    """
    rows = [(f"{one['layer']} {one['what']}", one["expected"], one["measured"])
            for one in numbers["layers"]]  # fmt: skip
    rows += [(f"{name} kernel: none", 0.0, 0.0) for name in numbers["without"]]
    if len(rows) > MOST:
        rest = rows[MOST - 1 :]
        due, found = sum(row[1] for row in rest), sum(row[2] for row in rest)
        rows = [*rows[: MOST - 1], (f"{len(rest)} more", due, found)]
    figure = Figure(figsize=(7.2, 1.2 + 0.3 * max(1, len(rows))), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(rows))
    axes.barh(places, [row[2] for row in rows], height=0.6, label="measured")
    axes.plot([row[1] for row in rows], places, "k|", markersize=12, label="formula")
    axes.set_yticks(places, [shorten(row[0], 40) for row in rows], **plain(8))
    axes.invert_yaxis()
    axes.set_xlabel(f"added to the loss (data loss {numbers['loss']:.3g})")
    axes.grid(alpha=0.3, axis="x")
    axes.legend(frameon=False, fontsize=8)
    return figure


def by_heart(numbers: Mapping[str, Any]) -> Figure:
    """Draw the loss of a few images over the steps in which they are learnt by heart.

    Args:
        numbers: Of ``kit.checks.tiny_subset``: ``attempts`` with ``rate``, ``losses`` and
            ``reached``, and ``near``.
    """
    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    axes = figure.subplots()
    attempts: Sequence[Mapping[str, Any]] = numbers["attempts"]
    for number, one in enumerate(attempts):
        losses = np.asarray(one["losses"], np.float64)
        color = colormaps["tab10"](number % 10)
        finite = np.where(np.isfinite(losses) & (losses > 0), losses, np.nan)
        label = f"rate {one['rate']:.2g}" + (", the model's own" if number == 0 else "")
        steps = np.arange(len(losses))
        axes.plot(steps, finite, "-o", markersize=3, color=color, label=label)
        if one["reached"] is not None:
            axes.plot(one["reached"], max(one["loss"], 1e-12), "*", color=color, markersize=13)
    axes.axhline(numbers["near"], color="tab:green", linestyle="--", label="near 0")
    axes.set_yscale("log")
    axes.set_xlabel("steps")
    axes.set_ylabel(f"loss of the same {numbers['images']} images")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    return figure


def input_range(numbers: Mapping[str, Any]) -> Figure:
    """Draw, for each channel, the range of what the first layer sees.

    Args:
        numbers: Of ``kit.checks.inputs``: ``channels`` with ``mean``, ``deviation``, ``least`` and
            ``greatest``, and ``layer``.
    """
    channels = numbers["channels"]
    names = ["red", "green", "blue"] if len(channels) == 3 else ["gray"] * len(channels)
    figure = Figure(figsize=(7.2, 1.3 + 0.35 * max(1, len(channels))), layout="constrained")
    axes = figure.subplots()
    axes.axvspan(-1, 1, **GOOD, label="-1 to 1")
    for row, (one, name) in enumerate(zip(channels, names, strict=True)):
        color = f"tab:{name}"
        axes.plot([one["least"], one["greatest"]], [row, row], "-", color=color, linewidth=1)
        low, high = one["mean"] - one["deviation"], one["mean"] + one["deviation"]
        axes.plot([low, high], [row, row], "-", color=color, linewidth=6, solid_capstyle="butt")
        axes.plot(one["mean"], row, "|k", markersize=12)
    # Linear around 0, since a range of 0.004 and one of 255 are both to be read.
    axes.set_xscale("symlog", linthresh=0.01)
    axes.set_yticks(range(len(channels)), names)
    axes.set_ylim(-0.6, max(0, len(channels) - 1) + 0.6)
    axes.set_xlabel(f"what enters {shorten(numbers['layer'], 40)}: mean, deviation, range")
    axes.grid(alpha=0.3, axis="x")
    axes.legend(frameon=False, fontsize=8)
    return figure
