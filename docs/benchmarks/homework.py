"""The course's homework in plain Keras, on the files of a given split.csv.

Three 3x3 convolutions (32, 64, 128 filters, same padding, ReLU), each with batch normalization and
2x2 max pooling, then flatten, dense 128, dropout 0.5, one sigmoid unit; Adam, binary
cross-entropy, batch 32. Everything else is Keras' default. Prints one JSON line.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pandas as pd
from keras import layers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("split", type=Path)
    parser.add_argument("--image-size", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=42)
    given = parser.parse_args()
    keras.utils.set_random_seed(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        linked(given.folder, pd.read_csv(given.split), Path(folder))
        settings = {"label_mode": "binary", "image_size": (given.image_size, given.image_size)}
        train, validation = (
            keras.utils.image_dataset_from_directory(
                f"{folder}/{part}", seed=given.seed, verbose=False, **settings
            )
            for part in ("train", "validation")
        )
        model = network(given.image_size)
        history = model.fit(
            train, validation_data=validation, epochs=given.epochs, verbose=0
        ).history
    accuracy = history["val_accuracy"]
    print(json.dumps({"best": max(accuracy), "last": accuracy[-1], "epochs": accuracy}))


def network(size: int) -> keras.Model:
    model = keras.Sequential([keras.Input((size, size, 3)), layers.Rescaling(1 / 255)])
    for filters in (32, 64, 128):
        model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.BatchNormalization())
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(128, activation="relu"))
    model.add(layers.Dropout(0.5))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def linked(source: Path, split: pd.DataFrame, folder: Path) -> None:
    """Lay the files out as image_dataset_from_directory wants them."""
    for row in split.itertuples():
        target = folder / str(row.split) / str(row.file)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source.resolve() / str(row.file))


if __name__ == "__main__":
    main()
