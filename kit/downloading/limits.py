"""Limits on what strangers send: so many bytes, so slowly, for so long.

What fetches runs in a thread of its own. So the limits hold wherever it waits: for a name, in a
handshake, in headers that come letter by letter.
"""

import queue
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kit import progress
from kit.errors import DataError, KitError

__all__ = ["Limits", "Meter", "Stopped", "TooLarge", "check_room", "metered", "watched"]

Result = TypeVar("Result")
LEAST_PACE = 1024  # bytes a second; below it 5 GiB would take two months
LINE_EVERY = 10.0  # seconds between lines where there is no terminal
LOOKS = 0.1  # seconds between two looks at the clock, or less for a short limit


class Stopped(KitError):  # noqa: N818 (it names what happened)
    """The watch has ended the download."""


class TooLarge(DataError):  # noqa: N818 (it names what was found)
    """More bytes than the user allows: what has come is good, and kept."""


@dataclass(frozen=True)
class Limits:
    """What a download may cost.

    Attributes:
        max_bytes: Most bytes to fetch, and most bytes to unpack to.
        timeout: Seconds in which at least ``LEAST_PACE`` bytes a second must come.
        max_seconds: Of all fetching together.
        answer: Seconds until a server answers at all; None takes ``timeout``.
    """

    max_bytes: int
    timeout: float
    max_seconds: float
    answer: float | None = None

    @property
    def patience(self) -> float:
        """Return the seconds until a server answers at all."""
        return self.timeout if self.answer is None else self.answer


class Meter:
    """Counts the bytes of one file after another; called by what fetches, after each piece."""

    def __init__(self, limits: Limits, show: Callable[[int, int | None], None]) -> None:
        """Start the clock."""
        self.limits = limits
        self.paced = True  # off while no bytes can be counted
        self.stop = threading.Event()
        self._show = show
        self._answered = False
        self._before = self._come = self._marked = 0
        self._start = self._mark = time.monotonic()

    def __call__(self, come: int, total: int | None) -> None:
        """Take note of how many bytes of the present file are there, of how many.

        Raises:
            TooLarge: More than allowed have come or are announced.
            Stopped: The watch has given up.
        """
        if self.stop.is_set():
            raise Stopped("given up.")
        self._answered = True
        self._come = come
        if self._before + max(come, total or 0) > self.limits.max_bytes:
            raise TooLarge(
                f"The download is larger than the {self.limits.max_bytes:,} bytes allowed. Raise "
                "the limit."
            )
        self._show(self._before + come, None if total is None else self._before + total)

    def next_file(self) -> None:
        """Count the next file on top of those that are there."""
        self._before += self._come
        self._come = 0
        self.skip()  # many small files cost time between them

    def skip(self) -> None:
        """Leave out of the pace what was there before, or took time without bytes."""
        self._mark, self._marked = time.monotonic(), self._before + self._come

    def check(self) -> None:
        """Raise Stopped if it takes too long, or has become too slow."""
        now, come, limits = time.monotonic(), self._before + self._come, self.limits
        if now - self._start > limits.max_seconds:
            hours, minutes = limits.max_seconds / 3600, limits.max_seconds / 60
            most = f"{hours:g} hours" if hours >= 1 else f"{minutes:g} minutes"
            raise Stopped(f"it took more than the {most} allowed.")
        if not self.paced:
            self.skip()
        elif not self._answered:
            if now - self._mark >= limits.patience:
                raise Stopped(f"no answer came within {limits.patience:g} s. Check the network.")
        elif now - self._mark >= limits.timeout:
            if come - self._marked < LEAST_PACE * limits.timeout:
                raise Stopped(
                    f"only {max(0, come - self._marked):,} bytes came in {limits.timeout:g} s. Try "
                    "again."
                )
            self._mark, self._marked = now, come


def watched(work: Callable[[], Result], meter: Meter) -> Result:
    """Run ``work`` in a thread, and end with an error as soon as the meter's limits are broken.

    The thread itself ends with the next byte that comes, or with its own time limit.
    """
    answers: queue.SimpleQueue[tuple[Result | None, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except BaseException as error:
            answers.put((None, error))

    threading.Thread(target=run, daemon=True, name="download").start()
    wait = min(LOOKS, meter.limits.timeout / 4, meter.limits.patience / 4)
    try:
        while True:
            try:
                result, error = answers.get(timeout=wait)
            except queue.Empty:
                meter.check()
            else:
                break
    finally:
        meter.stop.set()
    if error is not None:
        raise error
    return result  # type: ignore[return-value]  # None only where Result is None


def check_room(folder: Path, needed: int, advice: str = "") -> None:
    """Raise KitError where a folder's disk has less room than that, in bytes."""
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise KitError(
            f"{folder}: the files need {needed:,} bytes, but only {free:,} are free.{advice}"
        )


@contextmanager
def metered(name: str, limits: Limits, line: str | None = None) -> Iterator[Meter]:
    """Give a meter that shows how much has come: a bar on a terminal, a line at times elsewhere.

    Args:
        name: What comes.
        limits: On it.
        line: What is said first, on a terminal too; by default the name, and there nothing.
    """
    if line is not None:
        progress.say(line)
    if not sys.stderr.isatty():
        if line is None:
            progress.say(f"Downloading {name}")
        yield Meter(limits, _lines())
        return
    with progress.bar() as bar:
        task = bar.add_task(f"Downloading {progress.clean(name)} (MiB)", total=None)

        def show(come: int, total: int | None) -> None:
            whole = None if total is None else max(1, total >> 20)
            bar.update(task, completed=come >> 20, total=whole)

        yield Meter(limits, show)


def _lines() -> Callable[[int, int | None], None]:
    """Return what writes a line every ten seconds."""
    said = time.monotonic()

    def show(come: int, total: int | None) -> None:
        nonlocal said
        if time.monotonic() - said >= LINE_EVERY:
            said = time.monotonic()
            of = "" if total is None else f" of {total >> 20}"
            progress.say(f"{come >> 20}{of} MiB")

    return show
