"""Heads on the features of a frozen backbone: solved, trained, and scikit-learn's by default.

    python docs/benchmarks/heads.py NAME.npz ... [--divisions 10]

Each file holds ``x`` (images, features) and ``y``, as docs/benchmarks/kept_epoch.py writes them. In
every division a quarter of the images, class by class, is kept for the test and a fifth of the
rest for validation, which only the trained head looks at: it keeps its epoch by kit-train's rule.
The trained head is that of kit-train without settings, in NumPy. All three get a temperature by the
validation images. One row a file: accuracy and cross-entropy on the test images, mean of the
divisions, and how far solved and trained differ, with the standard error over the divisions.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from kept_epoch import answered, epochs_of, scores
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split

from kit import evaluation
from kit.training.transfer.solved_heads import solve


def trained(x, y, apart, labels, seed):
    """Return kernel and bias of the epoch that a training keeps."""
    rows, weights = [], []
    for layers in epochs_of(x, y, (), "default", seed):
        logs = answered(layers, apart)[0]
        accuracy, _ = scores(logs, labels)
        right = -logs[np.arange(len(labels)), labels]
        smoothed = 0.9 * right.mean() - 0.1 * logs.mean()
        rows.append({"val_accuracy": accuracy, "val_loss": smoothed})
        weights.append([one.copy() for one in layers[0]])
    return weights[evaluation.best_place(rows, "val_accuracy", len(labels))]


def solved(x, y, apart, labels, seed):
    """Return kernel and bias of the solution, with a column for each class."""
    kernel, bias, _ = solve(x, y, np.arange(len(y)))
    if kernel.shape[1] == 1:
        return np.hstack([-kernel, kernel]) / 2, np.hstack([-bias, bias]) / 2
    return kernel, bias


def by_default(x, y, apart, labels, seed):
    """Return kernel and bias of scikit-learn's logistic regression with a penalty of 1."""
    solution = LogisticRegression(max_iter=2000).fit(x, y)
    kernel, bias = solution.coef_.T, solution.intercept_
    if kernel.shape[1] == 1:
        return np.hstack([-kernel, kernel]) / 2, np.hstack([-bias, bias]) / 2
    return kernel, bias


WAYS = {"solved": solved, "trained": trained, "scikit-learn": by_default}


def judge(weights, apart, labels, tested, wanted):
    """Return accuracy and cross-entropy on the test images, after calibration."""
    logs = answered([weights], apart)[0]
    warmth = evaluation.temperature(logs, labels, wrong=1)
    logs = answered([[one / warmth for one in weights]], tested)[0]
    accuracy = (logs.argmax(axis=1) == wanted).mean()
    return accuracy, -logs[np.arange(len(wanted)), wanted].mean()


def main():
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--divisions", type=int, default=10)
    given = parser.parse_args()
    columns = [f"{way} {what}" for what in ("accuracy", "cross-entropy") for way in WAYS]
    print("| features |", " | ".join([*columns, "solved - trained", "seconds"]), "|")
    for file in given.files:
        held = np.load(file)
        x, y = held["x"], held["y"]
        found, seconds = [], []
        for seed in range(given.divisions):
            pool, test = train_test_split(np.arange(len(y)), stratify=y, random_state=seed)
            learnt, apart = train_test_split(
                pool, test_size=0.2, stratify=y[pool], random_state=seed
            )
            row, took = [], []
            for way in WAYS.values():
                start = time.process_time()
                weights = way(x[learnt], y[learnt], x[apart], y[apart], seed)
                took.append(time.process_time() - start)
                row.append(judge(weights, x[apart], y[apart], x[test], y[test]))
            found.append(row)
            seconds.append(took)
        means, took = np.mean(found, axis=0), np.mean(seconds, axis=0)
        apart = 100 * (np.array(found)[:, 0, 0] - np.array(found)[:, 1, 0])
        error = apart.std(ddof=1) / np.sqrt(len(apart))
        cells = [f"{value:.3f}" for value in means.T.ravel()]
        cells += [f"{apart.mean():+.2f} +- {error:.2f} points"]
        cells += [", ".join(f"{value:.1f}" for value in took)]
        print(f"| {file.stem} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
