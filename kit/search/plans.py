"""How many trials of how many epochs a search has, before anything is known."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

from kit.errors import SettingError

LONGER = 4  # times: the trials of a stage beside those of the one before
LEAST_SHARE = 0.1  # of an epoch, that a trial trains
KEPT = 0.5  # of the trials at a rung; Jamieson & Talwalkar, AISTATS 2016, successive halving
FEWEST = 4  # trials of a stage: from fewer no range can be narrowed
RISING = ("one-cycle", "cosine")  # schedules under which a high rate shows its worth late


@dataclass(frozen=True)
class Stage:
    """Trials of one length.

    Attributes:
        trials: How many begin.
        epochs: What those train that are not stopped.
        share: Of the steps of an ordinary epoch that an epoch has here; below 1 only where
            ``epochs`` is 1.
        rungs: Epochs after which the worse half is stopped.
    """

    trials: int
    epochs: int
    share: float = 1.0
    rungs: tuple[int, ...] = ()

    @property
    def cost(self) -> float:
        """Return how many epochs it trains where no trial is infeasible."""
        alive, done, total = self.trials, 0, 0.0
        for rung in (*self.rungs, self.epochs):
            total += alive * (rung - done) * self.share
            alive, done = survivors(alive), rung
        return total


@dataclass(frozen=True)
class Plan:
    """A search as it is meant to go.

    Attributes:
        stages: Coarse to fine.
        finalists: How many of the best are trained again, ...
        seeds: ... each from so many other starts, ...
        epochs: ... for so many epochs.
        max_trials: Limit for all trials, finalists among them; None for none.
        max_epochs: Limit for the epochs of all trials; None for none. The last training of the
            winner is not counted.
    """

    stages: tuple[Stage, ...]
    finalists: int
    seeds: int
    epochs: int
    max_trials: int | None = None
    max_epochs: float | None = None

    @property
    def trials_at_most(self) -> int:
        """Return the number of trials where no range is extended."""
        return sum(stage.trials for stage in self.stages) + self.finalists * self.seeds

    @property
    def epochs_at_most(self) -> float:
        """Return the epochs of all trials where none is infeasible and no range is extended."""
        final = self.finalists * self.seeds * self.epochs
        return sum(stage.cost for stage in self.stages) + final

    def __str__(self) -> str:
        """Return a line for each stage."""
        lines = []
        for number, stage in enumerate(self.stages, 1):
            length = _epochs(stage.epochs * stage.share)
            line = f"stage {number}: {stage.trials} trials of {length}"
            if stage.rungs:
                when = " and ".join(map(str, stage.rungs))
                line += f", the better half continues after {when}"
            lines.append(line)
        if self.finalists:
            lines.append(
                f"finalists: the best {self.finalists}, {self.seeds} starts each, "
                f"{_epochs(self.epochs)}"
            )
        lines.append(
            f"at most {self.trials_at_most} trials and {self.epochs_at_most:.0f} epochs, unless a "
            "range is extended"
        )
        return "\n".join(lines)


def plan(
    trials: int = 30,
    epochs: int = 20,
    stages: int = 3,
    finalists: int = 3,
    seeds: int = 3,
    schedule: str = "one-cycle",
    max_trials: int | None = None,
    max_epochs: float | None = None,
    *,
    staged: bool = True,
    possible: float = math.inf,
) -> Plan:
    """Return how a search is to go: each stage has half the trials, four times as long.

    Args:
        trials: Of the first, coarse stage.
        epochs: Of a finalist, and of the trials of the last stage.
        stages: How many there are before the finalists.
        finalists: How many of the best are trained again from other starts.
        seeds: Starts for each of them.
        schedule: Of the learning rate: under one that warms up, trials are compared later.
        max_trials: Limit; the stages are made smaller until all fit.
        max_epochs: Limit for the epochs of all trials, met in the same way.
        staged: Whether there are stages; else all trials have full length and none is stopped.
        possible: How many different settings there are: no stage has more trials.

    Raises:
        SettingError: A number is out of its range, or a limit is too small for any search.
    """
    for name, value in (("epochs", epochs), ("stages", stages), ("seeds", seeds)):
        if value < 1:
            raise SettingError(f"{name} must be at least 1, not {value}.")
    if trials < FEWEST:
        raise SettingError(f"trials must be at least {FEWEST}, not {trials}.")
    if finalists < 0:
        raise SettingError(f"finalists must be 0 or more, not {finalists}.")
    for name, limit in (("max_trials", max_trials), ("max_epochs", max_epochs)):
        if limit is not None and not 0 < limit < math.inf:
            raise SettingError(f"{name} must be above 0, not {limit}.")
    for wanted in _smaller(trials, finalists, seeds):
        made = _limited(_made(*wanted, epochs, stages if staged else 1, schedule), possible)
        if not staged:
            made = dataclasses.replace(made, stages=(Stage(made.stages[0].trials, epochs),))
        if _fits(made, max_trials, max_epochs):
            return dataclasses.replace(made, max_trials=max_trials, max_epochs=max_epochs)
    kind, fewer = (f"of {stages} stages", "stages or ") if staged else ("without stages", "")
    raise SettingError(
        f"The smallest search {kind} with {epochs} epochs at the end needs {made.trials_at_most} "
        f"trials and {made.epochs_at_most:.0f} epochs. Raise the limit, or use fewer "
        f"{fewer}epochs."
    )


def survivors(alive: int) -> int:
    """Return how many of the trials at a rung go on."""
    return math.ceil(alive * KEPT)


def extension(stage: Stage) -> Stage:
    """Return the stage that looks into the extended part of a range: half the trials."""
    return dataclasses.replace(stage, trials=max(FEWEST, math.ceil(stage.trials / 2)))


def _smaller(trials: int, finalists: int, seeds: int) -> Sequence[tuple[int, int, int]]:
    fewer = [(count, finalists, seeds) for count in range(trials, FEWEST - 1, -1)]
    last = [(FEWEST, f, s) for s in range(seeds, 0, -1) for f in range(finalists, 0, -1)]
    return fewer + last


def _made(trials: int, finalists: int, seeds: int, epochs: int, stages: int, schedule: str) -> Plan:
    made = []
    for number in range(stages):
        length = epochs / LONGER ** (stages - 1 - number)
        count = max(FEWEST, math.ceil(trials / 2**number))
        whole = max(1, round(length))
        share = 1.0 if length >= 1 else max(LEAST_SHARE, length)
        made.append(Stage(count, whole, round(share, 3), _rungs(whole, schedule)))
    return Plan(tuple(made), finalists, seeds, epochs)


def _limited(made: Plan, possible: float) -> Plan:
    return dataclasses.replace(
        made,
        stages=tuple(
            dataclasses.replace(one, trials=int(min(one.trials, possible))) for one in made.stages
        ),
        finalists=int(min(made.finalists, possible)),
    )


def _rungs(epochs: int, schedule: str) -> tuple[int, ...]:
    half = math.ceil(epochs / 2)
    if epochs < 2:
        return ()
    if schedule in RISING or epochs < LONGER:
        return (half,)
    return (math.ceil(epochs / 4), half)


def _fits(made: Plan, max_trials: int | None, max_epochs: float | None) -> bool:
    return (max_trials is None or made.trials_at_most <= max_trials) and (
        max_epochs is None or made.epochs_at_most <= max_epochs
    )


def _epochs(count: float) -> str:
    return "1 epoch" if count == 1 else f"{count:g} epochs"
