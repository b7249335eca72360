"""Which kinds of images a stored run gets wrong, planted in a folder."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import kit
from kit import comparison, runs
from kit.experiments.answers import slicing


@pytest.fixture(scope="module")
def planted(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return images of two classes, whose dark third has the label of the other class."""
    folder = tmp_path_factory.mktemp("planted")
    names = runs.load(run).facts["class_names"]
    images = sorted((run.parent / "digits three").rglob("*.png"))
    known = {name: [path for path in images if path.parent.name == name] for name in names}
    for place, name in enumerate(names):
        for number in range(30):
            path = known[name][number % len(known[name])]
            pixels = np.asarray(Image.open(path).convert("L"))
            dark = number % 3 == 0
            label = names[(place + 1) % len(names)] if dark else name
            target = folder / label / ("night" if dark else "day") / f"{name}{number}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            shade = np.clip(pixels // (4 if dark else 1) + number % 7, 0, 255).astype(np.uint8)
            Image.fromarray(shade).save(target)
    return folder


def test_dark_images_that_the_run_gets_wrong_are_named_and_kept(
    run: Path, planted: Path, tmp_path: Path
) -> None:
    found = kit.evaluate(run, planted, output=tmp_path / "scores")

    apart = {one.kind.partition(" (")[0] for one in found.slices if one.told_apart}
    assert {"Folder night", "Folder day"} <= apart
    assert "Small images" not in apart
    worst = next(one for one in found.slices if one.kind == "Folder night")
    assert worst.accuracy < worst.others
    assert f"Of {len(found.slices)} kinds of images, these are told apart" in str(found)
    table = pd.read_csv(tmp_path / "scores" / "slices.csv")
    assert list(table["kind"]) == [one.kind for one in found.slices]


def test_kinds_are_fifths_file_types_and_folders_below_the_class() -> None:
    images = pd.DataFrame(
        {
            "file": [
                f"cats/{'indoor' if number < 4 else '.'}/{number}.png" for number in range(10)
            ],
            "width": range(100, 110),
            "height": [200] * 10,
            "format": ["PNG"] * 7 + ["JPEG"] * 3,
            "brightness": range(10),
            "relative_sharpness": range(10),
        }
    )
    found = {
        kind: mask.nonzero()[0].tolist() for kind, mask in slicing.kinds(images, ["cats"]).items()
    }
    assert found == {
        "Dark images (mean brightness below 2 of 255)": [0, 1],
        "Bright images (mean brightness above 7 of 255)": [8, 9],
        "Unsharp images (the least sharp fifth)": [0, 1],
        "Small images (shorter side below 102 pixels)": [0, 1],
        "JPEG files": [7, 8, 9],
        "PNG files": [0, 1, 2, 3, 4, 5, 6],
        "Folder indoor": [0, 1, 2, 3],
    }


def test_where_nothing_differs_one_line_says_so() -> None:
    [said] = slicing.sentences([])
    assert said == "No kind of image is compared with the others: 10 images of one are needed."
    even = comparison.slices(np.arange(100) % 2 == 0, {"PNG files (all)": np.arange(100) < 50})
    [said] = slicing.sentences(even)
    assert said == "No kind of image stands out. Compared with the others: PNG files."
