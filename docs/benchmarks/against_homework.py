"""kit-train from scratch with its defaults beside the homework: the same files, in turn.

    python docs/benchmarks/against_homework.py FOLDER [--seeds 42 43 44] [--wide]

Every run is a process of its own; processor and wall seconds are those of the whole process. Ours
starts with an empty cache each time.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

HERE = Path(__file__).parent
SCRIPTS = HERE.parents[1] / "scripts"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42, 43, 44])
    parser.add_argument("--split", type=Path, help="a split.csv; else that of the first run")
    parser.add_argument("--wide", action="store_true", help="the homework at 256 pixels, one seed")
    parser.add_argument("--arguments", nargs="*", default=[], help="more for kit-train")
    given = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        split = given.split or Path(folder) / f"run-{given.seeds[0]}" / "split.csv"
        for seed in given.seeds:
            rows.append({"seed": seed, "who": "kit"} | ours(given, seed, Path(folder), split))
            show(rows[-1])
            homework = [sys.executable, HERE / "homework.py", given.folder, split, "--seed", seed]
            rows.append({"seed": seed, "who": "homework"} | theirs(homework))
            show(rows[-1])
        if given.wide:
            rows.append(
                {"seed": given.seeds[0], "who": "homework 256"}
                | theirs([*homework[:-1], given.seeds[0], "--image-size", 256])
            )
            show(rows[-1])
    print(compared(pd.DataFrame(rows)))


def ours(given: argparse.Namespace, seed: int, folder: Path, split: Path) -> dict[str, float]:
    run = folder / f"run-{seed}"
    command = [sys.executable, SCRIPTS / "train.py", given.folder, "--seed", seed, "--output", run]
    command += ["--architecture", "basic_cnn"]
    command += ["--split", split] if split.exists() else ["--test-split", 0]
    with tempfile.TemporaryDirectory() as cache:
        times, _ = timed([*command, *given.arguments], KIT_CACHE=cache)
    accuracy = pd.read_csv(run / "history.csv")["val_accuracy"]
    return {"best": accuracy.max(), "last": accuracy.iloc[-1], **times}


def theirs(command: list[object]) -> dict[str, float]:
    times, out = timed(command)
    scores = json.loads(out.splitlines()[-1])
    return {"best": scores["best"], "last": scores["last"], **times}


def timed(command: list[object], **environment: str) -> tuple[dict[str, float], str]:
    before, start = os.times(), time.monotonic()
    done = subprocess.run(
        [str(word) for word in command],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
        text=True,
    )
    after = os.times()
    cpu = after.children_user + after.children_system
    cpu -= before.children_user + before.children_system
    return {"cpu_seconds": cpu, "wall_seconds": time.monotonic() - start}, done.stdout


def compared(table: pd.DataFrame) -> str:
    """Return the means, and the paired differences of accuracy with their t interval."""
    means = table.drop(columns="seed").groupby("who").mean().round(3).to_string()
    lines = [means]
    pairs = table.pivot(index="seed", columns="who")
    for column in ("best", "last"):
        difference = (pairs[column]["kit"] - pairs[column]["homework"]).dropna().to_numpy()
        line = f"{column}: kit minus homework {difference.mean():+.3f}"
        if len(difference) > 1:
            half = stats.t.ppf(0.975, len(difference) - 1) * stats.sem(difference)
            line += f", 95 % interval {difference.mean() - half:+.3f} to "
            line += f"{difference.mean() + half:+.3f} ({len(difference)} seeds, paired)"
        lines.append(line)
    for column in ("cpu_seconds", "wall_seconds"):
        ratio = (pairs[column]["kit"] / pairs[column]["homework"]).dropna().to_numpy()
        spread = " ".join(f"{one:.2f}" for one in ratio)
        lines.append(f"{column}: kit / homework {np.median(ratio):.2f} (each: {spread})")
    return "\n".join(lines)


def show(row: dict[str, object]) -> None:
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
