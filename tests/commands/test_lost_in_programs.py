"""A file that vanishes while a program works is missing in its tables, and shifts nothing."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kit import data, prediction
from kit.commands.baseline import baseline
from kit.commands.evaluate import evaluate
from kit.commands.terminal import program
from kit.commands.train import train

pytestmark = pytest.mark.usefixtures("eagerly", "sketched")

QUICK = ["--image-size", "12", "--epochs", "1", "--set", "filters=[4]", "--set", "dense=[8]"]
QUICK += ["--no-check"]


@pytest.fixture
def folder(photos: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(photos, tmp_path / "photos"))


def vanishing(monkeypatch: pytest.MonkeyPatch, name: str, part: str) -> list[str]:
    """Let the first file of a part vanish as soon as the data are loaded; return its name."""
    load, gone = getattr(data, name), []

    def loaded(*arguments: Any, **settings: Any) -> data.Splits:
        splits: data.Splits = load(*arguments, **settings)
        gone.append(splits.files[splits.parts[part][0]])
        (splits.folder / gone[0]).unlink()
        return splits

    monkeypatch.setattr(data, name, loaded)
    return gone


def agrees(run: Path, folder: Path, table: pd.DataFrame) -> bool:
    """Tell whether each row holds what the run's model says of the very file it names."""
    asked = prediction.classify(prediction.load(run), [folder / file for file in table["file"]])
    close = np.allclose(asked.table["probability"], table["probability"], atol=1e-4)
    return close and asked.table["class"].tolist() == table["predicted"].tolist()


def test_training_and_evaluation_leave_out_what_vanished_and_shift_nothing(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run, scores = tmp_path / "run", tmp_path / "scores"
    with monkeypatch.context() as patch:
        gone = vanishing(patch, "load", "validation")
        program(train, [str(folder), *QUICK, "--no-cache", "--output", str(run)])
    table = pd.read_csv(run / "predictions.csv")
    split = pd.read_csv(run / "split.csv")
    named = set(split.loc[split["split"] != "train", "file"])
    assert set(table["file"]) == named - set(gone)
    assert agrees(run, folder, table)
    assert capsys.readouterr().err.count(f"{gone[0]} was readable before") == 1

    with monkeypatch.context() as patch:
        gone += vanishing(patch, "load_test", "test")
        program(evaluate, [str(run), str(folder), "--no-cache", "--output", str(scores)])
    table = pd.read_csv(scores / "predictions.csv")
    assert not set(gone) & set(table["file"])
    assert len(table) == 48 - 2
    assert agrees(run, folder, table)


def test_a_baseline_leaves_out_what_vanished(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = vanishing(monkeypatch, "load", "validation")
    scores = tmp_path / "scores"
    arguments = [str(folder), "--methods", "knn", "--image-size", "8", "--no-cache"]
    program(baseline, [*arguments, "--output", str(scores)])
    table = pd.read_csv(scores / "knn" / "predictions.csv")
    assert len(table)
    assert gone[0] not in set(table["file"])
    assert [Path(file).parent.name for file in table["file"]] == table["true"].tolist()
