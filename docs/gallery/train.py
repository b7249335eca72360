"""Train what the gallery holds, and keep the numbers of each training as one line of JSON.

    python docs/gallery/train.py digits histories/digits.jsonl
    python docs/gallery/train.py cifar histories/cifar.jsonl --only "rate 1e-7"

Goes on where it was stopped: what stands in the file is not trained again.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import argparse
import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import causes
import keras
import numpy as np
import pictures
import tensorflow as tf

from kit import architectures, checks, monitoring, training
from kit.diagnosis.training_evidence import NEIGHBOURS
from kit.monitoring import measures
from kit.training.callbacks import HistoryTable
from kit.training.pace import Pace

NETWORKS = ("convnet", "basic_cnn")  # without and with batch normalization
USUAL = (  # a training's settings where its cause does not say otherwise, by seed
    ("adamw", 3e-3, "one-cycle"),
    ("adam", 1e-3, "constant"),
    ("adam", 2e-3, "cosine"),
)
FILTERS = (16, 32)
EPOCHS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", choices=list(pictures.SETS))
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", default="", help="what the row's name holds")
    parser.add_argument("--network", choices=NETWORKS, action="append")
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    lines = given.file.read_text("utf-8").splitlines() if given.file.exists() else []
    done = {(one["how"], one["network"], one["seed"]) for one in map(json.loads, lines)}
    arrays = pictures.load(given.data)
    for seed in range(given.seeds):
        for how in causes.ROWS:
            for network in given.network or NETWORKS:
                if given.only in how and (how, network, seed) not in done:
                    found = trained(given.data, arrays, how, network, seed)
                    with given.file.open("a", encoding="utf-8") as file:
                        file.write(json.dumps(found) + "\n")
                    print(how, network, seed, found["seconds"], flush=True)


def trained(data: str, arrays: pictures.Arrays, how: str, network: str, seed: int) -> dict:
    """Train one case and return its numbers."""
    keras.utils.set_random_seed(100 * seed + 1)
    optimizer, rate, schedule = USUAL[seed % len(USUAL)]
    case = causes.Case(
        *(array.copy() for array in arrays),
        settings={"filters": FILTERS, "dropout": 0.3 if data == "cifar" else 0.1},
        rng=np.random.default_rng(seed),
        compiled={"optimizer": optimizer, "learning_rate": rate},
        schedule=schedule,
        epochs=EPOCHS,
    )
    cause, row = causes.ROWS[how]
    row(case)
    classes = int(arrays[1].max()) + 1
    model = ready(data, network, how, case, classes)
    peak = training.learning_rate(model)
    samples = (checks.from_arrays(case.images * case.factor, one_hot(case.labels, classes), 500),
               checks.from_arrays(case.validation * case.factor, one_hot(case.answers, classes),
                                  250))  # fmt: skip
    augmented = as_trained(case, samples[0], seed)
    counts = np.bincount(case.labels, minlength=classes)
    steps = -(-len(case.images) // case.batch_size)
    monitor = monitoring.Monitor(*samples, augmented, share=None)
    guard = monitoring.LossGuard(samples[0], floor=measures.cross_entropy(counts.tolist()))
    table = HistoryTable(None)
    pace = Pace(case.schedule, peak, case.epochs, steps, None)
    start = time.monotonic()
    model.fit(
        stream(case, classes),
        steps_per_epoch=steps,
        validation_data=(case.validation * np.float32(case.factor), one_hot(case.answers, classes)),
        validation_batch_size=128,
        epochs=case.epochs,
        callbacks=[monitor, guard, table, pace],
        verbose=0,
    )
    seconds = time.monotonic() - start
    outputs = model(case.validation * np.float32(case.factor), training=False)
    confusion = np.zeros((classes, classes), int)
    np.add.at(confusion, (case.answers, measures.answers(outputs).classes), 1)
    order = case.rng.permutation(case.labels) if case.shuffle else case.labels
    kernels = [(one, layer) for layer in model.layers for one in layer.weights
               if len(one.shape) > 1]  # fmt: skip
    moving = sum(np.prod(one.shape) for one, layer in kernels if layer.trainable)
    return rounded(
        {
            "how": how,
            "cause": cause,
            "data": data,
            "network": network,
            "seed": seed,
            "seconds": seconds,
            "monitoring": monitor.seconds,
            "table": table.table.to_dict("list"),
            "before": monitor.rows[0],
            "layers": monitor.layers,
            "inputs": monitor.inputs,
            "scales": monitor.scales,
            **{name: getattr(monitor, name) for name in NEIGHBOURS},
            "losses": guard.losses,
            "stopped": guard.stopped,
            "where": guard.where,
            "confusion": confusion.tolist(),
            "facts": {
                "classes": classes,
                "train_counts": counts.tolist(),
                "validation_images": len(case.validation),
                "batch_size": case.batch_size,
                "planned_epochs": case.epochs,
                "schedule": case.schedule,
                "optimizer": case.compiled["optimizer"],
                "learning_rate": peak,
                "dropout": case.settings["dropout"],
                "l2": case.settings.get("l2", 0.0),
                "augmentation": case.augmentation,
                "label_smoothing": 0.1 if case.smoothing is None else case.smoothing,
                "batch_purity": batch_purity(order, case.batch_size),
                "overlap": overlap(case.images, case.validation),
                "bad_images": int((~np.isfinite(case.images).all((1, 2, 3))).sum()),
                "frozen_share": 1 - moving / sum(np.prod(one.shape) for one, _ in kernels),
                "parameters": model.count_params(),
            },
        }
    )


MODELS: dict[Any, keras.Model] = {}  # compiled; tracing one anew costs more than training it


def ready(data: str, network: str, how: str, case: causes.Case, classes: int) -> keras.Model:
    """Return the compiled model of a case with its first weights."""
    fresh = build(network, case, classes)
    case.weights(fresh)
    named = {name: value for name, value in case.compiled.items() if name != "learning_rate"}
    frozen = not all(layer.trainable for layer in fresh.layers)
    key = (data, network, str(case.settings), case.style, str(named), case.smoothing,
           how if frozen else "")  # fmt: skip
    if key not in MODELS:
        MODELS[key] = training.compile_model(fresh, **case.compiled, label_smoothing=case.smoothing)
    model = MODELS[key]
    model.set_weights(fresh.get_weights())
    for variable in model.optimizer.variables:
        variable.assign(keras.ops.zeros_like(variable))
    model.optimizer.learning_rate = case.compiled["learning_rate"]
    return model


def build(network: str, case: causes.Case, classes: int) -> keras.Model:
    """Build the network of a case, and what no architecture of the kit offers."""
    settings = dict(case.settings)
    small, twice = settings.pop("small", False), settings.pop("twice", False)
    if settings.pop("everywhere", False):
        settings["block_dropout"] = settings["dropout"]
    if small:
        settings["filters"] = (1,) * len(settings["filters"])
    if network == "convnet":
        settings |= {"convolutions": 1, "dense": (1,) if small else (32,)}
    model = architectures.build(
        network, case.images.shape[1:], classes, style=case.style, **settings
    )
    if twice:
        again = keras.layers.Softmax(name="again")(model.output)
        return keras.Model(model.inputs, again)
    return model


def stream(case: causes.Case, classes: int) -> Any:
    """Yield batches for ever, shuffled and augmented as the case says."""
    rng = np.random.default_rng(case.rng.integers(1 << 30))
    labels = one_hot(case.labels, classes)
    while True:
        order = rng.permutation(len(labels)) if case.shuffle else np.arange(len(labels))
        for start in range(0, len(order), case.batch_size):
            chosen = order[start : start + case.batch_size]
            images = case.images[chosen]
            if case.augmentation != "none":
                change = shifted if case.augmentation == "light" else torn
                images = np.stack([change(image, rng) for image in images])
            yield images * np.float32(case.factor), labels[chosen]


def as_trained(case: causes.Case, sample: checks.Sample, seed: int) -> checks.Sample:
    """Return the sample's images as the training stream changes them."""
    if case.augmentation == "none":
        return sample
    change = shifted if case.augmentation == "light" else torn
    rng = np.random.default_rng(seed)
    plain = sample.images / np.float32(case.factor)
    images = np.stack([change(image, rng) for image in plain]) * np.float32(case.factor)
    return dataclasses.replace(sample, images=images)


