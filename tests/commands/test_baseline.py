import json
import os
from pathlib import Path

import pandas as pd
import pytest

from kit.commands.baseline import baseline
from kit.commands.terminal import program

pytestmark = pytest.mark.usefixtures("sketched")

QUICK = ["--image-size", "6", "--test-split", "0.2"]


def listing(folder: Path) -> list[tuple[str, int, int]]:
    return sorted(
        (str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")
    )


@pytest.fixture(scope="module")
def kept(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("baselines") / "photos"
    before = listing(photos)
    program(baseline, [str(photos), *QUICK, "--output", str(folder)])
    assert listing(photos) == before
    return folder


def test_each_method_keeps_what_a_run_keeps_of_its_scores(kept: Path) -> None:
    methods = {"knn", "logistic", "svm"}
    parts = ("validation", "test")

    assert set(os.listdir(kept)) == {*methods, "metrics.json", "split.csv"}
    for method in methods:
        tables = {f"{table}_{part}.csv" for table in ("classes", "confusion") for part in parts}
        expected = {*tables, "predictions.csv", "cross_validation.csv", "figures"}
        assert set(os.listdir(kept / method)) == expected


def test_the_metrics_are_those_of_the_predictions(kept: Path) -> None:
    metrics = json.loads((kept / "metrics.json").read_text("utf-8"))
    split = pd.read_csv(kept / "split.csv")
    for method, found in metrics.items():
        table = pd.read_csv(kept / method / "predictions.csv")
        for part in ("validation", "test"):
            rows = table[table["split"] == part]
            assert list(rows["file"]) == list(split[split["split"] == part]["file"])
            assert (rows["true"] == rows["predicted"]).mean() == found[part]["accuracy"]
            assert found[part]["accuracy"] == 1.0  # red and blue
            assert found[part]["seconds_per_image"] > 0
    assert set(metrics["knn"]["settings"]) == {"distance", "k"}
    assert metrics["svm"]["training_images"] == (split["split"] == "train").sum()


def test_only_the_methods_that_were_asked_for_are_scored_and_nothing_is_written(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    program(baseline, [str(photos), *QUICK, "--methods", "knn"])

    out = capsys.readouterr().out
    assert "knn on test images: 1.000" in out
    assert "nearest neighbours" in out
    assert "logistic" not in out
    assert "always the largest class" in out
    assert "These are baselines" in out
    assert "optimistic" not in out  # the validation images chose nothing
    assert list(tmp_path.iterdir()) == []


def test_the_parts_of_a_run_are_kept(kept: Path, photos: Path, tmp_path: Path) -> None:
    flags = ["--seed", "7", "--split", str(kept / "split.csv"), "--methods", "svm"]
    program(baseline, [str(photos), *QUICK, *flags, "--output", str(tmp_path / "again")])

    assert (tmp_path / "again" / "split.csv").read_bytes() == (kept / "split.csv").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--methods"], 2, "at least one of knn"),
        (["--methods", "svn"], 2, "svn"),
        (["--image-size", "0"], 2, "--image-size takes one number"),
        (["--validation-split", "2"], 2, "--validation-split must be"),
    ],
)
def test_a_wrong_setting_ends_before_anything_is_written(
    arguments: list[str],
    code: int,
    message: str,
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture,
) -> None:
    with pytest.raises(SystemExit) as ended:
        program(baseline, [str(photos), *arguments, "--output", str(tmp_path / "out")])

    assert ended.value.code == code
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten_or_written_into_the_data(
    kept: Path, photos: Path, capsys: pytest.CaptureFixture
) -> None:
    for folder, message in ((kept, "already exists"), (photos / "blue" / "x", "is only read")):
        with pytest.raises(SystemExit) as ended:
            program(baseline, [str(photos), "--output", str(folder)])
        assert ended.value.code == 2
        assert message in capsys.readouterr().err
