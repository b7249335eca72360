"""Models that are built to be looked at only, without memory for their weights."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

# Two threads that put the state of random back would mix up what each of them found.
ONE_AT_A_TIME = threading.Lock()
_here = threading.local()  # whether this thread builds so already
Seen = TypeVar("Seen")


def without_weights(look: Callable[[], Seen]) -> Seen:
    """Call a function in which models are built without memory for their weights.

    It leaves no trace: a model built afterwards has the names and initial weights that it would
    have had without this.
    """
    import keras

    def trace() -> Seen:
        _here.traces = True
        with keras.StatelessScope(initialize_variables=False):
            return look()

    if getattr(_here, "traces", False):
        return look()
    with ONE_AT_A_TIME:
        state = random.getstate()  # Keras draws the seeds of initial weights from it
        try:
            # Keras keeps, for each thread, names in use and a list of variables that it will give
            # their values at the next occasion. They end with this one.
            with ThreadPoolExecutor(max_workers=1) as pool:
                return pool.submit(trace).result()
        finally:
            random.setstate(state)
