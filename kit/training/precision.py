"""The precision that a network computes in while it trains.

Micikevicius et al., "Mixed Precision Training", ICLR 2018, in bfloat16: weights, losses and the
last layer stay in float32, products and sums between layers have 8 bits for their digits.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keras

from kit.choices import Precision
from kit.training.compiling import on_graphics_card

PROCESSOR = Path("/proc/cpuinfo")
QUICK = {"avx512_bf16", "amx_bf16", "bf16"}  # of Intel and AMD, of Intel, of ARM
CAPABLE = (8, 0)  # the first graphics cards of NVIDIA that multiply in bfloat16: Ampere


def resolved_precision(precision: Precision) -> Precision:
    """Return what "auto" means on this machine: bfloat16 where its flags say that it is quick.

    Nothing is timed: the same machine gives the same answer.
    """
    if precision != "auto":
        return precision
    return (
        "bfloat16" if (_quick_card() if on_graphics_card() else _quick_processor()) else "float32"
    )


def _quick_card() -> bool:
    import tensorflow as tf

    cards = tf.config.list_physical_devices("GPU")
    known = (tf.config.experimental.get_device_details(card) for card in cards)
    return all(one.get("compute_capability", (0, 0)) >= CAPABLE for one in known)


def _quick_processor() -> bool:
    try:
        lines = PROCESSOR.read_text("ascii", errors="replace").splitlines()
    except OSError:  # no Linux
        return False
    return any(
        QUICK & set(line.split()) for line in lines if line.startswith(("flags", "Features"))
    )


@contextmanager
def computing_in(precision: Precision) -> Iterator[None]:
    """Let networks that are built within compute in this precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else before)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
