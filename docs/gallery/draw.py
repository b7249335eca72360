"""Draw a healthy and some sick trainings of the gallery for docs/checks/diagnosis.md.

python docs/gallery/draw.py histories/digits.jsonl docs/pictures/checks
"""

import json
import sys
from pathlib import Path

from score import number, numbers

from kit import plots

CURVES = {  # a picture's name: the rows of the table that it shows
    "healthy": ["the defaults"],
    "rates": ["the defaults", "rate 1e-5", "rate 0.1"],
    "overfitting": ["100 images"],
    "labels": ["labels shuffled", "40 % of labels wrong"],
    "early": ["2 epochs"],
}
LAYERS = {"layers_healthy": "the defaults", "layers_frozen": "body frozen"}
SEED = 1  # a constant rate, which hides nothing


def main() -> None:
    source, folder = map(Path, sys.argv[1:])
    rows = {
        row["how"]: row
        for row in map(json.loads, source.open(encoding="utf-8"))
        if row["seed"] == SEED and row["network"] == "convnet"
    }
    for name, hows in CURVES.items():
        histories = {
            how: {key: numbers(values) for key, values in rows[how]["table"].items()}
            for how in hows
        }
        plots.save(plots.curves(histories), folder / f"diagnosis_{name}.png", dpi=70)
    for name, how in LAYERS.items():
        layers = [
            {**one, "update_ratio": one["update_ratio"] and number(one["update_ratio"])}
            for one in rows[how]["layers"]
        ]
        plots.save(plots.layers(layers), folder / f"diagnosis_{name}.png", dpi=70)


if __name__ == "__main__":
    main()
