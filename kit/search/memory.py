"""Keeps a process that trains one network after the other from growing."""

import ctypes
import gc
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def nothing_left() -> Iterator[None]:
    """Let go, at the end, of all that Keras and TensorFlow hold on to of networks made within.

    Automatic names of layers count from 0 within, whatever was made before. The precision that
    networks are built with stays as it is.
    """
    _clear()
    known = _traced(_gradients())
    try:
        yield
    finally:
        # TensorFlow registers what a function with a gradient of its own was traced to, for good;
        # Keras' optimizers trace one for each training, and with it stays the whole graph.
        registered = _gradients()
        for name in _traced(registered) - known:
            del registered[name]
        _clear()
        gc.collect()
        _trim()


def _clear() -> None:
    import keras

    policy = keras.config.dtype_policy()  # which would be forgotten, too
    keras.backend.clear_session(free_memory=False)
    keras.config.set_dtype_policy(policy)


def _gradients() -> dict[str, Any]:
    """Return TensorFlow's register of gradients, of which there is no public view."""
    from tensorflow.python.framework import ops

    registered: dict[str, Any] = getattr(ops.gradient_registry, "_registry", {})
    return registered


def _traced(registered: Iterable[str]) -> set[str]:
    return {name for name in registered if name.startswith("CustomGradient-")}


def _trim() -> None:
    """Give what is free back to the system, which glibc keeps in pieces."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
        if trim is not None:
            trim(0)
