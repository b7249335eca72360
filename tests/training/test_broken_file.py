import shutil
from pathlib import Path

import keras
import pytest

from kit import data
from kit.errors import DataError
from kit.training import compile_model, fit

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.fixture
def splits(photos: Path, tmp_path: Path) -> data.Splits:
    shutil.copytree(photos, tmp_path / "photos")
    return data.load(tmp_path / "photos", image_size=(8, 8), batch_size=8, cache=False)


def breaks(splits: data.Splits, part: str, count: int) -> list[str]:
    names = [splits.files[number] for number in splits.parts[part][:count]]
    for name in names:
        file = splits.folder / name
        file.write_bytes(file.read_bytes()[:100])
    return names


def model(splits: data.Splits) -> keras.Model:
    layers = [
        keras.Input(splits.image_shape),
        keras.layers.Flatten(),
        keras.layers.Dense(2, activation="softmax"),
    ]
    return compile_model(keras.Sequential(layers))


@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_file_that_breaks_in_mid_training_is_named_once_and_left_out(
    splits: data.Splits, part: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (name,) = breaks(splits, part, 1)

    history = fit(model(splits), splits, epochs=3)

    assert len(history.table) == 3
    assert history.table.notna().all(axis=None)
    assert capsys.readouterr().err.count(f"{name} was readable before but cannot be read") == 1
    assert len(splits.present(part)) == len(splits.parts[part]) - 1


@pytest.mark.parametrize("part", ["train", "validation"])
def test_more_files_than_may_break_stop_the_training_with_their_names(
    splits: data.Splits, part: str
) -> None:
    names = breaks(splits, part, 2)

    with pytest.raises(DataError, match="2 images were readable before") as caught:
        fit(model(splits), splits, epochs=2)

    assert all(name in str(caught.value) for name in names)
