"""Two runs on the same images: which of them count, who is right, and what is said."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import kit
from kit.commands.compare import compare
from kit.commands.terminal import program
from kit.errors import SettingError


@pytest.fixture
def pair(run: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Return two runs that differ in nothing but what a test changes."""
    return shutil.copytree(run, tmp_path / "first"), shutil.copytree(run, tmp_path / "second")


def changed(run: Path, name: str, **columns: Any) -> pd.DataFrame:
    """Rewrite a table of a run with some columns as these functions of it make them."""
    table = pd.read_csv(run / name, dtype=str, keep_default_na=False)
    table = table.assign(**columns)
    table.to_csv(run / name, index=False)
    return table


def test_the_answers_that_both_kept_are_compared(pair: tuple[Path, Path]) -> None:
    first = changed(pair[0], "predictions.csv", predicted=lambda t: t["true"])
    second = changed(
        pair[1],
        "predictions.csv",
        predicted=lambda t: np.where(t.index < 7, "null", t["true"]),
    )
    wrong = second[second["predicted"] != second["true"]]

    found = kit.compare(*pair)

    assert (found.difference.images, found.difference.only_second) == (len(first), 0)
    assert found.difference.only_first == len(wrong) == 3
    assert list(found.changed["file"]) == list(wrong["file"])
    assert set(found.changed["right"]) == {"first"}
    assert list(found.table["accuracy"]) == [1.0, 1 - 3 / 12]
    assert list(found.table["right_alone"]) == [3, 0]
    model = kit.load(pair[0]).model
    assert set(found.table["parameters"]) == {model.count_params()}
    verdict, *rest = found.sentences
    assert verdict.startswith("first and second are not told apart: first has 25.0 points more [")
    assert rest == [
        "The images are those that both runs held out.",
        "12 of the images chose the epoch of first, 12 that of second, so a score on them is "
        "optimistic.",
    ]
    assert len(found.figure().axes) >= 3


def test_an_image_that_one_run_learned_from_never_counts(pair: tuple[Path, Path]) -> None:
    held = pd.read_csv(pair[0] / "predictions.csv", keep_default_na=False)["file"]
    changed(
        pair[1],
        "split.csv",
        split=lambda t: np.where(t["file"].isin(held[:4]), "train", t["split"]),
    )
    found = kit.compare(*pair)
    assert found.difference.images == 8
    assert "4 images are left out: second was trained on them." in found.sentences

    table = pd.read_csv(pair[1] / "predictions.csv", keep_default_na=False)
    table[4:].to_csv(pair[1] / "predictions.csv", index=False)
    found = kit.compare(*pair)
    assert found.difference.images == 8
    assert found.sentences[1] == (
        "The runs divide their images differently: first held out 12, second 8. The comparison "
        "uses the 8 that neither learned from."
    )


def test_what_a_run_s_backbone_learned_from_counts_as_its_own(pair: tuple[Path, Path]) -> None:
    base = shutil.copytree(pair[0], pair[0].parent / "base")
    changed(base, "split.csv", split="train")
    with (pair[1] / "run.yaml").open("a", encoding="utf-8") as file:
        file.write(f"settings:\n  backbone: {json.dumps(str(base))}\n")

    with pytest.raises(
        SettingError, match=r"no image remains .* Give a folder of other images with"
    ):
        kit.compare(*pair)


def test_only_the_test_part_counts_where_both_have_the_same(pair: tuple[Path, Path]) -> None:
    for one in pair:
        for name in ("predictions.csv", "split.csv"):
            held = ["validation", "validation", "test"]
            changed(
                one,
                name,
                split=lambda t, held=held: [
                    part if part == "train" else held[place % 3]
                    for place, part in enumerate(t["split"])
                ],
            )
    tests = (pd.read_csv(pair[0] / "split.csv")["split"] == "test").sum()

    found = kit.compare(*pair)

    assert 0 < found.difference.images == tests < 12
    assert found.sentences[1:] == ("The images are the test part of both runs.",)


