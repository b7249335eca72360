"""A head on a frozen MobileNet 0.75: features computed once, beside plain Keras, which repeats it.

    KERAS_HOME=... python docs/benchmarks/transfer.py FOLDER [--seeds 42] [--no-xla]

The same files and 20 epochs for both. Each run is a process of its own, and processor and wall
seconds are those of the whole process: ours first with an empty cache ("cold"), then again with
what that run kept ("warm"), then with fine-tuning. The weights must be in Keras' folder.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import pandas as pd
from against_homework import HERE, SCRIPTS, show, theirs, timed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[42])
    parser.add_argument("--no-xla", action="store_true", help="plain Keras without it, too")
    parser.add_argument("--no-fine-tuning", action="store_true")
    given = parser.parse_args()
    rows = []
    for seed in given.seeds:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            for who, more in (
                ("cold", []),
                ("warm", []),
                ("fine-tuned", ["--fine-tune", "6", "--fine-tune-epochs", "3"]),
            ):
                if who == "fine-tuned" and given.no_fine_tuning:
                    continue
                run = home / who
                command = [sys.executable, SCRIPTS / "train.py", given.folder, *more]
                command += ["--backbone", "MobileNet-0.75", "--epochs", 20, "--seed", seed]
                command += ["--test-split", 0, "--output", run]
                times, _ = timed(command, KIT_CACHE=str(home / "cache"))
                accuracy = pd.read_csv(run / "history.csv")["val_accuracy"]
                scores = {"best": accuracy.max(), "last": accuracy.iloc[-1]}
                rows.append({"seed": seed, "who": who, **scores, **times})
                show(rows[-1])
            plain = [sys.executable, HERE / "frozen.py", given.folder, home / "cold" / "split.csv"]
            plain += ["--seed", seed]
            for more in [[], ["--no-xla"]] if given.no_xla else [[]]:
                who = "plain Keras" + (" without XLA" if more else "")
                rows.append({"seed": seed, "who": who} | theirs([*plain, *more]))
                show(rows[-1])
    pairs = pd.DataFrame(rows).pivot(index="seed", columns="who")
    for column in ("cpu_seconds", "wall_seconds"):
        for who in ("cold", "warm"):
            ratio = pairs[column]["plain Keras"] / pairs[column][who]
            each = ", ".join(f"{one:.1f}" for one in ratio)
            print(f"{column}: plain Keras needs {each} times what ours needs {who}")


if __name__ == "__main__":
    main()
