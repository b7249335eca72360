"""Keep one training of each row, small enough for the tests.

python docs/gallery/fixtures.py histories/digits.jsonl tests/diagnosis/gallery.jsonl
"""

import json
import sys
from pathlib import Path
from typing import Any

LAYERS = 2  # epochs of which the layers' numbers are kept: before training, and the first
LEFT_OUT = ("losses", "seconds", "monitoring", "confusion")


def main() -> None:
    *sources, target = map(Path, sys.argv[1:])
    kept: dict[str, dict[str, Any]] = {}
    for source in sources:
        for line in source.open(encoding="utf-8"):
            row = json.loads(line)
            kept[row["how"]] = row  # the last seed
    with target.open("w", encoding="utf-8") as file:
        for row in kept.values():
            small = {name: value for name, value in row.items() if name not in LEFT_OUT}
            small["layers"] = [one for one in row["layers"] if one["epoch"] < LAYERS]
            small |= {"losses": [], "confusion": []}
            file.write(json.dumps(shortened(small), separators=(",", ":")) + "\n")


def shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shortened(one) for name, one in value.items() if name != "seconds"}
    if isinstance(value, list):
        return [shortened(one) for one in value]
    return float(f"{value:.3g}") if isinstance(value, float) else value


if __name__ == "__main__":
    main()
