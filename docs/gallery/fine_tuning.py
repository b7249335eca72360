"""How high the loss climbs over its first value: continued and fresh trainings at many rates.

    python docs/gallery/fine_tuning.py

A network learns the digits; then it goes on, with its head ("continued": it starts with a loss near
0) or with a new one ("new head"), at rates that suit and at rates that do not. Prints for each the
highest smoothed loss over the first one and over ln 10, whether it ended better than it began, and
where a limit of 3 times the first loss, and of 3 times the larger of it and ln 10, would have
stopped it.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pandas as pd
import pictures

from kit import architectures, training
from kit.monitoring.loss_guard import LossGuard
from kit.monitoring.smoothed_loss import MEMORY, WARM_UP

RATES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
EPOCHS = 3


def main() -> None:
    images, labels, validation, answers = pictures.load("digits")
    labels, answers = np.eye(10)[labels], np.eye(10)[answers]
    model = network()
    model.fit(images, labels, epochs=12, verbose=0)
    taught = model.get_weights()
    rows = []
    for start in ("continued", "new head", "from scratch"):
        for rate in RATES:
            for seed in range(3):
                keras.utils.set_random_seed(seed)
                fresh = network().get_weights()
                weights = {
                    "continued": taught,
                    "new head": [*taught[:-2], *fresh[-2:]],
                    "from scratch": fresh,
                }[start]
                model.set_weights(weights)
                for variable in model.optimizer.variables:
                    variable.assign(keras.ops.zeros_like(variable))
                model.optimizer.learning_rate = rate
                before = model.evaluate(validation, answers, verbose=0)[1]
                guard = LossGuard(times=1e9)  # watches, and lets it run
                model.fit(images, labels, epochs=EPOCHS, verbose=0, callbacks=[guard])
                after = model.evaluate(validation, answers, verbose=0)[1]
                rows.append(
                    {"start": start, "rate": rate, **climb(guard.losses), "before": before,
                     "after": after}
                )  # fmt: skip
    table = pd.DataFrame(rows)
    table["stopped at 3 x first"] = table["over first"] > 3
    table["stopped at 3 x max(first, ln 10)"] = table["over both"] > 3
    print(table.groupby(["start", "rate"]).mean().round(3).to_string())


def climb(losses: list[float]) -> dict[str, float]:
    """Return the first loss and the highest smoothed one over it, past the warm-up."""
    value, highest = 0.0, 0.0
    for taken, loss in enumerate(losses, 1):
        value = MEMORY * value + (1 - MEMORY) * loss
        if taken > WARM_UP:
            highest = max(highest, value / (1 - MEMORY**taken))
    first = losses[0]
    return {
        "first loss": first,
        "over first": highest / first,
        "over both": highest / max(first, np.log(10)),
    }


def network() -> keras.Model:
    model = architectures.build("convnet", (8, 8, 1), 10, filters=(16, 32), convolutions=1)
    return training.compile_model(model, optimizer="adam", learning_rate=1e-3, label_smoothing=0.0)


if __name__ == "__main__":
    main()
