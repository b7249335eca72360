"""Seconds of a training step, and of a backbone's answer, with TensorFlow's oneDNN on and off.

Noise images; each setting in a process of its own, since TensorFlow reads it when it is imported.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
NETWORKS = [("basic_cnn", 128), ("inception", 128), ("residual", 128), ("mobile", 128)]
BATCH, TIMES = 32, 4


def main() -> None:
    for value in ("0", "1"):
        environment = {**os.environ, VARIABLE: value, "TF_CPP_MIN_LOG_LEVEL": "3"}
        subprocess.run([sys.executable, __file__, "measure"], env=environment, check=True)


def measure() -> None:
    import keras
    import numpy as np

    from kit import architectures, training

    rng = np.random.default_rng(0)
    for name, side in [*NETWORKS, ("basic_cnn", 32)]:
        images = rng.uniform(0, 255, (BATCH, side, side, 3)).astype("float32")
        labels = np.eye(10, dtype="float32")[rng.integers(0, 10, BATCH)]
        model = architectures.build(name, (side, side, 3), 10)
        training.compile_model(model)
        timed(f"{name} {side} px, step", partial(model.train_on_batch, images, labels))
    for kind, side, settings in (
        (keras.applications.MobileNet, 96, {"alpha": 0.75}),
        (keras.applications.EfficientNetV2B0, 128, {}),
    ):
        shape = (side, side, 3)
        model = kind(input_shape=shape, include_top=False, weights=None, pooling="avg", **settings)
        images = rng.uniform(0, 255, (BATCH, *shape)).astype("float32")
        timed(f"{kind.__name__} {side} px, answer", partial(model.predict_on_batch, images))


def timed(what: str, call: Callable[[], Any]) -> None:
    call(), call()  # compiles
    cpu, wall = time.process_time(), time.monotonic()
    for _ in range(TIMES):
        call()
    cpu, wall = (time.process_time() - cpu) / TIMES, (time.monotonic() - wall) / TIMES
    print(f"{VARIABLE}={os.environ[VARIABLE]} {what:30} cpu {cpu:.3f} s, wall {wall:.3f} s")


if __name__ == "__main__":
    measure() if sys.argv[1:] else main()
