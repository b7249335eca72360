"""Draw what networks reached from scratch for equal processor time: rows of scratch.py's CSV.

python docs/benchmarks/draw_scratch.py scratch.csv --data cifar12k --minutes 3 --to picture.png
"""

import argparse
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import binomtest

BESIDE = {"xytext": (6, 0), "textcoords": "offset points", "va": "center"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--minutes", type=float, required=True)
    parser.add_argument("--images", type=int, required=True, help="validation images")
    parser.add_argument("--to", type=Path, required=True)
    given = parser.parse_args()
    rows = pd.read_csv(given.table).query("data == @given.data and cpu_minutes == @given.minutes")
    means = rows.groupby("network", sort=False)["accuracy"].mean().sort_values()
    figure = Figure(figsize=(7, 0.4 * len(means) + 1.2), layout="constrained")
    axes = figure.add_subplot()
    for place, accuracy in enumerate(means):
        right = round(accuracy * given.images)
        interval = binomtest(right, given.images).proportion_ci(method="wilson")
        axes.plot(list(interval), [place, place], color="#4477aa", linewidth=2)
        axes.plot(accuracy, place, "o", color="#4477aa")
        axes.annotate(f"{accuracy:.3f}", (interval.high, place), **BESIDE)
    axes.set_yticks(range(len(means)), means.index)
    axes.set_xlabel(f"accuracy on {given.images} validation images, with its 95 % interval")
    axes.set_title(f"{given.data}, {given.minutes:g} minutes of one processor each")
    axes.margins(x=0.15)
    axes.grid(axis="x", color="#dddddd")
    figure.savefig(given.to, dpi=120)


if __name__ == "__main__":
    main()
