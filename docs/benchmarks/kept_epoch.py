"""Which epoch's weights a training should keep: rules judged on images that no rule has seen.

Of 80 trainings, the lowest validation loss among the epochs within one standard error of the best
score loses 0.95 points and 0.013 nats against the best epoch, the first of the best scores 1.09
points and 0.025 nats, the last epoch 1.42 points and 0.060 nats (docs/defaults.md).

    KERAS_HOME=... python docs/benchmarks/kept_epoch.py vectors TO NAME=FOLDER:PIXELS:KIND ...
    python docs/benchmarks/kept_epoch.py collect FILE.csv TO/NAME.npz ... --seeds 4
    python docs/benchmarks/kept_epoch.py judge FILE.csv

KIND is "features" of a frozen MobileNet 0.75, on which a head learns (128 pixels; CIFAR-10: 96), or
"pixels", from which a network of one hidden layer learns. Both are trained here in NumPy, with the
default's optimizer, batches, dropout and number of steps: in seconds instead of minutes. Every set
is trained with few and many validation images from several starts, by the default schedule and
label smoothing and in the plain way: a constant rate, no smoothing. One row an epoch: its
validation scores, and what its weights score on the test images.
"""

import argparse
import dataclasses
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from kit import evaluation

TRAIN, TEST, BATCH, STEPS = 1000, 1500, 32, 1500  # at most so many images; about so many steps
VALIDATION = {"few": 60, "many": 400}  # but two of each class
WAYS = {"default": ("one-cycle", 0.1, 3e-3), "plain": ("constant", 0.0, 1e-3)}
HIDDEN, DROPOUT, DECAY = 100, 0.2, 0.05
RUN = ["set", "validation", "way", "seed"]


def vectors(to, sources):
    """Write the features or the pixels of folders; a part "val" of one is kept for the test."""
    from kit import architectures, data, training

    for source in sources:
        name, _, rest = source.partition("=")
        folder, pixels, kind = rest.rsplit(":", 2)
        splits = data.load(folder, image_size=int(pixels), test_split=0.0, augmentation="none")
        test = splits.parts["validation"] if (Path(folder) / "val").is_dir() else ()
        if kind == "features":
            every = {"train": np.arange(len(splits.files))}
            splits = dataclasses.replace(splits, parts=every)
            model = architectures.build(
                "pretrained", splits.image_shape, splits.num_classes, backbone="MobileNet-0.75"
            )
            splits = training.shared_features(model, [splits])[0]
        x = splits.images.read(np.arange(len(splits.labels)))
        x = x.reshape(len(x), -1).astype("float32") / (1 if kind == "features" else 255)
        np.savez(to / f"{name}.npz", x=x, y=splits.labels, test=np.asarray(test, int), kind=kind)


def divided(y, test, validation, seed):
    """Draw the numbers of each part, class by class."""
    from sklearn.model_selection import train_test_split

    def cut(images, count):
        return train_test_split(images, test_size=count, random_state=seed, stratify=y[images])

    pool = np.setdiff1d(np.arange(len(y)), test)
    if not len(test):
        pool, test = cut(pool, min(TEST, len(pool) // 2))
    pool, held_out = cut(pool, max(VALIDATION[validation], 2 * (y.max() + 1)))
    return pool if len(pool) <= TRAIN else cut(pool, TRAIN)[1], held_out, test


def rate_of(schedule, peak, done):
    """Return the rate of a step; one-cycle as in kit.training."""
    if schedule == "constant":
        return peak
    flank = done / 0.3 if done < 0.3 else (done - 0.3) / 0.7
    half = (1 + np.cos(np.pi * flank)) / 2
    return peak * (1 - (1 - 1 / 25) * half if done < 0.3 else half)


def answered(weights, x):
    """Return the log of the probabilities, and what each layer is given."""
    given = [x]
    for place, (kernel, bias) in enumerate(weights):
        x = given[-1] @ kernel + bias
        given.append(x if place == len(weights) - 1 else np.maximum(x, 0))
    x = given.pop() - x.max(axis=1, keepdims=True)
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True)), given


