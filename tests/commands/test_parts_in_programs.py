"""The question whether folders are parts, and its answer, in every program that takes a folder."""

from pathlib import Path

import pytest

from kit.commands.audit import audit
from kit.commands.baseline import baseline
from kit.commands.check import check
from kit.commands.terminal import program
from kit.commands.train import train
from kit.commands.tune import tune
from kit.settings import Training
from kit.settings.stored import read_settings


@pytest.fixture
def scans(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("fold1/cats", "fold1/dogs", "fold2/cats", "fold2/dogs"):
        (tmp_path / "scans" / name).mkdir(parents=True)
        (tmp_path / "scans" / name / "1.png").write_bytes(b"x")
    return tmp_path / "scans"


@pytest.mark.parametrize("command", [train, check, tune, audit, baseline])
def test_every_program_asks_and_takes_the_answer_before_long_work(scans, command, capsys):
    for words, code, said in (
        ([], 3, "--parts train=fold1,test=fold2"),
        (["--parts", "train=fold1,test=fold3"], 2, "there is no folder fold3"),
        (["--parts", "test=fold1"], 2, "must also name the training images"),
    ):
        with pytest.raises(SystemExit) as ended:
            program(command, [str(scans), *words])
        err = capsys.readouterr().err
        assert (ended.value.code, said in err) == (code, True), err
        assert "TensorFlow" not in err
        assert "Reading images" not in err


def test_settings_of_an_earlier_run_are_read_with_and_without_parts(tmp_path):
    path = Path(tmp_path / "run.yaml")
    path.write_text("parts: train=fold1,test=fold2\nvalidation_split: 0.2\n")
    assert read_settings(Training, path) == {
        "parts": "train=fold1,test=fold2",
        "validation_split": 0.2,
    }
    path.write_text("parts: null\nvalidation_split: null\n")
    assert set(read_settings(Training, path).values()) == {None}
