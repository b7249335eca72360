"""What a search found, as plain facts, and what follows from them."""

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from kit.evaluation import looks
from kit.intervals import wilson
from kit.search.space import Range, Space, possible
from kit.search.staged.ranges import KEEP_LOW, OUTER, SLIGHT, Edge, Side
from kit.search.staged.state import Finalist
from kit.search.staged.trial_ranking import Chance, chance_level
from kit.search.trials import Trial, rank_key
from kit.search.words import lower_is_better

SIDES: tuple[Side, Side] = ("low", "high")
SURE = 0.95
LAST = 4  # of the epochs, the last one in ...: whether the score still rose there
RISE = 0.005  # of the objective in that time: below, more epochs hardly pay


@dataclass(frozen=True)
class Findings:
    """What a search found.

    Attributes:
        objective: The metric that ranked the trials, for example ``val_accuracy``.
        space: As it was given.
        stages: The space of each stage; an extended one as far as it was extended.
        trials: All trials.
        finalists: Those with a score, best first; none where the search ended before.
        chance: What guessing scores, on how many validation images; None where that is not known.
        extensions: Edges that were hit, in their order.
        ended: What ended the search before its plan was done; empty where nothing did.
        use_validation: Whether the last training uses the validation images, too.
        test: What the last model scores on the test split; None where there is none.
        test_images: How many images that has.
    """

    objective: str
    space: Space
    stages: tuple[Space, ...]
    trials: tuple[Trial, ...]
    finalists: tuple[Finalist, ...] = ()
    chance: Chance | None = None
    extensions: tuple[Edge, ...] = ()
    ended: str = ""
    use_validation: bool = False
    test: float | None = None
    test_images: int = 0

    @property
    def epochs(self) -> list[int]:
        """Return the epochs of each trial: after each it was scored on the validation images."""
        return [len(trial.rows) for trial in self.trials if trial.rows]

    @property
    def looked(self) -> int:
        """Return from how many scores on the validation images the choice was made."""
        return looks(self.epochs)

    @property
    def best(self) -> Finalist | None:
        """Return the first finalist or, without one, the best single trial; None without either."""
        if self.finalists:
            return self.finalists[0]
        feasible = [trial for trial in self.trials if trial.feasible]
        if not feasible:
            return None
        trial = min(feasible, key=lambda one: rank_key(one.best(self.objective), self.objective))
        row = trial.best(self.objective)
        score = row.get(self.objective, math.nan)
        if not math.isfinite(score):
            return None
        return Finalist(trial.values, (score,), (int(row["epoch"]),), trial.planned)

    @property
    def tried(self) -> list[Trial]:
        """Return the trials that ended, and not for want of time."""
        return [one for one in self.trials if one.ended and (one.rows or one.status != "stopped")]

    @property
    def exhausted(self) -> bool:
        """Tell whether every possible combination of values was tried."""
        values = {json.dumps(dict(one.values), sort_keys=True, default=str) for one in self.tried}
        return len(values) >= possible(self.space)

    @property
    def infeasible(self) -> list[Trial]:
        """Return the trials that ended and cannot be used."""
        return [one for one in self.tried if one.status in ("infeasible", "failed")]

    @property
    def lost(self) -> bool:
        """Tell whether more than half of the trials were infeasible, all or those of stage 1."""
        return _most_lost(self.tried) or _most_lost([one for one in self.tried if one.stage == 1])

    @property
    def guessing(self) -> bool:
        """Tell whether the best is no better than guessing might be."""
        if self.best is None or self.chance is None or lower_is_better(self.objective):
            return False
        # Else all right answers might be luck, too.
        return self.best.mean <= chance_level(self.chance) < 1

    @property
    def at_edge(self) -> list[tuple[Range, Side]]:
        """Return the widest ranges at whose edge the best still lies, and on which side.

        That is in the outer tenth of the range of the last stage that went as far or, where it
        could not be extended, of all that was searched. An end within what was searched before is
        no edge, nor is the 0 of a linear range.
        """
        kept = {(one.name, one.side) for one in self.extensions if one.to is None}
        found: list[tuple[Range, Side]] = []
        for now in self.stages[-1] if self.stages else self.space:
            value = None if self.best is None else self.best.values.get(now.name)
            if value is None or not isinstance(now, Range) or now.integer:
                continue
            widest = self._widest(now)
            low, high = (
                widest if (now.name, side) in kept else self._last_to(widest, side)
                for side in SIDES
            )
            if low.share(value) <= OUTER and widest.low != 0:
                found.append((widest, "low"))
            elif high.share(value) >= 1 - OUTER:
                found.append((widest, "high"))
        return found

    def _last_to(self, widest: Range, side: Side) -> Range:
        """Return the range of the last stage that went to this end of the widest one."""
        end = getattr(widest, side)
        spaces = reversed((self.space, *self.stages))
        named = (one for space in spaces for one in space if one.name == widest.name)
        ranges = (one for one in named if isinstance(one, Range))
        return next((one for one in ranges if _same(getattr(one, side), end)), widest)

    def _widest(self, now: Range) -> Range:
        same = [
            one for space in (self.space, *self.stages) for one in space if one.name == now.name
        ]
        ranges = [one for one in same if isinstance(one, Range)]
        low, high = min(one.low for one in ranges), max(one.high for one in ranges)
        return Range(now.name, low, high, now.log, now.integer)


def interval(score: float, images: int) -> tuple[float, float]:
    """Return the 95 % interval that an accuracy on so many images leaves."""
    return wilson(round(score * images), images)


def apart(one: Finalist, other: Finalist) -> bool | None:
    """Tell whether two means differ by more than starts alone make them differ.

    Student's t at 95 %, one variance for both. None where single starts say nothing of chance.
    """
    from scipy.stats import ttest_ind

    if len(one.scores) + len(other.scores) < 3:
        return None
    if statistics.pvariance(one.scores) + statistics.pvariance(other.scores) == 0:
        return one.mean != other.mean
    return bool(ttest_ind(one.scores, other.scores).pvalue < 1 - SURE)


def hardly_matters(parameter: Range, side: str) -> bool:
    """Tell whether a best value at this end of a range means that the setting hardly matters."""
    return side == "low" and parameter.name in KEEP_LOW and parameter.low <= SLIGHT


def rising(findings: Findings) -> bool:
    """Tell whether the winner still became clearly better in its last epochs."""
    if findings.best is None:
        return False
    mine = [
        one
        for one in findings.trials
        if one.status == "complete" and one.values == findings.best.values and len(one.rows) >= LAST
    ]
    if not mine:
        return False
    longest = max(len(one.rows) for one in mine)
    gains = [_gain(one, findings.objective) for one in mine if len(one.rows) == longest]
    spread = max(findings.best.scores) - min(findings.best.scores)
    return statistics.fmean(gains) > max(RISE, spread)


def _gain(trial: Trial, objective: str) -> float:
    sign = -1 if lower_is_better(objective) else 1
    scores = [sign * row.get(objective, math.nan) for row in trial.rows]
    before = scores[: len(scores) - max(1, len(scores) // LAST)]
    gain = max(scores) - max(before)
    return gain if math.isfinite(gain) else 0.0


def _most_lost(trials: Sequence[Trial]) -> bool:
    return 2 * sum(one.status in ("infeasible", "failed") for one in trials) > len(trials)


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6)
