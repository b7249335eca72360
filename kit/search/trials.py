"""What is known of a trial, and what is asked and told of its training: plain, immutable facts."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from kit.evaluation import kept_epoch

Status = Literal["waiting", "running", "complete", "stopped", "infeasible", "failed"]


@dataclass(frozen=True)
class Trial:
    """One point of the space and what its training gave.

    Attributes:
        number: From 0, in the order of the search.
        stage: From 1; see :class:`kit.search.Stage`.
        values: Setting -> value.
        seed: Of its start, order and augmentation.
        planned: Epochs that its stage trains, over which the schedule runs.
        rows: One for each epoch: ``epoch`` (from 1), ``data_loss`` (without regularization) and
            the metrics, the same with ``val_`` before them, ``learning_rate``, ``seconds`` and
            ``cpu_seconds``.
        status: ``"complete"``; ``"stopped"`` where others did better; ``"infeasible"`` where it
            diverged or cannot be built; ``"failed"`` where its process died again and again or the
            program failed; ``"running"`` and ``"waiting"`` before one of these.
        reason: Why it was stopped, is infeasible or failed.
        share: Of the steps of an ordinary epoch that one of its epochs has.
        images: How many tell as much of its scores, see :func:`kit.intervals.worth`; 0 where that
            is not known.
    """

    number: int
    stage: int
    values: Mapping[str, Any]
    seed: int
    planned: int
    rows: tuple[Mapping[str, float], ...] = ()
    status: Status = "waiting"
    reason: str = ""
    share: float = 1.0
    images: float = 0

    @property
    def epochs(self) -> float:
        """Return how many ordinary epochs it was trained for."""
        return len(self.rows) * self.share

    @property
    def ended(self) -> bool:
        """Tell whether it will be trained no further."""
        return self.status in ("complete", "stopped", "infeasible", "failed")

    @property
    def feasible(self) -> bool:
        """Tell whether it can be ranked: it has an epoch, and did not diverge or fail."""
        return bool(self.rows) and self.status not in ("infeasible", "failed")

    @property
    def seconds(self) -> float:
        """Return the wall-clock time of its epochs."""
        return sum(row.get("seconds", 0.0) for row in self.rows)

    @property
    def cpu_seconds(self) -> float:
        """Return the processor time of its epochs, all threads."""
        return sum(row.get("cpu_seconds", 0.0) for row in self.rows)

    def best(self, objective: str) -> Mapping[str, float]:
        """Return the row of the epoch that a training keeps, see :func:`kit.evaluation.kept_epoch`.

        Args:
            objective: A column of ``rows``; lower is better where "loss" is in its name.

        Raises:
            IndexError: It has no epoch.
        """
        return self.rows[max(kept_epoch(self.rows, objective, self.images), 0)]


def rank_key(row: Mapping[str, float], objective: str) -> tuple[float, float]:
    """Return what sorts epochs from good to bad; what is no number is last."""
    value = row.get(objective, math.nan)
    loss = row.get("val_data_loss", math.inf)
    signed = value if "loss" in objective else -value
    return (
        signed if math.isfinite(signed) else math.inf,
        loss if math.isfinite(loss) else math.inf,
    )


@dataclass(frozen=True)
class Job:
    """A span of epochs of one trial, which is trained without a pause.

    Attributes:
        trial: The trial's number.
        values: Setting -> value.
        seed: Of its start, order and augmentation.
        first: Epochs that were trained before; the state after them may be in ``state``.
        last: The epochs that are trained when the job is done.
        epochs: What the schedule runs over; at least ``last``.
        share: Of the steps of an ordinary epoch that one epoch of this trial has, above 0 to 1.
        state: A file for what the training goes on from: read where ``first`` is above 0 and the
            file is there (else the trial starts again from epoch 0), written at the end where
            ``last`` is below ``epochs``. None keeps no state.
    """

    trial: int
    values: Mapping[str, Any]
    seed: int
    first: int
    last: int
    epochs: int
    share: float = 1.0
    state: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        infeasible: Why the trial cannot be used: its loss exploded or became no number, or no
            network can be built with its values. Empty where the epochs were trained.
        failed: Why it could not be trained, where that is no fault of its values.
        rows: Of the epochs; those that were reported, where it is left empty.
        state: What the training goes on from, if it does.
    """

    infeasible: str = ""
    failed: str = ""
    rows: tuple[Mapping[str, float], ...] = ()
    state: bytes | None = None


Report = Callable[[Mapping[str, float]], None]  # takes the row of each epoch that was trained


class RunTrial(Protocol):
    """What trains a job and reports every epoch of it; :func:`from_builders` makes one."""

    def __call__(self, job: Job, report: Report) -> Outcome:
        """Train it."""


def plain_row(row: Mapping[str, float]) -> dict[str, float]:
    """Return a row in the precision in which it is kept, single."""
    import numpy as np

    with np.errstate(over="ignore"):  # what is too large for it is infinite there
        return {name: float(np.float32(value)) for name, value in row.items()}
