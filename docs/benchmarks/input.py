"""Reading the images: ours beside image_dataset_from_directory, the same network and batches.

    python docs/benchmarks/input.py FOLDER [--epochs 5] [--repeats 3]

Each training is a process of its own that starts with an empty cache. Both train the same small
network (``basic_cnn``, 128x128 pixels, batches of 32, no augmentation, no XLA) on 80 % of the
images and validate on the rest. Seconds are counted from the start of the process to the end of an
epoch. Ours reads, checks, hashes and groups every file first. ``input alone`` is what going once
over the training and validation batches takes without a network, as a share of a later epoch: they
are made while the network works, so nothing waits while it is small.
"""

import time

START = time.monotonic()  # before TensorFlow's own start, which takes seconds

import argparse  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import subprocess  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from pathlib import Path  # noqa: E402

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras  # noqa: E402
import pandas as pd  # noqa: E402

from kit import architectures, data  # noqa: E402

SIZE, BATCH = 128, 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--who", choices=["ours", "plain Keras"], help="within one process")
    given = parser.parse_args()
    if given.who:
        print(json.dumps(trained(given.who, given.folder, given.epochs)))
        return
    rows = []
    for repeat in range(given.repeats):
        for who in ("ours", "plain Keras")[:: 1 if repeat % 2 else -1]:
            with tempfile.TemporaryDirectory() as cache:
                command = [sys.executable, __file__, str(given.folder), "--who", who]
                done = subprocess.run(
                    [*command, "--epochs", str(given.epochs)],
                    env={**os.environ, "KIT_CACHE": cache},
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    check=True,
                )
            rows.append({"repeat": repeat, "who": who} | json.loads(done.stdout.splitlines()[-1]))
            print(rows[-1], flush=True)
    pairs = pd.DataFrame(rows).pivot(index="repeat", columns="who")
    for column in (name for name in rows[0] if "seconds" in name):
        ratio = pairs[column]["ours"] / pairs[column]["plain Keras"]
        each = ", ".join(f"{one:.2f}" for one in ratio)
        print(f"{column}: ours {each} times plain Keras, median {ratio.median():.2f}")


def trained(who: str, folder: Path, epochs: int) -> dict[str, float]:
    if who == "ours":
        splits = data.load(folder, image_size=SIZE, test_split=0, augmentation="none")
        train, validation = splits.train, splits.validation
    else:
        train, validation = keras.utils.image_dataset_from_directory(
            folder,
            validation_split=0.2,
            subset="both",
            seed=42,
            image_size=(SIZE, SIZE),
            batch_size=BATCH,
            label_mode="categorical",
        )
    keras.utils.set_random_seed(42)
    model = architectures.build("basic_cnn", (SIZE, SIZE, 3), 2)
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"], jit_compile=False)
    clock = Clock(START)
    model.fit(train, validation_data=validation, epochs=epochs, verbose=0, callbacks=[clock])
    result = {}
    for epoch in (1, epochs):
        wall, cpu = (round(seconds, 2) for seconds in clock.ends[epoch - 1])
        result |= {f"wall seconds to epoch {epoch}": wall, f"cpu seconds to epoch {epoch}": cpu}
    begin = time.monotonic()
    for part in (train, validation):
        for _ in part:
            pass
    alone = time.monotonic() - begin
    return result | {"input alone": round(alone / min(clock.walls(1)), 3)}


class Clock(keras.callbacks.Callback):
    """The wall and processor seconds at the end of each epoch."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self.start, self.begins, self.ends = start, [], []

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        self.begins.append(time.monotonic() - self.start)

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        self.ends.append((time.monotonic() - self.start, time.process_time()))

    def walls(self, first: int) -> list[float]:
        """Return the wall seconds of every epoch from number ``first``, counted from 0."""
        ends = [wall for wall, _ in self.ends]
        return [end - begin for begin, end in zip(self.begins, ends, strict=True)][first:]


if __name__ == "__main__":
    main()
