"""How many images a class has, and what images are like: plain numbers for a table and for JSON."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

NUMBERS = {
    "width": "width",
    "height": "height",
    "aspect ratio": "aspect",
    "file size": "bytes",
    "brightness": "brightness",
    "contrast": "contrast",
}
SHARES = {"least": 0.0, "5 %": 0.05, "median": 0.5, "95 %": 0.95, "most": 1.0}
CAMERAS = 5  # the most frequent ones


def classes(images: pd.DataFrame, class_names: Sequence[str]) -> pd.DataFrame:
    """Return a row for each class: its images, their share, and a column for each given part."""
    counts = images["label"].value_counts().reindex(range(len(class_names)), fill_value=0)
    table = pd.DataFrame({"class": list(class_names), "images": counts.to_numpy()})
    table["share"] = table["images"] / max(1, len(images))
    for part in ("train", "validation", "test"):
        if (images["part"] == part).any():
            inside = images.loc[images["part"] == part, "label"].value_counts()
            table[part] = inside.reindex(range(len(class_names)), fill_value=0).to_numpy()
    return table


def quantiles(images: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each number that images have: least, 5 %, median, 95 %, most."""
    if images.empty:
        return pd.DataFrame(columns=list(SHARES))
    table = images.assign(aspect=images["width"] / images["height"].clip(lower=1))
    numbers = table[list(NUMBERS.values())].astype(float).set_axis(list(NUMBERS), axis="columns")
    return numbers.quantile(list(SHARES.values())).T.set_axis(list(SHARES), axis="columns")


def kinds(images: pd.DataFrame) -> dict[str, Any]:
    """Return how many images are of each format and mode, gray, transparent, animated, by whom."""
    cameras = images.loc[images["camera"] != "", "camera"].value_counts()
    return {
        "formats": images["format"].value_counts().to_dict(),
        "modes": images["mode"].value_counts().to_dict(),
        "gray": int(images["gray"].sum()),
        "transparent": int(images["transparent"].sum()),
        "animated": int(images["animated"].sum()),
        "cameras": cameras.head(CAMERAS).to_dict(),
        "with_camera": int(cameras.sum()),
    }
