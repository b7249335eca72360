"""The program that describes a network before it is built."""

import csv
import io
import sys
from pathlib import Path

import pytest
from PIL import Image

from kit import architectures, description
from kit.commands.describe import describe
from kit.commands.describe import main as kit_describe
from kit.errors import SettingError
from kit.files import amount

SMALL = {"image_size": (32,), "settings": ("filters=[4]", "stem=none")}


def test_without_a_name_all_architectures_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    describe()

    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in listed] == list(architectures.names())
    assert all(architectures.summary(line.split()[0]) in line for line in listed)


def test_an_unknown_name_is_told_before_tensorflow_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["kit-describe", "basic_cn"])
    with pytest.raises(SystemExit) as ended:
        kit_describe()

    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith('Error: There is no architecture "basic_cn". Did you mean "basic_cnn"?')


def test_the_table_has_a_line_for_each_layer_and_the_sums_below(
    capsys: pytest.CaptureFixture[str],
) -> None:
    describe("basic_cnn", classes=2, batch_size=8, **SMALL)

    lines = capsys.readouterr().out.splitlines()
    described = description.describe("basic_cnn", (32, 32, 3), 2, filters=(4,), stem="none")
    cells = [line.split("  ") for line in lines]
    rows = {row[0]: [cell.strip() for cell in row if cell.strip()] for row in cells}
    assert rows["block1_1_conv"] == [
        "block1_1_conv",
        "Conv2D",
        "32 x 32 x 4",
        "108",
        "-",
        "110,592",
        "16.4 kB",
        "3",
        "1",
    ]
    assert rows["block1_1_norm"][3:5] == ["16", "8"]
    assert rows["features"][-2:] == ["whole", "-"]
    assert len(lines) == 1 + len(described.rows) + 4
    assert "134 parameters, 8 of them not trainable" in lines
    assert f"{110_592 + 8:,} multiply-adds for one image" in lines
    assert lines[-1].startswith(f"about {amount(described.training_bytes(8))} to train on batches")
    assert "(estimated): 2 x 8 x " in lines[-1]


def test_layers_that_leave_pixels_out_are_named_below_the_table(
    capsys: pytest.CaptureFixture[str],
) -> None:
    describe("basic_cnn", image_size=(30, 32), settings=("filters=[4,4]", "stem=none"))

    out = capsys.readouterr().out
    assert "block2_pool: leaves out 1 row at the end: (15 - 2) / 2 is not a whole number." in out
    assert "block1_pool: leaves" not in out


def test_both_styles_color_and_size_reach_the_network(capsys: pytest.CaptureFixture[str]) -> None:
    outs = []
    for style in ("functional", "sequential"):
        describe("inception", image_size=(40, 48), color="grayscale", style=style)  # type: ignore[arg-type]
        outs.append(capsys.readouterr().out)

    assert outs[0] == outs[1]
    assert "40 x 48 x 1" in outs[0]


def test_the_table_can_be_read_by_programs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    describe("basic_cnn", csv=Path("-"), **SMALL)
    printed = capsys.readouterr().out
    describe("basic_cnn", csv=tmp_path / "layers.csv", **SMALL)

    assert (tmp_path / "layers.csv").read_text("utf-8") == printed
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(printed))}
    assert rows["block1_1_conv"]["multiply_adds"] == "110592"
    assert rows["block1_1_conv"]["receptive_field"] == "3 x 3"
    assert rows["features"]["stride"] == ""


def test_a_drawing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    describe("basic_cnn", drawing=tmp_path / "network.png", **SMALL)

    with Image.open(tmp_path / "network.png") as picture:
        assert picture.size[1] > picture.size[0]
    assert "network.png" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"image_size": (0,)}, "image_size takes one number"),
        ({"image_size": (3, 3, 3)}, "image_size takes one number"),
        ({"batch_size": 0}, "batch_size must be at least 1, not 0"),
        ({"drawing": Path("network.gif")}, "must end in .png, .svg, .pdf"),
        ({"drawing": Path("nowhere/network.png")}, "there is no folder nowhere. Create"),
        ({"drawing": Path("/dev/null")}, "is a pipe or a device, which has no format"),
        ({"csv": Path(".")}, "is a folder"),
        ({"settings": ("filters",)}, "settings takes NAME=VALUE"),
        ({"settings": ("filter=3",)}, 'Did you mean "filters"'),
        ({"settings": ("style=sequential",)}, 'basic_cnn has no setting "style"'),
        ({"settings": ("name=vgg",)}, 'basic_cnn has no setting "name"'),
        ({"classes": 1}, "at least 2 classes"),
    ],
)
def test_what_cannot_be_used_is_told(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(SettingError, match=told):
        describe("basic_cnn", **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1536, "1.5 kB"),
        (2_000_000, "2.0 MB"),
        (3.2e9, "3.2 GB"),
        (2**50, "1125.9 TB"),
    ],
)
def test_bytes_have_the_unit_that_suits_them(count: float, text: str) -> None:
    assert amount(count) == text