def shifted(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Move an image by up to an eighth of its side, and mirror it where it has colours."""
    most = image.shape[0] // 8
    wide = np.pad(image, ((most, most), (most, most), (0, 0)), mode="symmetric")
    top, left = rng.integers(0, 2 * most + 1, 2)
    part = wide[top : top + image.shape[0], left : left + image.shape[1]]
    return part[:, ::-1] if image.shape[-1] == 3 and rng.random() < 0.5 else part


def torn(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turn, mirror, move by up to half of the side, change the light, and add much noise."""
    side = image.shape[0]
    image = np.rot90(image, rng.integers(4))[:: rng.choice([-1, 1])]
    top, left = rng.integers(-side // 2, side // 2 + 1, 2)
    image = np.roll(image, (top, left), (0, 1)) * rng.uniform(0.2, 1.8)
    noise = rng.normal(0, 128, image.shape).astype(np.float32)
    return np.clip(image + noise, 0, 255).astype(np.float32)


def one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes, dtype=np.float32)[labels]


def rounded(value: Any) -> Any:
    """Return numbers with five digits, and None in place of what JSON has no word for."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(one) for one in value]
    if isinstance(value, float | np.floating):
        if not np.isfinite(value):
            return None if np.isnan(value) else ("inf" if value > 0 else "-inf")
        return float(f"{value:.5g}")
    return int(value) if isinstance(value, np.integer) else value


def batch_purity(classes: Any, batch_size: int) -> float:
    """Return the mean share of the commonest class in a batch, in the order of training.

    Shuffled batches of 32 images of ten classes have about 0.19; sorted ones have 1.
    """
    given = np.asarray(classes)
    starts = range(0, len(given), batch_size)
    batches = [given[start : start + batch_size] for start in starts]
    batches = [one for one in batches if len(one) == batch_size] or batches
    return float(np.mean([np.unique(one, return_counts=True)[1].max() / len(one)
                          for one in batches]))  # fmt: skip


def overlap(train: Any, validation: Any) -> float:
    """Return the share of the validation images that are, value for value, in training too."""
    known = {np.ascontiguousarray(one).tobytes() for one in np.asarray(train)}
    return float(np.mean([np.ascontiguousarray(one).tobytes() in known
                          for one in np.asarray(validation)]))  # fmt: skip


if __name__ == "__main__":
    main()
