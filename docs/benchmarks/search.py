"""The course's search of a rate and a penalty on CIFAR-10, beside keras-tuner's searches.

    CIFAR10=cifar10.zip python docs/benchmarks/search.py course
    CIFAR10=... python docs/benchmarks/search.py baseline random --seed 1 --output runs
    CIFAR10=... python docs/benchmarks/search.py ours --seed 1 --output runs
    python docs/benchmarks/search.py table --output runs
    python docs/benchmarks/search.py plot --output runs --to docs/pictures/search

``_search_course.py`` says what is trained. One thread each, so that processor seconds can be
compared. Every epoch of a search is a row in ``METHOD-SEED.csv``; a search that is complete is not
run again, one that was stopped begins anew.
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

import _search_course as course
import numpy as np

LEVEL, CAP = 0.53, 400
COARSE = "learning_rate=1e-6:1e-3"  # the course's; in [0, 1] pixels no rate in it learns anything
PENALTY = "l2=5e-6:5e4"  # lambda 1e-5 to 1e5, halved
METHODS = ("random", "hyperband", "bayesian")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    by_hand = commands.add_parser("course", help="train single settings by hand")
    by_hand.add_argument("--rates", type=float, nargs="+", default=[9.5e-4])
    by_hand.add_argument("--lambdas", type=float, nargs="+", default=[1e-3])
    by_hand.add_argument("--seeds", type=int, nargs="+", default=[1])
    by_hand.add_argument("--epochs", type=int, default=20)
    baseline = commands.add_parser("baseline", help="a search of keras-tuner's")
    baseline.add_argument("method", choices=METHODS)
    ours = commands.add_parser("ours", help="a search that narrows itself")
    for one in (by_hand, baseline, ours):
        one.add_argument("--images", type=int, default=49_000, help="for training")
        one.add_argument("--split", type=int, default=course.SPLIT)
        one.add_argument("--unit", action="store_true", help="pixels in [0, 1]")
    for one in (baseline, ours):
        one.add_argument("--seed", type=int, default=1)
        one.add_argument("--level", type=float, default=LEVEL, help="accuracy that ends it")
        one.add_argument("--cap", type=float, default=CAP, help="epochs that end it")
    ours.add_argument("--trials", type=int, default=30)
    ours.add_argument("--keep", action="store_true", help="compile one network for all trials")
    for name in ("table", "plot"):
        one = commands.add_parser(name)
        one.add_argument("--levels", type=float, nargs="+", default=[0.50, 0.52, 0.53])
        if name == "plot":
            one.add_argument("--to", type=Path, default=Path("docs/pictures/search"))
            one.add_argument("--name", default="course.png")
    for one in commands.choices.values():
        one.add_argument("--output", type=Path, default=Path("search"))
    given = parser.parse_args()
    {"course": hand, "table": table, "plot": plot}.get(given.command, search)(given)


def hand(given: argparse.Namespace) -> None:
    """Train single settings and print the validation accuracy as it goes."""
    course.one_thread()
    arrays = course.load(given.images, given.split, 255.0 if given.unit else 1.0)
    for seed in given.seeds:
        for strength in given.lambdas:
            for rate in given.rates:
                rows: list[dict[str, Any]] = []
                values = {"learning_rate": rate, "l2": strength / 2}
                job = course.Job(0, values, seed, 0, given.epochs, given.epochs)
                outcome = course.trainer(arrays, lambda _, row, to=rows: to.append(row))(
                    job, lambda row: None
                )
                show(seed, rate, strength, rows, outcome.infeasible)


def show(seed: int, rate: float, strength: float, rows: list[dict[str, Any]], why: str) -> None:
    found = [row for row in rows if "val_accuracy" in row]
    steps = [
        f"{row['epoch']}: {row['val_accuracy']:.3f} ({row['val_data_loss']:.6f})"
        for row in found
        if row["epoch"] in (1, 2, 5, 10, 15, 20)
    ]
    best = max((row["val_accuracy"] for row in found), default=0.0)
    cpu = sum(row["cpu_seconds"] for row in rows) / len(rows)
    print(f"seed {seed} rate {rate:g} lambda {strength:g}: best {best:.3f}; epoch: accuracy (loss) "
          f"{', '.join(steps)} {why}; {cpu:.2f} cpu-seconds an epoch", flush=True)  # fmt: skip


def search(given: argparse.Namespace) -> None:
    """Run one search to its end and note all its epochs."""
    import _search_tuners as tuners

    method = given.method if given.command == "baseline" else "ours"
    method += "-kept" if method == "ours" and given.keep else ""
    name = f"{method}{'-unit' if given.unit else ''}-{given.seed}"
    file, done = given.output / f"{name}.csv", given.output / f"{name}.done"
    if done.exists():
        print(f"{file} is complete")
        return
    course.one_thread()
    arrays = course.load(given.images, given.split, 255.0 if given.unit else 1.0)
    folder = given.output / "folders"
    shutil.rmtree(folder / name, ignore_errors=True)
    recorder = tuners.Recorder(file, method, given.seed, given.images, given.level, given.cap)
    ended = "the end of its plan"
    try:
        if given.command == "ours":
            narrowing(given, arrays, recorder, folder / name)
        else:
            tuners.search(method, given.seed, arrays, recorder, folder)
    except tuners.Enough:
        ended = "its level or its cap"
    shutil.rmtree(folder / f"{method}-{given.seed}", ignore_errors=True)
    done.write_text(ended + "\n", "utf-8")
    print(f"{name}: {recorder.best:.3f} after {recorder.epochs} epochs, ended by {ended}")


def narrowing(given: argparse.Namespace, arrays: course.Arrays, recorder: Any, to: Path) -> None:
    """Run the search that narrows itself, in the course's range, and print what it says."""
    from kit import search as kit_search

    def seen(job: kit_search.Job, row: dict[str, Any]) -> None:
        accuracy = row.get("val_accuracy", 0.0)
        values = job.values
        recorder.add(job.trial, row["epoch"], accuracy, values["learning_rate"], values["l2"])

    largest = max(np.bincount(arrays.answers).tolist())
    result = kit_search.run(
        course.trainer(arrays, seen, given.keep),
        kit_search.read_space([COARSE, PENALTY]),
        to,
        trials=given.trials,
        epochs=20,
        schedule="geometric",
        seed=given.seed,
        chance=kit_search.Chance(len(arrays.answers), largest / len(arrays.answers)),
    )
    print(*result.sentences, sep="\n")


def table(given: argparse.Namespace) -> None:
    import _search_results as results

    print(results.table(results.read(given.output), given.levels))


def plot(given: argparse.Namespace) -> None:
    import _search_results as results

    given.to.mkdir(parents=True, exist_ok=True)
    file = given.to / given.name
    results.draw(results.read(given.output), given.levels).savefig(file, dpi=120)
    print(file)


if __name__ == "__main__":
    sys.exit(main())
