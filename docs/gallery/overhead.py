"""What the monitor and the guard cost beside the training that they watch.

    python docs/gallery/overhead.py [--images 1200 --epochs 10 --size 64]

Trains ``basic_cnn`` on random pixels (speed does not depend on what is learned) and prints the
seconds of the monitor over all others, as it counts them itself, the epochs that it measured, and
the seconds of the guard.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import time
from typing import Any

import keras
import numpy as np

from kit import architectures, checks, monitoring, training


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=1200)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--sample", type=int, default=250)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    shape = (given.images, given.size, given.size, 3)
    images = rng.integers(0, 256, shape, dtype=np.uint8).astype(np.float32)
    labels = np.eye(2, dtype=np.float32)[rng.integers(0, 2, given.images)]
    model = architectures.build("basic_cnn", shape[1:], 2)
    training.compile_model(model)
    sample = checks.from_arrays(images, labels, given.sample)
    monitor = monitoring.Monitor(sample, checks.from_arrays(images, labels, 64))
    guard, clock = Timed(sample.first(8)), Clock()
    model.fit(images, labels, epochs=given.epochs, verbose=0, callbacks=[clock, monitor, guard])
    total = time.monotonic() - clock.start
    measured = [row["epoch"] for row in monitor.rows]
    print(f"training and all: {total:.1f} s; monitor {monitor.seconds:.2f} s, "
          f"{monitor.seconds / (total - monitor.seconds):.1%}; epochs measured {measured}; "
          f"guard {guard.seconds:.2f} s, {guard.seconds / total:.1%}")  # fmt: skip


class Clock(keras.callbacks.Callback):
    """When the training began, the tracing of its graph included."""

    start = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        self.start = time.monotonic()


class Timed(monitoring.LossGuard):
    """The guard with a clock."""

    seconds = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        start = time.monotonic()
        super().on_train_batch_end(batch, logs)
        self.seconds += time.monotonic() - start


if __name__ == "__main__":
    main()
