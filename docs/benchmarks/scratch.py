"""Train networks from scratch for equal processor time, and write what each reached.

python docs/benchmarks/scratch.py FOLDER --networks basic_cnn residual --minutes 1 3 --seeds 42 43

A network may come with settings: 'residual:configuration=20;stem=cifar'. The time is that of the
training alone (processor time of one thread), of which each network trains as many epochs as fit;
the split is the same for all. Rows are appended to the CSV.
"""

import argparse
import csv
import time
from pathlib import Path

import keras
import tensorflow as tf
import yaml

from kit import architectures, data, evaluation, training
from kit.training import pace


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--networks", nargs="+", required=True)
    parser.add_argument("--minutes", nargs="+", type=float, default=[1.0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[42])
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--output", type=Path, default=Path("scratch.csv"))
    given = parser.parse_args()
    # One thread: processor time that does not depend on what else runs here.
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    pace.time.monotonic = time.process_time  # the limit is processor time
    for minutes in given.minutes:
        for seed in given.seeds:
            for network in given.networks:
                row = one(given.folder, network, minutes, seed, given.image_size)
                print(row, flush=True)
                new = not given.output.exists()
                with given.output.open("a", newline="") as file:
                    writer = csv.DictWriter(file, row)
                    writer.writeheader() if new else None
                    writer.writerow(row)


def one(folder: Path, network: str, minutes: float, seed: int, size: int | None) -> dict:
    name, _, texts = network.partition(":")
    settings = dict(text.split("=", 1) for text in texts.split(";") if text)
    splits = data.load(folder, image_size=size, test_split=0.0, seed=42)
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = architectures.build(
        name,
        splits.image_shape,
        splits.num_classes,
        **{key: yaml.safe_load(value) for key, value in settings.items()},
    )
    training.compile_model(model)
    history = training.fit(
        model,
        data.Splits(**{**vars(splits), "seed": seed}),
        epochs=100,
        patience=None,
        max_minutes=minutes,
    )
    answers = evaluation.probabilities(model, data.ordered_batches(splits, "validation"))
    scores = evaluation.score(
        splits.labels[splits.parts["validation"]], answers, splits.class_names
    )
    return {
        "data": folder.name,
        "network": network,
        "pixels": splits.image_shape[0],
        "cpu_minutes": minutes,
        "seed": seed,
        "accuracy": round(scores.accuracy, 4),
        "last": round(float(history.table["val_accuracy"].iloc[-1]), 4),
        "epochs": len(history.table),
        "cpu_seconds": round(history.cpu_seconds, 1),
        "parameters": model.count_params(),
    }


if __name__ == "__main__":
    main()
