"""Ask the diagnosis about the trainings of the gallery, and count what it says first.

python docs/gallery/score.py histories/cifar.jsonl
python docs/gallery/score.py histories/cifar.jsonl --curves-only
"""

import argparse
import json
from collections import Counter
from pathlib import Path

from kit import diagnosis
from kit.diagnosis import Evidence, Facts
from kit.intervals import wilson

NEIGHBOURS = (
    "neighbours",
    "voting_neighbours",
    "plain_neighbours",
    "augmented_neighbours",
)
MEASURED = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--curves-only", action="store_true")
    parser.add_argument("--wrong", action="store_true", help="print the sentences of wrong ones")
    given = parser.parse_args()
    rows = [json.loads(line) for file in given.files for line in file.open(encoding="utf-8")]
    said: dict[str, Counter[str]] = {}
    verdicts: Counter[str] = Counter()
    right = sick = 0
    for row in rows:
        found = diagnosis.diagnose(seen(row, given.curves_only))
        first = found.cause or "nothing"
        kind = f"{row['how']} [{row['cause'] or '-'}]"
        said.setdefault(kind, Counter())[first] += 1
        if row["cause"]:
            sick += 1
            right += first == row["cause"]
            if given.wrong and first != row["cause"]:
                print(row["how"], row["network"], row["seed"], *found.lines(), sep="\n   ")
        elif row["how"] not in ("validation inverted", "pixels scattered", "softmax twice"):
            verdicts[found.verdict] += 1
            if given.wrong and found.verdict == "failed":
                print(row["how"], row["network"], row["seed"], *found.lines(), sep="\n   ")
    for kind, counts in said.items():
        print(f"{kind:58} {', '.join(f'{name} {n}' for name, n in counts.most_common())}")
    low, high = wilson(right, sick)
    print(f"right first: {right} of {sick}, {right / max(sick, 1):.3f} ({low:.3f} to {high:.3f})")
    print("healthy:", dict(verdicts))


def seen(row: dict, curves_only: bool = False) -> Evidence:
    """Return the evidence of a line of the gallery's file."""
    facts = {**row["facts"]}
    counts = tuple(facts.pop("train_counts"))
    measured = {name: facts.pop(name) for name in ("batch_purity", "overlap", "bad_images")}
    table = {name: numbers(values) for name, values in row["table"].items()}
    if curves_only:
        known = ("classes", "validation_images", "planned_epochs", "schedule", "learning_rate")
        return Evidence(
            {name: table[name] for name in MEASURED if name in table},
            Facts(**{name: facts[name] for name in known}),
        )
    return Evidence(
        table,
        Facts(**facts, train_counts=counts, validation_counts=tuple(map(sum, row["confusion"]))),
        before={name: number(value) for name, value in row["before"].items()},
        layers=row["layers"],
        inputs=row["inputs"],
        scales=row["scales"],
        losses=numbers(row["losses"]),
        stopped=row["stopped"],
        where=row["where"],
        **{name: row.get(name) for name in NEIGHBOURS},
        **measured,
    )


def numbers(values: list) -> list[float]:
    return [number(value) for value in values]


def number(value: object) -> float:
    return float("nan") if value is None else float(value)


if __name__ == "__main__":
    main()