def test_other_labels_and_copies_are_left_out(pair: tuple[Path, Path]) -> None:
    held = pd.read_csv(pair[0] / "predictions.csv", keep_default_na=False)["file"]
    relabelled = changed(
        pair[1],
        "predictions.csv",
        true=lambda t: np.where(t.index == 0, "two words", t["true"]),
    )
    assert relabelled["file"][0] == held[0]
    for one in pair:
        split = pd.read_csv(one / "split.csv", keep_default_na=False).set_index("file")
        split.loc[held[11], "hash"] = split.loc[held[10], "hash"]
        split.reset_index().to_csv(one / "split.csv", index=False)

    found = kit.compare(*pair)

    assert found.difference.images == 10
    assert (
        "1 image is left out: the runs' data assign them to different classes." in found.sentences
    )
    assert "Copies of one image count once, so 1 image is left out." in found.sentences


def test_another_folder_is_asked_about_without_what_was_trained_on(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    """The stripes are not the digits whose hashes the run has, so they are made to be."""
    images = pair[0].parent / "images"
    shutil.copytree(json.loads((pair[0] / "run.json").read_text("utf-8"))["data"]["folder"], images)
    from kit import data

    splits = data.load_test(images, kit.load(pair[0]).class_names, (8, 8), "grayscale", "stretch")
    known = dict(zip(splits.files, splits.hashes, strict=True))
    changed(pair[0], "split.csv", hash=lambda t: t["file"].map(known))
    files = pd.read_csv(pair[0] / "split.csv")["split"]

    found = kit.compare(*pair, on=images)

    assert found.difference.images == (files != "train").sum() == 12
    assert found.sentences[1:] == (
        f"The images are those of {images}.",
        "48 images are left out: first was trained on them.",
        "12 of the images chose the epoch of first, 0 that of second, so a score on them is "
        "optimistic.",
    )
    assert found.difference.share == 0, "both have the same weights"
    with pytest.raises(SettingError, match=r"is inside the data folder .* Choose another output"):
        kit.compare(*pair, on=images, output=images / "new")


def test_what_cannot_be_compared_is_said(pair: tuple[Path, Path]) -> None:
    with pytest.raises(SettingError, match="is compared with itself"):
        kit.compare(pair[0], pair[0] / "model.keras")
    with pytest.raises(
        SettingError, match="parts and exclude choose images of a folder, so also give on"
    ):
        kit.compare(*pair, parts="test=x")
    facts = json.loads((pair[1] / "run.json").read_text("utf-8"))
    facts["class_names"][0] = "nil"
    (pair[1] / "run.json").write_text(json.dumps(facts), "utf-8")
    with pytest.raises(
        SettingError, match="different classes: only first has null, only second has nil"
    ):
        kit.compare(*pair)
    (pair[0] / "predictions.csv").unlink()
    shutil.copy(pair[0] / "run.json", pair[1] / "run.json")
    with pytest.raises(SettingError, match=r"has no predictions\.csv, .* folder of images with on"):
        kit.compare(*pair)


def test_the_program_prints_the_verdict_and_keeps_what_changed_sides(
    pair: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed(pair[0], "predictions.csv", predicted=lambda t: t["true"])
    changed(pair[1], "predictions.csv", predicted="یک")
    (pair[1] / "metrics.json").unlink()  # interrupted: what it cost is not known

    program(compare, [*map(str, pair), "--output", str(tmp_path / "compared")])

    out, err = capsys.readouterr()
    assert out.startswith("first is better than second: 66.7 points more [")
    assert "right alone                             8               0\n" in out
    assert "cpu-seconds of training                30         unknown\n" in out
    assert f"The 8 images that changed sides are in {tmp_path / 'compared'}." in err
    known = json.loads((tmp_path / "compared" / "comparison.json").read_text("utf-8"))
    assert known["difference"]["only_first"] == 8
    assert known["runs"][1]["seconds"] is None
    table = pd.read_csv(tmp_path / "compared" / "changed.csv", keep_default_na=False)
    assert list(table["second"].unique()) == ["یک"]
    assert (tmp_path / "compared" / "changed.png").stat().st_size > 1000
