"""The scores of a training, and what is said of them."""

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras

from kit import data
from kit.experiments.trainings import scoring


def test_without_a_held_out_part_nothing_is_left_to_judge_a_network(
    photos: Path, tmp_path: Path
) -> None:
    splits = data.load(photos, image_size=(8, 8))
    splits = dataclasses.replace(splits, parts={"train": splits.parts["train"]})
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()])
    trained: Any = SimpleNamespace(
        model=model,
        history=SimpleNamespace(monitor="accuracy", why=""),
        asked=splits,
        row={"accuracy": 1.0},
        temperature=None,
    )

    said: list[str] = []
    scored = scoring.score([trained], splits, tmp_path, said, chosen=False)
    assert scored == {"temperature": None}
    assert "no score is" in said[0]
