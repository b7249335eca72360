"""Folders of runs that nobody trained: numbers, names and pictures as a test wants them."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from kit import evaluation

STORED = Path(__file__).parents[1] / "stored_run_0.1"
NAMES = ("cats", "dogs", "گربه")


def write(
    folder: Path,
    images: Path,
    names: Sequence[str] = NAMES,
    files: Sequence[str] = (),
    count: int = 24,
    wrong: float = 0.25,
    **facts: Any,
) -> Path:
    """Write a run whose validation images, ``files`` in turn, got answers at random.

    Args:
        folder: Of the run.
        images: The folder that it says it was trained on.
        names: Of the classes.
        files: Names of images there.
        count: Validation images.
        wrong: Share of wrong answers.
        facts: Others of run.json.
    """
    random = np.random.default_rng(0)
    files = files or [f"{name}/0.png" for name in names]
    true = np.arange(count) % len(names)
    shift = np.where(random.random(count) < wrong, random.integers(1, len(names), count), 0)
    answers = random.uniform(0, 0.2, (count, len(names)))
    answers[np.arange(count), (true + shift) % len(names)] = random.uniform(1, 3, count)
    answers /= answers.sum(axis=1, keepdims=True)
    scores = evaluation.score(true, answers, names)
    named = [files[number % len(files)] for number in range(count)]
    table = evaluation.predictions(named, true, answers, names).assign(split="validation")
    (folder / "figures").mkdir(parents=True)
    (folder / "model.keras").write_bytes(b"none")
    (folder / "run.yaml").write_text(f"folder: {json.dumps(str(images))}\n", "utf-8")
    for name in ("curves", "samples", "augmentation", "network", "confusion_validation"):
        Image.new("RGB", (40, 30), "white").save(folder / "figures" / f"{name}.png")
    table.to_csv(folder / "predictions.csv", index=False)
    epochs = {"epoch": [1, 2], "loss": [1.2, 0.8], "val_loss": [1.0, 0.9]}
    pd.DataFrame(epochs).to_csv(folder / "history.csv", index=False)
    split = {"file": named, "class": [names[label] for label in true], "split": "validation"}
    pd.DataFrame(split).to_csv(folder / "split.csv", index=False)
    known = {
        "class_names": list(names),
        "image_size": [8, 8],
        "color": "rgb",
        "aspect": "stretch",
        "architecture": "basic_cnn",
        "best_epoch": 2,
        "kept": "functional",
        "finished": True,
        "command": ["kit-train", str(images)],
        "versions": {"keras": "3.15.1"},
        "data": {
            "folder": str(images),
            "notes": [f"{names[0]} is a note."],
            "left_out": [{"file": f"{names[0]}.txt", "verdict": "broken", "reason": names[-1]}],
        },
        **facts,
    }
    for name, value in {
        "run.json": known,
        "metrics.json": {"validation": scores.summary(), "sentences": [f"of {names[0]}"]},
        "diagnosis.json": {
            "summary": "The rate is too high.",
            "findings": [
                {
                    "cause": "rate too high",
                    "severity": "warning",
                    "sentence": "The rate is too high.",
                    "evidence": names[0],
                    "numbers": {},
                }
            ],
            "next_steps": [{"text": "Lower the rate.", "command": "--learning-rate 0.001"}],
        },
        "checks.json": [
            {
                "name": "initial loss",
                "verdict": "ok",
                "measured": "1.099",
                "expected": "1.099 = ln 3",
                "advice": "",
                "numbers": {},
            }
        ],
    }.items():
        (folder / name).write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    return folder


def pictures(folder: Path, files: Sequence[str], side: int = 24) -> Path:
    """Write pictures of noise, all different."""
    random = np.random.default_rng(0)
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (side, side, 3), np.uint8)).save(path)
    return folder


def stored(parent: Path) -> Path:
    """Copy the stored run, and write its images anew, of each class others: stripes and squares."""
    folder, images = shutil.copytree(STORED, parent / "run"), parent / "digits three"
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
