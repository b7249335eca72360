"""Curves in numbers: how far, how straight, how rough, how far apart."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kit.diagnosis import series
from kit.diagnosis.series import Floats
from kit.diagnosis.training_evidence import Evidence, Facts
from kit.intervals import guessing, wilson, worth
from kit.monitoring.measures import cross_entropy

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
        return series.late(self.gaps)


def read(seen: Evidence) -> Curves:
    """Read the columns of a history."""
    facts, table = seen.facts, seen.table
    loss = series.column(table, "loss")
    penalty = np.nan_to_num(series.column(table, "penalty", len(loss)))
    data = loss - penalty
    measure, running, sample, validated = _alike(table, facts, len(loss))
    balanced = measure != "accuracy"
    sampled = bool(np.isfinite(sample).any())
    plain = sample if sampled else running
    validation_loss = series.column(table, "val_loss", len(loss))
    usable = np.isfinite(validation_loss)
    lowest = int(np.nanargmin(validation_loss)) if usable.any() else 0
    first = seen.before.get("train_sample_loss")
    first = (data[0] if len(data) else math.nan) if first is None else first
    shares = facts.train_counts or (1,) * facts.classes
    nothing = cross_entropy(shares) if facts.cross_entropy else float(first)
    reached = series.late(validated)
    even = (max(facts.validation_images, 1) / facts.classes,) * facts.classes
    counts = facts.validation_counts or even
    chance, error = guessing(counts, balanced=balanced)
    known = facts.validation_images or facts.validation_counts
    images = worth(counts, balanced=balanced) if known else 0
    low, high = wilson(reached * images, images)
    rates = series.column(table, "learning_rate", len(loss))
    return Curves(
        epochs=len(loss),
        nothing=nothing,
        first_loss=float(first),
        last_loss=float(data[-1]) if len(data) else math.nan,
        worst_loss=float(np.max(data)) if len(data) else math.nan,
        finite=bool(np.isfinite(loss).all() and (usable.all() or "val_loss" not in table)),
        measure=measure,
        running=series.late(running),
        trained=series.late(plain),
        sampled=sampled,
        validated=reached,
        plain=series.late(series.column(table, "val_accuracy", len(loss))),
        best=series.highest(validated),
        best_epoch=facts.epochs_before + series.where_highest(validated) + 1,
        chance=chance,
        error=error,
        half_interval=(high - low) / 2,
        gaps=plain - validated,
        pace=series.pace(_with_first(seen, data), rates),
        learned=1 - float(data[-1]) / nothing if len(data) else math.nan,
        rise=series.rise(data),
        jump=series.rise(data) / max(series.fall(data), 1e-9),
        wobble=series.wobble(validated),
        lowest_validation=facts.epochs_before + lowest + 1,
        before=facts.epochs_before,
        rebound=float(validation_loss[usable][-1] / validation_loss[lowest])
        if usable.any() and validation_loss[lowest] > 0
        else math.nan,
        update=series.highest(series.column(table, "update_ratio", len(loss))),
        sure=series.highest(series.column(table, "sure_accuracy", len(loss))),
        commonest=series.last(series.column(table, "commonest_answer", len(loss))),
        dead=series.first(series.column(table, "dead_share", len(loss))),
        plateau=series.plateau(data),
    )


def _alike(
    table: Mapping[str, Sequence[Any]], facts: Facts, length: int
) -> tuple[str, Floats, Floats, Floats]:
    """Return a measure, and columns of it: while training, of plain training images, validation's.

    Classes take turns in the monitor's sample of training images, so its plain accuracy is that of
    another mixture than the validation part's, unless all classes have about as many images.
    """

    def columns(name: str) -> list[Floats]:
        kinds = ("", "train_sample_", "val_")
        return [series.column(table, f"{kind}{name}", length) for kind in kinds]

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


def _with_first(seen: Evidence, data: Floats) -> Floats:
    """Put the loss before training before that of the epochs, where it was measured."""
    first = seen.before.get("train_sample_loss", math.nan)
    return np.concatenate([[first], data]) if math.isfinite(first) else data
