"""The epoch whose weights are kept: one rule for trainings, fine-tuning, folds and searches."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kit.intervals import standard_error

__all__ = ["best_place", "kept_epoch", "why_kept"]

LOSSES = ("val_data_loss", "val_loss")  # the first that is there; it has no penalties
ROUNDING = 1e-6  # of a score: what single precision makes of equal ones

Row = Mapping[Any, float]


def kept_epoch(rows: Iterable[Row], monitor: str, images: float = 0) -> int:
    """Return which epoch is kept, from 0; -1 where none has a score.

    An epoch takes the place of the one kept before where its score is within one standard error of
    the best so far, and its validation loss is lower or the other is no longer so near. The best
    score of many epochs is luck in part, and the loss moves where scores do not. So the epoch kept
    of a training so far is its last or the one kept before: one copy of the weights is enough.
    docs/defaults.md has this rule beside others, measured.

    Args:
        rows: One for each epoch, in their order: ``monitor``, and ``val_data_loss`` or
            ``val_loss``.
        monitor: The column of the scores. Of a loss, which has "loss" in its name, no standard
            error is known, and the lowest is kept.
        images: How many tell as much of the score, see :func:`kit.intervals.worth`; 0 where that is
            not known, and then only equals are near.
    """
    kept, kept_score, kept_loss = -1, -math.inf, math.inf
    best = level = -math.inf
    for place, row in enumerate(rows):
        score, loss = _score(row, monitor), _loss(row)
        if score > best:
            best, level = score, score - _error(score, monitor, images) - ROUNDING
        near = math.isfinite(score) and score >= level
        if near and (kept < 0 or kept_score < level or loss < kept_loss):
            kept, kept_score, kept_loss = place, score, loss
    return kept


def best_place(
    rows: Sequence[Row], monitor: str, images: float = 0, held: Sequence[int] = ()
) -> int:
    """Return which of several trainings' epochs is kept: the rule, whatever their order.

    Arguments are those of :func:`kept_epoch`, and ``held`` the places whose weights are there; none
    for all.
    """
    scores = [_score(row, monitor) for row in rows]
    level = max(scores) - _error(max(scores), monitor, images) - ROUNDING
    held = held or range(len(rows))
    near = [place for place in held if scores[place] >= level]
    return min(near or held, key=lambda place: (_loss(rows[place]), -scores[place]))


def why_kept(rows: Sequence[Row], place: int, monitor: str, images: float = 0) -> str:
    """Say which epoch is kept, the one at ``place`` from 0, and why; see :func:`kept_epoch`."""
    text = f"The weights of epoch {place + 1} of {len(rows)} are kept"
    value = rows[place][monitor]
    if "loss" in monitor:
        return f"{text}: its {monitor}, {value:.4f}, is the lowest."
    scores = [_score(row, monitor) for row in rows]
    best = max(scores)
    error = _error(best, monitor, images)
    near = [number for number, score in enumerate(scores) if score >= best - error - ROUNDING]
    if len(near) == 1:
        alone = ", and no other epoch is within one standard error of it" if error else ""
        return f"{text}: its {monitor}, {value:.4f}, is the best{alone}."
    lower = [number for number in near if _loss(rows[number]) < _loss(rows[place])]
    since = f" since epoch {lower[-1] + 2}" if lower else ""  # the weights of these are gone
    if lower and lower[-1] > place:  # two trainings, which kept one epoch each
        since = " among those whose weights are kept"
    among = f"within one standard error ({error:.4f}) of" if error else "with"
    return (
        f"{text}: of the {len(near)} epochs {among} the best {monitor}, {best:.4f}, it has the "
        f"lowest validation loss{since}."
    )


def _error(score: float, monitor: str, images: float) -> float:
    known = images and "loss" not in monitor
    return standard_error(score, [images], balanced=False) if known else 0.0


def _score(row: Row, monitor: str) -> float:
    """Return an epoch's score, larger is better; -inf where it is no number."""
    value = row.get(monitor, math.nan)
    value = -value if "loss" in monitor else value
    return value if math.isfinite(value) else -math.inf


def _loss(row: Row) -> float:
    values = (row.get(name, math.nan) for name in LOSSES)
    return next(filter(math.isfinite, values), math.inf)
