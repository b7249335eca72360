"""What helps a small class: a head on a frozen backbone, cut to few images of one class.

    KERAS_HOME=... python docs/benchmarks/imbalance.py FOLDER --small 40 10 5

FOLDER holds two classes of photos. The second is cut to a few training images; the validation part
is cut in the same proportion, and as many photos of each class test.
"""

import argparse
import dataclasses
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pandas as pd

from kit import architectures, data, evaluation, training

WAYS = {
    "nothing": {},
    "class weights": {"class_weight": "balanced"},
    "balanced sampling": {"sampling": "balanced"},
    "SMOTE": {"sampling": "smote"},
}


def cut(splits, large, small, seed):
    """Keep so many training images of the two classes, a quarter as many for validation."""
    rng, parts = np.random.default_rng(seed), {"train": [], "validation": [], "test": []}
    for label, wanted in enumerate((large, small)):
        images = np.flatnonzero(splits.labels == label)
        # The test images are the same for every seed and every number of the small class.
        tests = np.random.default_rng(0).permutation(images)[:600]
        rest = rng.permutation(np.setdiff1d(images, tests))
        held_out = max(2, wanted // 4)
        parts["test"] += [*tests]
        parts["train"] += [*rest[:wanted]]
        parts["validation"] += [*rest[wanted : wanted + held_out]]
    numbers = {part: np.sort(np.array(images)) for part, images in parts.items()}
    return dataclasses.replace(splits, parts=numbers, seed=seed)


def score(model, vectors, weights, sampling="none", **settings):
    """Train the head anew, and score it on the test images."""
    model.set_weights(weights)
    splits = dataclasses.replace(vectors, sampling=sampling)
    done = training.fit_head(model, splits, computed=splits, epochs=20, patience=None, **settings)
    answers = evaluation.probabilities(done.head, data.ordered_batches(splits, "test"))
    right = answers.argmax(axis=1) == splits.labels[splits.parts["test"]]
    recalls = [right[splits.labels[splits.parts["test"]] == label].mean() for label in (0, 1)]
    return {"large": recalls[0], "small": recalls[1], "balanced": np.mean(recalls)}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("folder")
    options.add_argument("--backbone", default="MobileNet-0.75")
    options.add_argument("--image-size", type=int, default=224)
    options.add_argument("--large", type=int, default=400)
    options.add_argument("--small", type=int, nargs="+", default=[40, 10, 5])
    options.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    given = options.parse_args()
    splits = data.load(given.folder, image_size=given.image_size, test_split=0.0)
    shape, classes = splits.image_shape, splits.num_classes
    keras.utils.set_random_seed(0)
    model = architectures.build("pretrained", shape, classes, backbone=given.backbone)
    vectors = training.shared_features(model, [splits])[0]
    rows = []
    for small in given.small:
        for seed in given.seeds:
            keras.utils.set_random_seed(seed)
            fresh = architectures.build("pretrained", shape, classes, backbone=given.backbone)
            weights, part = fresh.get_weights(), cut(vectors, given.large, small, seed)
            for way, settings in WAYS.items():
                scores = score(model, part, weights, **settings)
                rows.append({"training images": small, "seed": seed, "way": way, **scores})
    table = pd.DataFrame(rows)
    print(table.to_string(index=False))
    grouped = table.groupby(["training images", "way"], sort=False)
    print(grouped[["large", "small", "balanced"]].mean().round(4).to_string())
    print(grouped["balanced"].agg(["min", "max"]).round(4).to_string())


if __name__ == "__main__":
    main()
