"""One column of a history in numbers: how it ends, how fast it falls, how rough it is."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LATE = 1 / 3  # of the epochs, that count as the end


def column(table: Mapping[str, Sequence[Any]], name: str, length: int = 0) -> Floats:
    """Return a column as float64, NaN for None; all NaN where it is missing."""
    if name not in table:
        return np.full(length, math.nan)
    return np.asarray([math.nan if v is None else float(v) for v in table[name]], np.float64)


def late(values: Floats, count: int = 2) -> float:
    """Return the mean of the last epochs; where these were not measured, what was measured last."""
    known = values[np.isfinite(values)]
    ended = values[-count:][np.isfinite(values[-count:])]
    return float(np.mean(ended if len(ended) else known[-1:])) if len(known) else math.nan


def last(values: Floats) -> float:
    """Return the last value."""
    return late(values, 1)


def first(values: Floats) -> float:
    """Return the first value that is known."""
    known = values[np.isfinite(values)]
    return float(known[0]) if len(known) else math.nan


def highest(values: Floats) -> float:
    """Return the highest value that is known."""
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else math.nan


def where_highest(values: Floats) -> int:
    """Return the place of the highest value, from 0."""
    return int(np.nanargmax(values)) if np.isfinite(values).any() else 0


def pace(loss: Floats, rates: Floats) -> float:
    """Return how much of its mean pace the fall has in the last third.

    The lesser of two: per epoch, and per unit of rate. Where a schedule lowers the rate, a loss
    rests at the end whatever it could still learn, so epochs alone would call it done; and where
    the rate has become small, the loss falls much with each unit of it, so rates alone would not.
    """
    if len(loss) < 2 or not np.isfinite(loss).all():
        return math.nan
    if loss[0] <= loss[-1]:
        return 0.0
    steps = len(loss) - 1
    ways = [np.ones(steps)]
    if np.isfinite(rates).all() and (rates > 0).any():
        ways.append(rates[-steps:])
    return min(_late_fall(loss, np.concatenate([[0.0], np.cumsum(way)])) for way in ways)


def _late_fall(loss: Floats, travelled: Floats) -> float:
    there = float(np.interp((1 - LATE) * travelled[-1], travelled, loss))
    return float((there - loss[-1]) / LATE / (loss[0] - loss[-1]))


def rise(loss: Floats) -> float:
    """Return the largest rise from one epoch to the next."""
    known = loss[np.isfinite(loss)]
    return float(max(np.diff(known).max(), 0.0)) if len(known) > 1 else 0.0


def fall(loss: Floats) -> float:
    """Return how far the loss fell from its first value to its lowest."""
    known = loss[np.isfinite(loss)]
    return float(known[0] - known.min()) if len(known) else 0.0


def wobble(accuracy: Floats) -> float:
    """Return how much the accuracy moves about its trend in the second half."""
    known = accuracy[np.isfinite(accuracy)]
    half = known[len(known) // 2 :]
    if len(half) < 3:
        return math.nan
    return float(np.mean(np.abs(np.diff(half) - (half[-1] - half[0]) / (len(half) - 1))))


def plateau(loss: Floats) -> int:
    """Return how many epochs passed before a tenth of the fall was done."""
    known = loss[np.isfinite(loss)]
    if len(known) < 2 or known[0] <= known.min():
        return 0
    fallen = known[0] - known >= 0.1 * (known[0] - known.min())
    return int(np.argmax(fallen))
