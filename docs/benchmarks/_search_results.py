"""What searches reached after how much processor time, as a table and a picture."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

COLORS = {
    "random": "#bbbbbb",
    "hyperband": "#ccbb44",
    "bayesian": "#66ccee",
    "ours": "#aa3377",
    "ours-kept": "#4477aa",
}
NAMES = {
    "random": "keras-tuner, RandomSearch",
    "hyperband": "keras-tuner, Hyperband",
    "bayesian": "keras-tuner, BayesianOptimization",
    "ours": "ours",
    "ours-kept": "ours, one compiled network",
}


def read(folder: Path) -> pd.DataFrame:
    """Return the epochs of all searches in a folder that are complete."""
    files = [file for file in sorted(folder.glob("*.csv")) if file.with_suffix(".done").exists()]
    return pd.concat([pd.read_csv(file) for file in files], ignore_index=True)


def table(rows: pd.DataFrame, levels: Sequence[float]) -> str:
    """Return cpu-seconds and epochs until each level, in Markdown.

    A search that did not reach one counts with all that it spent, so that its mean is a lower
    bound, which a ">" says.
    """
    lines = [
        "| search | seed | " + " | ".join(f"until {level:.2f}" for level in levels)
        + " | best | in all |",
        "|" + " --- |" * (len(levels) + 4),
    ]  # fmt: skip
    for method in NAMES:
        mine = rows[rows["method"] == method]
        if mine.empty:
            continue
        found = {seed: _reached(one, levels) for seed, one in mine.groupby("seed")}
        bests = mine.groupby("seed")["best"].max()
        ends = mine.groupby("seed")[["cpu_seconds", "epochs"]].max()
        for seed, cells in found.items():
            end = ends.loc[seed]
            lines.append(
                f"| {NAMES[method]} | {seed} | {' | '.join(_cell(*cell) for cell in cells)} | "
                f"{bests[seed]:.3f} | {_cell(end.iloc[0], end.iloc[1], True)} |"
            )
        means = [
            _cell(
                float(np.mean([cells[place][0] for cells in found.values()])),
                float(np.mean([cells[place][1] for cells in found.values()])),
                all(cells[place][2] for cells in found.values()),
            )
            for place in range(len(levels))
        ]
        who = f"{NAMES[method]} | mean of {len(found)}"
        lines.append(
            f"| {who} | {' | '.join(means)} | {bests.mean():.3f} | "
            f"{_cell(ends['cpu_seconds'].mean(), ends['epochs'].mean(), True)} |"
        )
    return "\n".join(lines)


def draw(rows: pd.DataFrame, levels: Sequence[float]) -> Figure:
    """Draw the best accuracy so far against processor time: each seed thin, the mean thick."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for method in [name for name in NAMES if name in set(rows["method"])]:
        curves = [one for _, one in rows[rows["method"] == method].groupby("seed")]
        for one in curves:
            axes.step(one["cpu_seconds"], one["best"], where="post", linewidth=0.8, alpha=0.5,
                      color=COLORS[method])  # fmt: skip
        times = np.unique(np.concatenate([one["cpu_seconds"] for one in curves]))
        best = np.mean([_at(one, times) for one in curves], axis=0)
        axes.step(times, best, where="post", linewidth=2.2, color=COLORS[method],
                  label=NAMES[method])  # fmt: skip
    for level in levels:
        axes.axhline(level, color="#dddddd", linewidth=0.8, zorder=0)
    axes.set_xscale("log")
    axes.set_xlabel("processor seconds of one thread")
    axes.set_ylabel("best validation accuracy so far")
    axes.legend(loc="lower right", frameon=False)
    return figure


def _reached(rows: pd.DataFrame, levels: Sequence[float]) -> list[tuple[float, float, bool]]:
    """Return cpu-seconds and epochs until each level, and whether it was reached."""
    found = []
    for level in levels:
        there = rows[rows["best"] >= level - 1e-9]
        row = rows.iloc[-1] if there.empty else there.iloc[0]
        found.append((float(row["cpu_seconds"]), float(row["epochs"]), not there.empty))
    return found


def _cell(seconds: float, epochs: float, reached: bool) -> str:
    return f"{'' if reached else '> '}{seconds:.0f} s ({epochs:.0f})"


def _at(rows: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    """Return the best so far at these times; after its end, what a search had then."""
    places = np.searchsorted(rows["cpu_seconds"].to_numpy(), times, side="right") - 1
    best = rows["best"].to_numpy()
    return np.where(places < 0, math.nan, best[np.maximum(places, 0)])
