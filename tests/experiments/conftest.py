"""The run that version 0.1 stored, with images that look like its classes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

STORED = Path(__file__).parents[1] / "stored_run_0.1"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the stored run with a folder of its training images: of each class stripes."""
    folder = tmp_path_factory.mktemp("models") / "run"
    shutil.copytree(STORED, folder)
    images = folder.parent / "digits three"
    split = pd.read_csv(folder / "split.csv", keep_default_na=False)
    random = np.random.default_rng(0)
    for file, name in zip(split["file"], split["class"], strict=True):
        pixels = random.integers(0, 40, (8, 8), np.uint8)
        if name == "null":
            pixels[::2] += 200
        elif name == "یک":
            pixels[:, ::2] += 200
        else:
            pixels[:4, :4] += 200
        (images / file).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(images / file)
    facts = json.loads((folder / "run.json").read_text("utf-8"))
    facts["data"] = {"folder": str(images)}
    (folder / "run.json").write_text(json.dumps(facts), "utf-8")
    return folder
