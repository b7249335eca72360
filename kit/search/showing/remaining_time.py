"""How long a search will still take, and times in words."""

import time
from collections.abc import Callable, Iterable

from kit.search.trials import Trial

MEMORY = 0.98  # of an epoch's time after one more: later stages have other networks and lengths


class Pace:
    """How long the epochs that are left will take.

    What one epoch takes of one worker is measured from the first update on, all that lies between
    epochs included; before, from the trials' own seconds. Later epochs count for more.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._done = self._seconds = self._recorded = 0.0
        self._then: float | None = None
        self._known = 0

    def add(self, trials: Iterable[Trial], left: float, workers: int) -> float | None:
        """Note how far the trials are.

        Args:
            trials: All.
            left: Epochs that are left.
            workers: That were at work since the last time.

        Returns:
            Seconds that are left; None while nothing is known.
        """
        now, rows = self._clock(), [row for trial in trials for row in trial.rows]
        workers = max(workers, 1)
        if self._then is None:
            times = [row["seconds"] for row in rows if row.get("seconds", 0) > 0]
            self._recorded = sum(times) / len(times) if times else 0.0
        else:
            new = max(len(rows) - self._known, 0)
            keep = MEMORY**new
            self._done = keep * self._done + new
            self._seconds = keep * self._seconds + (now - self._then) * workers
        self._then, self._known = now, len(rows)
        if left <= 0:
            return 0.0
        each = self._seconds / self._done if self._done else self._recorded
        return left * each / workers if each else None


def duration(seconds: float) -> str:
    """Return a time in words: "40 s", "4 min", "2 h 5 min"."""
    if seconds < 60:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
