"""How far the mean probability of a run's answers is from the share of right ones.

    python docs/benchmarks/calibration.py RUN RUN ...

On the test part of each run, with the temperature that is in its last layer and without.
"""

import sys
from pathlib import Path

import numpy as np
from scipy.special import softmax

from kit import data, evaluation, runs
from kit.experiments.places import data_folder


def main() -> None:
    """Print a row for each run."""
    print("| run | test images | accuracy | mean probability before | after | temperature |")
    print("| --- | --- | --- | --- | --- | --- |")
    for folder in map(Path, sys.argv[1:]):
        run = runs.load(folder)
        source = run.settings["folder"]
        splits = data.load(
            data_folder(None if source is None else Path(source)),
            image_size=tuple(run.facts["image_size"]),
            split=folder / runs.SPLIT,
            color=run.facts["color"],
            aspect=run.facts["aspect"],
            augmentation="none",
        )
        rows = evaluation.probabilities(runs.load_model(run), data.ordered_batches(splits, "test"))
        labels, temperature = splits.labels[splits.present("test")], run.facts["temperature"]
        before = softmax(temperature * np.log(np.maximum(rows, 1e-38)), axis=1)
        accuracy = (rows.argmax(axis=1) == labels).mean()
        numbers = [accuracy, before.max(axis=1).mean(), rows.max(axis=1).mean(), temperature]
        cells = " | ".join(f"{number:.3f}" for number in numbers)
        print(f"| {folder.name} | {len(rows)} | {cells} |")


if __name__ == "__main__":
    main()
