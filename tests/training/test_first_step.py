"""What happens before the first step is done once."""

from pathlib import Path
from typing import Any

import keras
import pytest

from kit import data
from kit.training import compile_model, fit


def test_a_training_step_is_traced_once(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    splits = data.load(photos, image_size=(8, 8), batch_size=8, augmentation="none")
    layers = [
        keras.Input(splits.image_shape),
        keras.layers.Flatten(),
        keras.layers.Dense(splits.num_classes, activation="softmax"),
    ]
    model = compile_model(keras.Sequential(layers))
    traced: list[Any] = []
    step = model.train_step
    monkeypatch.setattr(model, "train_step", lambda batch: traced.append(batch) or step(batch))

    fit(model, splits, epochs=1, watch=False)

    assert len(traced) == 1
