"""The loss of every step beside that of the epochs, as points of a drawing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 640.0, 300.0  # of the drawing, in its own units
LEFT, RIGHT, TOP, BOTTOM = 56.0, 10.0, 12.0, 40.0  # of the frame, for what is written there
BINS = 300  # of the steps; of each the lowest and the highest loss are drawn, so spikes are seen
TICKS = 5  # at most


@dataclass(frozen=True)
class Chart:
    """Lines as SVG takes them, ``"x,y x,y ..."``, and what stands at the axes.

    Attributes:
        steps: The line of the steps.
        lines: For each curve of the epochs its name, its line and its points.
        across: Places and texts below.
        upright: Places and texts to the left.
    """

    steps: str
    lines: Sequence[tuple[str, str, Sequence[tuple[str, str]]]]
    across: Sequence[tuple[str, str]]
    upright: Sequence[tuple[str, str]]


def chart(losses: Sequence[float], epochs: Mapping[str, Sequence[float]]) -> Chart | None:
    """Return the drawing; None where fewer than two steps have a finite loss.

    Args:
        losses: One for each step.
        epochs: For each curve, as "training", the values at the ends of the epochs.
    """
    steps = np.asarray(losses, float)
    finite = steps[np.isfinite(steps)]
    if len(finite) < 2:
        return None
    known = [one for values in epochs.values() for one in values if math.isfinite(one)]
    highest = max([*known, float(finite.max())])
    count = max(map(len, epochs.values()), default=1) or 1

    def place(step: float, loss: float) -> tuple[str, str]:
        across = LEFT + (WIDTH - LEFT - RIGHT) * step / len(steps)
        upright = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * loss / (highest or 1.0)
        return f"{across:.1f}", f"{upright:.1f}"

    lines = []
    for name, values in epochs.items():
        ends = [(len(steps) * (number + 1) / count, one) for number, one in enumerate(values)]
        points = [place(step, one) for step, one in ends if math.isfinite(one)]
        lines.append((name, _line(points), points))
    every = max(1, math.ceil(count / 10))
    return Chart(
        steps=_line([place(step, loss) for step, loss in _extremes(steps)]),
        lines=lines,
        across=[
            (place(len(steps) * number / count, 0)[0], str(number))
            for number in range(every, count + 1, every)
        ],
        upright=[(place(0, loss)[1], f"{loss:.3g}") for loss in _ticks(highest)],
    )


def _ticks(highest: float) -> list[float]:
    """Return round numbers from 0 up to the highest, 1, 2 or 5 times a power of ten apart."""
    least = (highest or 1.0) / (TICKS - 1)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * one for one in (1, 2, 5, 10) if power * one >= 0.999 * least)
    return [step * number for number in range(int(1.001 * highest / step) + 1)]


def _extremes(steps: npt.NDArray[np.float64]) -> list[tuple[int, float]]:
    """Return the steps, or the lowest and highest of each bin where there are many, in order."""
    places = [one for one in range(len(steps)) if math.isfinite(steps[one])]
    if len(places) > 2 * BINS:
        ends = [some for some in np.array_split(places, BINS) if len(some)]
        kept = {int(some[find(steps[some])]) for some in ends for find in (np.argmin, np.argmax)}
        places = sorted(kept)
    return [(one + 1, float(steps[one])) for one in places]


def _line(points: Sequence[tuple[str, str]]) -> str:
    return " ".join(f"{across},{upright}" for across, upright in points)
