"""The images that a run sees as most like another one, by the run that version 0.1 stored."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import kit
from kit.commands.similar import similar
from kit.commands.terminal import program
from kit.errors import DataError, SettingError

STORED = Path(__file__).parents[1] / "stored_run_0.1"


@pytest.fixture(scope="module")
def image(run: Path) -> Path:
    """Return one of the training images, by another way to it."""
    return run.parent / "run" / ".." / "digits three" / first_trained(run, "یک")


def first_trained(run: Path, name: str) -> str:
    split = pd.read_csv(run / "split.csv", keep_default_na=False)
    return str(split[(split["split"] == "train") & (split["class"] == name)]["file"].iloc[0])


def test_the_nearest_training_images_are_of_the_image_s_class(run: Path, image: Path) -> None:
    found = kit.load(run).similar(image, count=3)

    assert list(found.table.columns) == ["file", "class", "distance"]
    assert set(found.table["class"]) == {"یک"}
    assert found.table["distance"].is_monotonic_increasing
    split = pd.read_csv(run / "split.csv", keep_default_na=False).set_index("file")["split"]
    files = [Path(file).relative_to(run.parent / "digits three") for file in found.table["file"]]
    assert {split[file.as_posix()] for file in files} == {"train"}
    assert Path(first_trained(run, "یک")) not in files, "the image itself is no neighbour"
    assert found.pixels.shape == (4, 8, 8, 1)
    with Image.open(found.table["file"][0]) as nearest:
        np.testing.assert_array_equal(found.pixels[1, ..., 0], nearest)
    assert len(found.figure().axes) == 4


def test_another_folder_is_named_by_the_run_s_answers(
    run: Path, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(image, tmp_path / "copy.png")
    Image.new("L", (8, 8)).save(tmp_path / "black.png")
    (tmp_path / "broken.png").write_bytes(b"no image")

    found = kit.similar(run, image, within=tmp_path, count=9)

    answers = kit.predict(run, list(found.table["file"])).table
    assert list(found.table["class"]) == list(answers["class"])
    assert list(found.table["file"]) == [str(tmp_path / "copy.png"), str(tmp_path / "black.png")]
    assert found.table["distance"][0] == pytest.approx(0, abs=1e-6)
    assert f"Not read: {tmp_path / 'broken.png'}" in capsys.readouterr().err


def test_the_program_prints_a_line_for_each_and_draws_a_sheet(
    run: Path, image: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    within, sheet = tmp_path / "others", tmp_path / "sheet.png"
    within.mkdir()
    shutil.copy(image, within / "one \x1b[31m.png")
    program(similar, [str(run), str(image), "--in", str(within), "--drawing", str(sheet)])

    out, err = capsys.readouterr()
    [line] = out.splitlines()
    assert line.endswith("0.000")
    assert "one \\x1b[31m.png" in line
    assert f"Drawn: {sheet}" in err
    with Image.open(sheet) as drawn:
        assert drawn.size[0] > 100


def test_what_cannot_be_compared_is_said(run: Path, image: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"There is no file .*gone; give one image"):
        kit.similar(run, tmp_path / "gone")
    with pytest.raises(SettingError, match="No file matches"):
        kit.similar(run, image, within=tmp_path / "gone")
    with pytest.raises(SettingError, match="count must be at least 1, not 0"):
        kit.similar(run, image, count=0)
    (tmp_path / "broken.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"broken\.png cannot be read"):
        kit.similar(run, tmp_path / "broken.png")
    with pytest.raises(DataError, match="Name another folder with within"):
        kit.similar(run, image, within=tmp_path)


def test_a_run_whose_images_are_gone_asks_for_others(image: Path) -> None:
    with pytest.raises(SettingError, match=r"there is no .* with within"):
        kit.similar(STORED, image)


def test_a_sheet_is_not_drawn_into_the_images(
    run: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for within in ([], ["--in", str(image.parent)]):
        with pytest.raises(SystemExit) as ended:
            program(
                similar, [str(run), str(image), *within, "--drawing", str(image.parent / "s.png")]
            )
        assert ended.value.code == 2
        assert "which is only read. Choose another --drawing." in capsys.readouterr().err
