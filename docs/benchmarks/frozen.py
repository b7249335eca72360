"""A frozen backbone in plain Keras, run again in every epoch, on the files of a given split.csv.

MobileNet of width 0.75 at 224 pixels with the weights of ImageNet, the mean of each channel,
dropout 0.2 and one softmax layer; Adam, batch 32. Everything else is Keras' default, which on
TensorFlow includes XLA; --no-xla leaves it out. Prints one JSON line.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import pandas as pd
from homework import linked
from keras import layers

SIZE = 224


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("split", type=Path)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--no-xla", action="store_true")
    given = parser.parse_args()
    keras.utils.set_random_seed(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        linked(given.folder, pd.read_csv(given.split), Path(folder))
        train, validation = (
            keras.utils.image_dataset_from_directory(
                f"{folder}/{part}", seed=given.seed, verbose=False, image_size=(SIZE, SIZE)
            )
            for part in ("train", "validation")
        )
        model = network(len(train.class_names))
        model.compile(
            "adam",
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            jit_compile=False if given.no_xla else "auto",
        )
        history = model.fit(
            train, validation_data=validation, epochs=given.epochs, verbose=0
        ).history
    accuracy = history["val_accuracy"]
    print(json.dumps({"best": max(accuracy), "last": accuracy[-1], "epochs": accuracy}))


def network(classes: int) -> keras.Model:
    backbone = keras.applications.MobileNet(
        input_shape=(SIZE, SIZE, 3), alpha=0.75, include_top=False
    )
    backbone.trainable = False
    image = keras.Input((SIZE, SIZE, 3))
    x = backbone(layers.Rescaling(1 / 127.5, offset=-1)(image), training=False)
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(classes, activation="softmax")(x))


if __name__ == "__main__":
    main()
