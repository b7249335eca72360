"""The program that looks for what is wrong with a data set."""

import csv
import json
import os
import shutil
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from kit import auditing as audits
from kit import data
from kit.choices import FindingKind
from kit.commands.audit import audit
from kit.commands.terminal import program
from kit.errors import DataError, SettingError


@pytest.fixture
def pets(photos: Path, tmp_path: Path) -> Path:
    """The sound images with a copy, one image under two labels, a dark and a broken one."""
    folder = tmp_path / "pets"
    shutil.copytree(photos, folder)
    red, blue = folder / "قرمز red", folder / "blue"
    shutil.copyfile(red / "00.png", red / "zz.png")
    shutil.copyfile(red / "01.png", blue / "zz.png")
    (blue / "02.png").write_bytes((blue / "02.png").read_bytes()[:300])
    Image.fromarray(np.linspace(0, 36, 480).reshape(20, 24).astype(np.uint8)).save(red / "05.png")
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_flags_know_every_kind() -> None:
    assert get_args(FindingKind) == tuple(audits.KINDS)


def test_the_folder_of_results_holds_tables_and_sheets(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit(pets, output=tmp_path / "out")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("49 images, 2 classes, ")
    assert "       1  copy: copies of another file" in lines
    assert "          قرمز red/zz.png and قرمز red/00.png (equal bytes)" in lines
    written = json.loads((tmp_path / "out/audit.json").read_text("utf-8"))
    assert written["counts"] == {"broken": 1, "two-labels": 2, "copy": 1, "dark": 1}
    assert written["classes"][0]["class"] == "blue"
    found = rows(tmp_path / "out/findings.csv")
    assert [row["finding"] for row in found] == [one["kind"] for one in written["findings"]]
    assert all(row["advice"] for row in found)
    assert len(rows(tmp_path / "out/images.csv")) == 49
    sheets = sorted(path.name for path in (tmp_path / "out/sheets").iterdir())
    assert sheets == ["copy.png", "dark.png", "two-labels.png"]
    with Image.open(tmp_path / "out/sheets/dark.png") as sheet:
        assert min(sheet.size) > 100
        assert not sheet.getexif()


def test_the_training_leaves_out_what_the_fix_list_names(pets: Path, tmp_path: Path) -> None:
    audit(pets, fix_list=tmp_path / "fix.csv")

    listed = [row["file"] for row in rows(tmp_path / "fix.csv")]
    assert listed == ["blue/02.png", "blue/zz.png", "قرمز red/01.png", "قرمز red/zz.png"]
    splits = data.load(pets, image_size=8, cache=False, exclude=tmp_path / "fix.csv")
    assert set(splits.files) == {
        f"{folder.name}/{path.name}" for folder in pets.iterdir() for path in folder.iterdir()
    } - set(listed)


def test_the_fix_list_holds_the_kinds_asked_for(pets: Path, tmp_path: Path) -> None:
    audit(pets, fix_list=tmp_path / "fix.csv", fix=("dark", "copy"))

    found = [(row["file"], row["finding"]) for row in rows(tmp_path / "fix.csv")]
    assert found == [("قرمز red/05.png", "dark"), ("قرمز red/zz.png", "copy")]


def test_what_a_list_leaves_out_is_not_audited_and_groups_in_two_parts_are_said(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for part, name in (("train", "00.png"), ("train", "01.png"), ("val", "02.png")):
        for label in ("blue", "قرمز red"):
            (tmp_path / "pets" / part / label).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(photos / label / name, tmp_path / "pets" / part / label / name)
    (tmp_path / "pets/train/blue/01.png").write_bytes(b"broken")
    (tmp_path / "out.txt").write_text("train/blue/01.png\n", "utf-8")

    audit(tmp_path / "pets", exclude=tmp_path / "out.txt", group="(blue)", json=True)

    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == {}
    assert any("1 groups of related images are in both" in x for x in found["notes"])
    with pytest.raises(SettingError, match="matches no file"):
        audit(tmp_path / "pets", group="nothing-like-it")


def test_a_name_that_a_spreadsheet_would_run_is_written_harmless_and_still_found(
    photos: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(photos / "blue", folder / "=HYPERLINK(1)")
    shutil.copytree(photos / "قرمز red", folder / '@b, "c"\n')
    for name in ("=HYPERLINK(1)", '@b, "c"\n'):
        shutil.copyfile(folder / name / "00.png", folder / name / "zz.png")

    audit(folder, output=tmp_path / "out", fix_list=tmp_path / "fix.csv")

    for table in ("out/findings.csv", "out/images.csv", "fix.csv"):
        for row in rows(tmp_path / table):
            assert not any(str(cell).startswith(("=", "+", "-", "@")) for cell in row.values())
    splits = data.load(folder, image_size=8, cache=False, exclude=tmp_path / "fix.csv")
    assert [name for name in splits.files if "zz" in name] == []
    assert len(splits.files) == 48


def test_names_do_not_steer_the_terminal(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(photos / "blue", folder / "a\x1b[31m")
    shutil.copytree(photos / "قرمز red", folder / "b")
    shutil.copyfile(folder / "b/00.png", folder / "b/\x1b]0;owned\x07.png")

    audit(folder)

    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert r"a\x1b[31m" in out
    assert r"owned\x07.png" in out


def test_what_cannot_be_trained_on_is_exit_code_3_after_the_report(
    pets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in sorted((pets / "blue").iterdir()):
        path.write_bytes(b"broken")
    with pytest.raises(SystemExit) as ended:
        program(audit, [str(pets), "--fix-list", str(tmp_path / "fix.csv")])

    said = capsys.readouterr()
    assert ended.value.code == 3
    assert "Findings" in said.out
    assert said.err.splitlines()[-1].startswith(f"Error: {pets}: ")
    assert len(rows(tmp_path / "fix.csv")) > 20


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"thing": 0}, "thing must be at least 1"),
        ({"image_size": (1, 2, 3)}, "image_size takes"),
        ({"fix": ("dark",)}, "give fix_list"),
        ({"fix_list": Path("no/such/fix.csv")}, "there is no folder no"),
        ({"fix_list": Path("fix.txt")}, "must end in .csv"),
        ({"output": Path(os.curdir)}, "already exists"),
    ],
)
def test_a_setting_that_cannot_be_is_told_before_anything_is_read(
    photos: Path, settings: dict[str, object], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SettingError, match=message):
        audit(photos, **settings)

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("flag", ["output", "fix_list"])
def test_nothing_is_written_into_the_data(photos: Path, flag: str) -> None:
    with pytest.raises(SettingError, match="is only read"):
        audit(photos, **{flag: photos / "out.csv"})

    assert not (photos / "out.csv").exists()


def test_a_table_of_paths_is_audited_like_a_folder(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(photos, tmp_path / "photos")
    lines = ["path,label,split"]
    for number, path in enumerate(sorted((tmp_path / "photos").rglob("*.png"))):
        part = "val" if number % 4 == 0 else "train"
        lines.append(f"{path.relative_to(tmp_path).as_posix()},{path.parent.name},{part}")
    (tmp_path / "list.csv").write_text("\n".join(lines), "utf-8")

    audit(tmp_path / "list.csv")

    out = capsys.readouterr().out
    assert out.startswith(f"48 images, 2 classes, {tmp_path}")
    assert "validation" in out


def test_a_folder_that_is_not_there_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not exist"):
        audit(tmp_path / "nowhere")
