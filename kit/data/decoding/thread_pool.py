"""Threads that read and decode: Pillow works in C, outside Python's lock."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


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