def epochs_of(x, y, hidden, way, seed):
    """Yield the weights after each epoch of AdamW."""
    schedule, smoothing, peak = WAYS[way]
    rng, classes = np.random.default_rng(seed), y.max() + 1
    goal = np.eye(classes, dtype="float32")[y] * (1 - smoothing) + smoothing / classes
    sizes = [x.shape[1], *hidden, classes]
    scales = [*[np.sqrt(2 / size) for size in sizes[: len(hidden)]], 0.01]
    weights = [
        [(scale * rng.standard_normal(shape)).astype("float32"), np.zeros(shape[1], "float32")]
        for shape, scale in zip(pairwise(sizes), scales, strict=True)
    ]
    moments = [[np.zeros((2, *one.shape), "float32") for one in layer] for layer in weights]
    steps = -(-len(x) // BATCH)
    epochs = min(max(round(STEPS / steps), 10), 100)
    for epoch in range(epochs):
        order = rng.permutation(len(x))
        for step in range(steps):
            batch, number = order[step * BATCH : (step + 1) * BATCH], epoch * steps + step
            rate = rate_of(schedule, peak, (number + 0.5) / (epochs * steps))
            kept = (rng.random((len(batch), sizes[-2])) >= DROPOUT) / (1 - DROPOUT)
            shown = x[batch] if hidden else x[batch] * kept
            logs, given = answered(weights, shown)
            slope = (np.exp(logs) - goal[batch]) / len(batch)
            for place in reversed(range(len(weights))):
                slopes = given[place].T @ slope, slope.sum(axis=0)
                if place:
                    slope = (slope @ weights[place][0].T) * (given[place] > 0)
                for which, value in enumerate(slopes):
                    mean, square = moments[place][which]
                    mean += 0.1 * (value - mean)
                    square += 0.001 * (value**2 - square)
                    unbiased = np.sqrt(square / (1 - 0.999 ** (number + 1))) + 1e-7
                    one = weights[place][which]
                    one -= rate * (mean / (1 - 0.9 ** (number + 1)) / unbiased)
                    if not which:
                        one -= rate * DECAY * one
        yield weights


def cross_entropy(logs, y):
    return np.mean(np.log(np.exp(logs).sum(axis=1)) - logs[np.arange(len(y)), y])


def scores(logs, y):
    right = logs.argmax(axis=1) == y
    return right.mean(), np.mean([right[y == label].mean() for label in np.unique(y)])


def collect(file, sources, seeds):
    rows = []
    for source in sources:
        held = np.load(source)
        x, y = held["x"], held["y"]
        hidden = [HIDDEN] if str(held["kind"]) == "pixels" else []
        for seed in range(seeds):
            for validation in VALIDATION:
                train, held_out, test = divided(y, held["test"], validation, seed)
                counts = np.bincount(y[held_out])
                counts = counts[counts > 0]
                known = {
                    "images": len(held_out),
                    "balanced_images": len(counts) ** 2 / (1 / counts).sum(),
                }
                for way in WAYS:
                    run = dict(zip(RUN, (Path(source).stem, validation, way, seed), strict=True))
                    for epoch, weights in enumerate(
                        epochs_of(x[train], y[train], hidden, way, seed)
                    ):
                        smoothing = WAYS[way][1]
                        logs = answered(weights, x[held_out])[0]
                        accuracy, balanced = scores(logs, y[held_out])
                        loss = (1 - smoothing) * cross_entropy(
                            logs, y[held_out]
                        ) - smoothing * logs.mean()
                        row = {**known, "accuracy": accuracy, "balanced": balanced, "loss": loss}
                        logs = answered(weights, x[test])[0]
                        accuracy, balanced = scores(logs, y[test])
                        row |= {"test_accuracy": accuracy, "test_balanced": balanced}
                        row["test_cross_entropy"] = cross_entropy(logs, y[test])
                        rows.append(run | {"epoch": epoch + 1} | row)
        print(source, "done", flush=True)
    pd.DataFrame(rows).to_csv(file, index=False)


def first(score, loss, images):
    return int(score.argmax())


def last_of_equals(score, loss, images):
    return int(np.flatnonzero(score == score.max())[-1])


def lowest_of_equals(score, loss, images):
    return int(np.where(score == score.max(), loss, np.inf).argmin())


def near(score, images):
    best = score.max()
    return score >= best - np.sqrt(best * (1 - best) / images) - 1e-9


def lowest_near(score, loss, images):
    return int(np.where(near(score, images), loss, np.inf).argmin())


def lowest_so_far(score, loss, images):
    rows = [{"score": one, "val_loss": other} for one, other in zip(score, loss, strict=True)]
    return evaluation.kept_epoch(rows, "score", images)


def latest_near(score, loss, images):
    return int(np.flatnonzero(near(score, images))[-1])


def smoothed(score, loss, images):
    mean = pd.Series(score).rolling(3, center=True, min_periods=2).mean().to_numpy()
    return int(mean.argmax())


def lowest(score, loss, images):
    return int(loss.argmin())


def last(score, loss, images):
    return len(score) - 1


RULES = {
    "first of the best": first,
    "last of equals": last_of_equals,
    "lowest loss of equals": lowest_of_equals,
    "lowest loss within one error": lowest_near,
    "the same, one copy kept": lowest_so_far,
    "latest within one error": latest_near,
    "best mean of three": smoothed,
    "lowest loss of all": lowest,
    "last epoch": last,
}


def losses(table, monitor):
    """Return what each rule loses in each training, in points and in nats."""
    target = {"accuracy": "test_accuracy", "balanced": "test_balanced"}[monitor]
    counted = {"accuracy": "images", "balanced": "balanced_images"}[monitor]
    for run, epochs in table.groupby(RUN):
        score, loss = (epochs[name].to_numpy() for name in (monitor, "loss"))
        for name, rule in RULES.items():
            kept = epochs.iloc[rule(score, loss, epochs[counted].iloc[0])]
            yield {
                **dict(zip(RUN, run, strict=True)),
                "rule": name,
                "monitor": monitor,
                "points": 100 * (epochs[target].max() - kept[target]),
                "nats": kept["test_cross_entropy"] - epochs["test_cross_entropy"].min(),
            }


def judge(file):
    table = pd.read_csv(file)
    found = pd.DataFrame([one for m in ("accuracy", "balanced") for one in losses(table, m)])
    for by in ([], ["monitor"], ["way"], ["validation"], ["set"]):
        means = found.groupby(["rule", *by])[["points", "nats"]].mean()
        means = means.unstack(by) if by else means
        print(means.loc[list(RULES)].round(3).to_string(), end="\n\n")
    print("largest loss of one training, in points:")
    print(found.groupby("rule")["points"].max().loc[list(RULES)].round(1).to_string())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["vectors", "collect", "judge"])
    parser.add_argument("file", type=Path)
    parser.add_argument("sources", nargs="*")
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    if given.step == "vectors":
        vectors(given.file, given.sources)
    elif given.step == "collect":
        collect(given.file, given.sources, given.seeds)
    else:
        judge(given.file)


if __name__ == "__main__":
    main()
