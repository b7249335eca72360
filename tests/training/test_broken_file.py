from pathlib import Path

import keras
import pytest

from kit import data
from kit.errors import DataError
from kit.training import compile_model, fit


def test_a_file_that_breaks_in_mid_training_is_named(photos: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "photos"
    shutil.copytree(photos, folder)
    splits = data.load(folder, image_size=(8, 8), batch_size=8, cache=False)
    victim = folder / splits.files[splits.parts["train"][0]]
    victim.write_bytes(victim.read_bytes()[:100])
    layers = [
        keras.Input(splits.image_shape),
        keras.layers.Flatten(),
        keras.layers.Dense(2, activation="softmax"),
    ]

    with pytest.raises(DataError, match=rf"{victim.name} could be read before and cannot be read"):
        fit(compile_model(keras.Sequential(layers)), splits, epochs=1)
