"""Curves in numbers: how far, how straight, how rough, how far apart."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kit.checks._evidence import Evidence, Facts
from kit.checks._measures import cross_entropy
from kit.intervals import guessing, wilson, worth

__all__ = ["Curves", "read"]

Floats = npt.NDArray[np.float64]
LATE = 1 / 3  # of the epochs, that count as the end
EVEN = 1.5  # largest class over smallest, up to which the mixture of the classes hardly matters


@dataclass(frozen=True)
class Curves:
    """What the columns of a history say. NaN where a column is missing.

    Attributes:
        epochs: How many there were.
        nothing: The loss of who knows only how often each class comes, ln C for even ones; of
            losses other than cross-entropy, ``first_loss``.
        first_loss: The training loss before the first step, else that of the first epoch.
        last_loss: The training loss at the end, without penalties.
        worst_loss: The highest one of an epoch.
        finite: Whether all losses are numbers.
        measure: What the following are, "balanced accuracy" where that was measured of validation
            and of training images, else "accuracy": no two of them are of unlike mixtures.
        running: Of the last epochs as Keras has it: a running mean, under dropout and augmentation.
        trained: Of plain training images in inference, else ``running``.
        sampled: Whether plain training images were measured.
        validated: Of validation images, in the last epochs.
        plain: Their accuracy, whatever the measure.
        best: The highest of validation images, and its epoch, from 1 in the whole training.
        best_epoch: See ``best``.
        chance: What guessing scores, see :func:`kit.intervals.guessing`.
        error: Standard error of that.
        half_interval: Half of the 95 % interval of ``validated``.
        gaps: By epoch, ``trained`` less ``validated``.
        pace: Fall of the training loss in the last third over its mean, per epoch or per unit of
            rate, whichever is less.
        learned: Share of the way from ``nothing`` to 0 that the training loss has come.
        rise: Largest rise of the training loss between epochs.
        jump: The same over its whole fall.
        wobble: Mean step of the late validation accuracy against its trend; NaN of few epochs.
        lowest_validation: Epoch of the lowest validation loss, likewise.
        before: Epochs of an earlier phase.
        rebound: Last validation loss over the lowest.
        update: Highest update / weights of the middle layer.
        sure: Highest accuracy on the images that the model was surest of.
        commonest: Share of the commonest answer in the last epoch.
        dead: Greatest share of dead units of a layer when it was first measured in training.
        plateau: Epochs before the training loss first fell by a tenth of its whole fall.
    """

    epochs: int
    nothing: float
    first_loss: float
    last_loss: float
    worst_loss: float
    finite: bool
    measure: str
    running: float
    trained: float
    sampled: bool
    validated: float
    plain: float
    best: float
    best_epoch: int
    chance: float
    error: float
    half_interval: float
    gaps: Floats
    pace: float
    learned: float
    rise: float
    jump: float
    wobble: float
    lowest_validation: int
    before: int
    rebound: float
    update: float
    sure: float
    commonest: float
    dead: float
    plateau: int

    @property
    def gap(self) -> float:
        """Return the mean gap of the last epochs."""
        return _late(self.gaps)


def read(seen: Evidence) -> Curves:
    """Read the columns of a history."""
    facts, table = seen.facts, seen.table
    loss = column(table, "loss")
    penalty = np.nan_to_num(column(table, "penalty", len(loss)))
    data = loss - penalty
    measure, running, sample, validated = _alike(table, facts, len(loss))
    balanced = measure != "accuracy"
    sampled = bool(np.isfinite(sample).any())
    plain = sample if sampled else running
    validation_loss = column(table, "val_loss", len(loss))
    usable = np.isfinite(validation_loss)
    lowest = int(np.nanargmin(validation_loss)) if usable.any() else 0
    first = seen.before.get("train_sample_loss")
    first = (data[0] if len(data) else math.nan) if first is None else first
    even = (1,) * facts.classes
    nothing = cross_entropy(facts.train_counts or even) if facts.cross_entropy else float(first)
    reached = _late(validated)
    counts = _counts(facts)
    chance, error = guessing(counts, balanced=balanced)
    known = facts.validation_images or facts.validation_counts
    images = worth(counts, balanced=balanced) if known else 0
    low, high = wilson(reached * images, images)
    rates = column(table, "learning_rate", len(loss))
    return Curves(
        epochs=len(loss),
        nothing=nothing,
        first_loss=float(first),
        last_loss=float(data[-1]) if len(data) else math.nan,
        worst_loss=float(np.max(data)) if len(data) else math.nan,
        finite=bool(np.isfinite(loss).all() and (usable.all() or "val_loss" not in table)),
        measure=measure,
        running=_late(running),
        trained=_late(plain),
        sampled=sampled,
        validated=reached,
        plain=_late(column(table, "val_accuracy", len(loss))),
        best=_highest(validated),
        best_epoch=facts.epochs_before + _where_highest(validated) + 1,
        chance=chance,
        error=error,
        half_interval=(high - low) / 2,
        gaps=plain - validated,
        pace=_pace(_with_first(seen, data), rates),
        learned=1 - float(data[-1]) / nothing if len(data) else math.nan,
        rise=_rise(data),
        jump=_rise(data) / max(_fall(data), 1e-9),
        wobble=_wobble(validated),
        lowest_validation=facts.epochs_before + lowest + 1,
        before=facts.epochs_before,
        rebound=float(validation_loss[usable][-1] / validation_loss[lowest])
        if usable.any() and validation_loss[lowest] > 0
        else math.nan,
        update=_highest(column(table, "update_ratio", len(loss))),
        sure=_highest(column(table, "sure_accuracy", len(loss))),
        commonest=_last(column(table, "commonest_answer", len(loss))),
        dead=_first(column(table, "dead_share", len(loss))),
        plateau=_plateau(data),
    )


def column(table: Mapping[str, Sequence[Any]], name: str, length: int = 0) -> Floats:
    """Return a column as float64, NaN for None; all NaN where it is missing."""
    if name not in table:
        return np.full(length, math.nan)
    return np.asarray([math.nan if v is None else float(v) for v in table[name]], np.float64)


def _alike(
    table: Mapping[str, Sequence[Any]], facts: Facts, length: int
) -> tuple[str, Floats, Floats, Floats]:
    """Return a measure, and columns of it: while training, of plain training images, validation's.

    Classes take turns in the monitor's sample of training images, so its plain accuracy is that of
    another mixture than the validation part's, unless all classes have about as many images.
    """

    def columns(name: str) -> list[Floats]:
        kinds = ("", "train_sample_", "val_")
        return [column(table, f"{kind}{name}", length) for kind in kinds]

    counts = facts.train_counts or (1,)
    even = max(counts) <= EVEN * min(counts)
    plain, sample, unweighed = columns("accuracy")
    *trained, validated = columns("balanced_accuracy")
    if np.isfinite(validated).any() and (even or np.isfinite(trained).any()):
        weighed = [
            one if np.isfinite(one).any() or not even else other
            for one, other in zip(trained, (plain, sample), strict=True)
        ]
        return "balanced accuracy", weighed[0], weighed[1], validated
    return "accuracy", plain, sample if even else np.full(length, math.nan), unweighed


def _counts(facts: Facts) -> Sequence[float]:
    even = max(facts.validation_images, 1) / facts.classes
    return facts.validation_counts or (even,) * facts.classes


def _late(values: Floats, count: int = 2) -> float:
    """Return the mean of the last epochs; where these were not measured, what was measured last."""
    known = values[np.isfinite(values)]
    late = values[-count:][np.isfinite(values[-count:])]
    return float(np.mean(late if len(late) else known[-1:])) if len(known) else math.nan


def _last(values: Floats) -> float:
    return _late(values, 1)


def _first(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known[0]) if len(known) else math.nan


def _highest(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else math.nan


def _where_highest(values: Floats) -> int:
    return int(np.nanargmax(values)) if np.isfinite(values).any() else 0


def _with_first(seen: Evidence, data: Floats) -> Floats:
    """Put the loss before training before that of the epochs, where it was measured."""
    first = seen.before.get("train_sample_loss", math.nan)
    return np.concatenate([[first], data]) if math.isfinite(first) else data


def _pace(loss: Floats, rates: Floats) -> float:
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


def _rise(loss: Floats) -> float:
    known = loss[np.isfinite(loss)]
    return float(max(np.diff(known).max(), 0.0)) if len(known) > 1 else 0.0


def _fall(loss: Floats) -> float:
    known = loss[np.isfinite(loss)]
    return float(known[0] - known.min()) if len(known) else 0.0


def _wobble(accuracy: Floats) -> float:
    known = accuracy[np.isfinite(accuracy)]
    late = known[len(known) // 2 :]
    if len(late) < 3:
        return math.nan
    return float(np.mean(np.abs(np.diff(late) - (late[-1] - late[0]) / (len(late) - 1))))


def _plateau(loss: Floats) -> int:
    known = loss[np.isfinite(loss)]
    if len(known) < 2 or known[0] <= known.min():
        return 0
    fallen = known[0] - known >= 0.1 * (known[0] - known.min())
    return int(np.argmax(fallen))
