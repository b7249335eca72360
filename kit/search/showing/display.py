"""The trials of a search as they go: a live table on a terminal, plain lines elsewhere.

Everything goes to stderr; stdout is for results.
"""

import collections
import contextlib
import math
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from kit import progress
from kit.progress import clean
from kit.search.showing.remaining_time import Pace, duration
from kit.search.showing.trial_lines import best_first, score_of, view
from kit.search.trials import Trial
from kit.search.words import settings_text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

REFRESHES = 2  # a second


class Show:
    """Shows the trials of a search.

    Args:
        objective: A column of the trials' rows; lower is better where "loss" is in its name.
        totals: Stage -> how many trials it has; where that is not said, those that there are.
        finals: The stage of the finalists, which is called so.
        before: Trials of an earlier run; of those that ended then no line is written.
        clock: What tells the time, in seconds.
    """

    def __init__(
        self,
        objective: str,
        *,
        totals: Mapping[int, int] | None = None,
        finals: int | None = None,
        before: Iterable[Trial] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        before = list(before)
        self.objective, self.totals = objective, dict(totals or {})
        self.finals = finals
        self._said = {trial.number for trial in before if trial.ended}
        self._rungs = {trial.number: len(trial.rows) for trial in before}
        self._closed = self._finished(before, math.inf)
        self._pace = Pace(clock)
        self._trials: Sequence[Trial] = ()
        self._left: float | None = None
        self._share = 0.0
        self._live: Live | None = None
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        """Open the table, on a terminal."""
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            console = Console(stderr=True, markup=False, highlight=False, emoji=False)
            self._live = Live(
                get_renderable=lambda: self._view(*console.size),
                console=console,
                refresh_per_second=REFRESHES,
                redirect_stdout=False,  # results do not go to stderr
                vertical_overflow="crop",
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the terminal back, also after an interruption; the last table stays."""
        live, self._live = self._live, None
        if live is not None:
            with contextlib.suppress(OSError):  # the terminal may be gone
                live.stop()

    def update(
        self,
        trials: Iterable[Trial],
        total_epochs_left: float,
        workers: int,
        seconds_left: float = math.inf,
    ) -> None:
        """Show the trials as they are now; called after everything that happens.

        Args:
            trials: All that there are, in any order.
            total_epochs_left: Of the whole plan.
            workers: How many are at work.
            seconds_left: Until a time limit ends the search.
        """
        with self._lock:
            trials = sorted(trials, key=lambda one: one.number)
            left = self._pace.add(trials, total_epochs_left, workers)
            self._left = None if left is None else min(left, seconds_left)
            done = sum(len(trial.rows) for trial in trials)
            self._share = done / max(done + total_epochs_left, 1)
            self._trials = trials
            closed = self._finished(trials, total_epochs_left) - self._closed
            self._closed |= closed
            for alike in _alike(one for one in trials if one.number not in self._said):
                self._said |= {one.number for one in alike}
                if self._live is None:
                    self._say(self._line(alike))
            for trial in trials:
                if trial.status == "waiting" and self._at_rung(trial) and self._live is None:
                    self._say(self._rung_line(trial))
            for stage in sorted(closed):
                self._say(self._stage_line(stage))

    def note(self, text: str) -> None:
        """Say something, above the table where there is one."""
        with self._lock:
            self._say(text)

    def _say(self, text: str) -> None:
        if self._live is None:
            progress.say(*text.split("\n"))
            return
        for line in text.split("\n"):
            self._live.console.print(clean(line), soft_wrap=True)

    def _finished(self, trials: Sequence[Trial], left: float) -> set[int]:
        """Return the stages of which all trials have ended, and none is still to come."""
        stages = [trial.stage for trial in trials]
        running = {trial.stage for trial in trials if not trial.ended}
        last = max(stages, default=0)
        return {
            stage
            for stage in set(stages) - running
            if stage < last or left <= 0 or stages.count(stage) >= self.totals.get(stage, 0)
        }

    def _view(self, width: int, height: int) -> "RenderableType":
        with self._lock:
            left = None if self._left is None else duration(self._left)
            share = None if self._live is None else self._share
            return view(self._trials, self.objective, (width, height), left, share)

    def _at_rung(self, trial: Trial) -> bool:
        """Tell whether a trial has newly come to where it waits for the others."""
        new = len(trial.rows) > self._rungs.get(trial.number, 0)
        self._rungs[trial.number] = len(trial.rows)
        return new

    def _rung_line(self, trial: Trial) -> str:
        line = (
            f"{self._name(trial.stage)}  trial {trial.number} after {len(trial.rows)} of "
            f"{trial.planned} epochs  {settings_text(trial.values)}  {self._result(trial)}"
        )
        return f"{line}  left {duration(self._left)}" if self._left else line

    def _line(self, alike: Sequence[Trial]) -> str:
        trial = alike[0]
        mine = [one.number for one in self._trials if one.stage == trial.stage]
        whole = max(self.totals.get(trial.stage, 0), len(mine))
        ended = sum(number in self._said for number in mine)
        line = f"{self._name(trial.stage)}  {ended:{len(str(whole))}}/{whole}  "
        if len(alike) > 1:
            return f"{line}{len(alike)} trials stopped: {trial.reason}"
        line += f"trial {trial.number}  {settings_text(trial.values)}  {self._result(trial)}"
        return f"{line}  left {duration(self._left)}" if self._left else line

    def _result(self, trial: Trial) -> str:
        if not trial.feasible:
            return f"{trial.status}: {trial.reason}" if trial.reason else trial.status
        best = best_first(self._trials, self.objective)[0]
        stopped = ", stopped" * (trial.status == "stopped")
        return (
            f"{self.objective} {score_of(trial, self.objective)}{stopped} "
            f"(best {score_of(best, self.objective)})"
        )

    def _name(self, stage: int) -> str:
        return "finalists" if stage == self.finals else f"stage {stage}"

    def _stage_line(self, stage: int) -> str:
        mine = [one for one in self._trials if one.stage == stage]
        counts = collections.Counter(one.status for one in mine)
        which = ", ".join(f"{count} {status}" for status, count in counts.most_common())
        many = "1 trial" if len(mine) == 1 else f"{len(mine)} trials"
        line = f"{self._name(stage)} closed: {many} ({which})"
        best = best_first(mine, self.objective)[0]
        if not best.feasible:
            return f"{line}, none usable"
        score = f"{self.objective} {score_of(best, self.objective)}"
        return f"{line}, best {score} with {settings_text(best.values)} (trial {best.number})"


def _alike(trials: Iterable[Trial]) -> Iterable[list[Trial]]:
    """Return those that ended, in lists of one; those stopped for the same reason together."""
    found: dict[object, list[Trial]] = {}
    for one in trials:
        if one.ended:
            key = (one.stage, one.reason) if one.status == "stopped" and one.reason else one.number
            found.setdefault(key, []).append(one)
    return found.values()
