"""The experiment behind the default settings: one change at a time, the same files each time.

    python docs/benchmarks/defaults.py FOLDER [--only NAME ...]

Every row is a process of its own with an empty cache.
"""

import argparse
import tempfile
from pathlib import Path

import pandas as pd
from against_homework import ours

CHANGES: dict[str, list[str]] = {
    "default": [],
    "three blocks": ["--set", "filters=[64,128,256]"],
    "96 pixels": ["--image-size", "96"],
    "normalization after": ["--set", "normalization=after"],
    "dense 128, dropout 0.5": ["--set", "dense=[128]", "--dropout", "0.5"],
    "no stem": ["--set", "stem=none"],
    "no augmentation": ["--augmentation", "none"],
    "medium augmentation": ["--augmentation", "medium"],
    "constant rate": ["--schedule", "constant", "--learning-rate", "0.001"],
    "no label smoothing": ["--label-smoothing", "0"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", default=list(CHANGES))
    parser.add_argument("--split", type=Path, help="a split.csv; else that of the first row")
    parser.add_argument("--seed", type=int, default=42)
    given = parser.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        split = given.split or Path(folder) / given.only[0] / f"run-{given.seed}" / "split.csv"
        for name in given.only:
            given.arguments = CHANGES[name]
            (Path(folder) / name).mkdir()
            rows[name] = ours(given, given.seed, Path(folder) / name, split)
            print(pd.DataFrame(rows).T.round(3).to_string(), flush=True)


if __name__ == "__main__":
    main()
