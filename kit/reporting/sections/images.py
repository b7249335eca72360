"""The images: how many, what was found when they were read, and as training sees them."""

from typing import Any

import pandas as pd

from kit import runs
from kit.reporting.pictures import figures
from kit.reporting.run_files import RunFiles
from kit.reporting.search_files import SearchFiles

TITLE = "The images"
ALT = {
    "samples": "Some of the training images with their classes",
    "augmentation": "Training images, each beside augmented variants of it",
}
LEFT_OUT = 50  # files that are named


def values(run: RunFiles | SearchFiles) -> dict[str, Any]:
    """Return counts by class and part, notes, files left out, and two grids."""
    data = run.saved.facts.get("data", {})
    path = run.folder / runs.SPLIT
    counts = pd.DataFrame()
    if path.is_file():
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        counts = pd.crosstab(table["class"], table["split"])
        parts = [name for name in ("train", "validation", "test") if name in counts]
        counts = counts[parts].reindex(list(run.class_names), fill_value=0)
    left_out = data.get("left_out", [])
    return {
        "folder": data.get("folder", ""),
        "parts": list(counts.columns),
        "rows": [(name, list(map(int, row))) for name, row in counts.iterrows()],
        "all": list(map(int, counts.sum())),
        "notes": data.get("notes", []),
        "left_out": left_out[:LEFT_OUT],
        "left_out_count": len(left_out),
        "figures": figures([run.folder / "figures" / f"{name}.png" for name in ALT]),
        "alt": ALT,
        "size": run.saved.facts["image_size"],
        "color": run.saved.facts["color"],
    }
