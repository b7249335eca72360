"""Which classes are taken for which."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kit.errors import SettingError
from kit.plots.figure_text import plain, shorten

LARGEST = 20.0  # inches of the square of cells: 3000 pixels at 150 to the inch
NAME_HEIGHT = 1.25  # inches between two names, for each inch of their size in letters
MOST = 1000  # counts written, the largest; each takes one or two milliseconds to draw
SMALLEST = 5.0  # points; smaller digits are not read at 150 pixels to the inch


def confusion(matrix: NDArray[np.int64], class_names: Sequence[str]) -> Figure:
    """Draw a confusion matrix.

    The color is the share of the true class, on a scale that shows small shares: 4 % has a fifth
    of the full depth. Counts, the 1000 largest, stand in the cells where they fit. Where there are
    more classes than names fit, every second, third, ... name stands there.

    Args:
        matrix: Counts (classes, classes), rows the true class, columns the predicted one.
        class_names: One name for each class, in the order of the rows.

    Raises:
        SettingError: The matrix is not square, or has another size than the names.
    """
    counts = np.asarray(matrix)
    size = len(class_names)
    if size == 0 or counts.shape != (size, size):
        raise SettingError(
            f"A confusion matrix of {size} classes must have the shape ({size}, {size}); got "
            f"{counts.shape}."
        )
    cell = min(max(0.17, 3.6 / size), LARGEST / size)  # inches
    figure = Figure(layout="constrained", figsize=(cell * size + 3.0, cell * size + 2.0))
    axes = figure.subplots()
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros((size, size)), where=totals > 0)
    drawn = axes.imshow(shares, cmap="Blues", norm=PowerNorm(0.5, vmin=0, vmax=1))
    _name(axes, class_names, cell)
    _write_counts(axes, counts, shares, cell)
    scale = figure.colorbar(drawn, ax=axes, shrink=min(1.0, 4 / (cell * size)), aspect=20)
    scale.set_label("share of the true class")
    ticks = (0, 0.01, 0.05, 0.2, 0.5, 1)
    scale.set_ticks(ticks, labels=[f"{tick:.0%}" for tick in ticks])
    return figure


def _name(axes: Axes, class_names: Sequence[str], cell: float) -> None:
    points = float(np.clip(cell / NAME_HEIGHT * 72, 6, 10))
    step = int(np.ceil(points / 72 * NAME_HEIGHT / cell - 1e-9))
    places = np.arange(0, len(class_names), step)
    names = [shorten(class_names[int(place)], 24) for place in places]
    axes.set_xticks(places, names, rotation=90, **plain(points))
    axes.set_yticks(places, names, **plain(points))
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")


def _write_counts(
    axes: Axes, counts: NDArray[np.int64], shares: NDArray[np.float64], cell: float
) -> None:
    letters = len(str(counts.max()))
    points = min(11.0, 0.9 * cell * 72 / (0.64 * letters), 0.6 * cell * 72)  # a digit is 0.64 wide
    if points < SMALLEST:
        return
    largest_first = np.argsort(-counts, axis=None, kind="stable")[:MOST]
    for row, column in zip(*np.unravel_index(largest_first, counts.shape), strict=True):
        if counts[row, column] == 0:
            break
        axes.text(
            column,
            row,
            str(counts[row, column]),
            ha="center",
            va="center",
            fontsize=points,
            color="white" if shares[row, column] > 0.4 else "black",
            in_layout=False,  # it lies inside its cell; measuring thousands takes seconds
        )
