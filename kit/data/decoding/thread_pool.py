"""Threads that read and decode: Pillow works in C, outside Python's lock."""

import itertools
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from kit import progress
from kit.data.decoding.opening import named_memory

Item = TypeVar("Item")
Result = TypeVar("Result")
AHEAD = 3  # tasks for each thread in advance, where files are gone through


def workers() -> int:
    """Return how many threads decode."""
    if hasattr(os, "sched_getaffinity"):
        return min(32, len(os.sched_getaffinity(0)))
    return min(32, os.cpu_count() or 1)


class Room:
    """An amount that all threads together may take; what wants more than all of it goes alone."""

    def __init__(self, amount: int) -> None:
        """Start with all of it free."""
        self._amount = self._free = amount
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, amount: int) -> Iterator[None]:
        """Wait until so much is free, and hold it."""
        amount = min(amount, self._amount)
        with self._changed:
            self._changed.wait_for(lambda: self._free >= amount)
            self._free -= amount
        try:
            yield
        finally:
            with self._changed:
                self._free += amount
                self._changed.notify_all()


def in_order(work: Callable[[Item], Result], items: Iterable[Item], ahead: int) -> Iterator[Result]:
    """Yield ``work(item)`` for each item in turn, done by threads.

    Args:
        work: What to do with an item.
        items: The items.
        ahead: How many items for each thread may be done before they are asked for, so that memory
            stays bounded. What nobody asks for any more is not begun.
    """
    pool = ThreadPoolExecutor(workers())
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= ahead * workers():
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def by_file(
    work: Callable[[Path], Result], files: Sequence[Path], at_once: int, doing: str, done: str
) -> Iterator[Result]:
    """Yield ``work(file)`` for each file in turn, done by threads, and show how far it is.

    Raises:
        KitError: The memory gave out.
    """

    def task(chunk: Sequence[Path]) -> list[Result]:
        found = []
        for file in chunk:
            with named_memory(file):
                found.append(work(file))
        return found

    chunks = [files[start : start + at_once] for start in range(0, len(files), at_once)]
    results = itertools.chain.from_iterable(in_order(task, chunks, AHEAD))
    yield from progress.track(results, len(files), doing, done)
