"""The checks as a program, and what a training says of itself."""

import functools
import json
from pathlib import Path

import pandas as pd
import pytest

from kit import checks
from kit.commands.check import check
from kit.commands.terminal import program
from kit.commands.train import train
from kit.experiments.all_checks import Checks

pytestmark = pytest.mark.usefixtures("sketched", "eagerly")

SMALL = ["--architecture", "convnet", "--image-size", "8", "--set", "filters=[4]"]
SMALL += ["--set", "convolutions=1", "--set", "dense=[8]"]


def exit_code(command: object, arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        program(command, arguments)  # type: ignore[arg-type]
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_a_sound_network_passes_and_its_numbers_are_kept(
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, steps in (("learning_rate", 20), ("pipeline", 2)):  # the least: a step takes long
        shorter = functools.partial(getattr(checks, name), steps=steps)
        monkeypatch.setattr(checks, name, shorter)
    output = tmp_path / "checks"
    more = ["--learning-rate", "0.02", "--l2", "0.001", "--output", str(output)]
    program(check, [str(photos), *SMALL, *more])

    panel = capsys.readouterr().out
    found = {one["name"]: one for one in json.loads((output / "checks.json").read_text("utf-8"))}
    assert set(found) >= {"initial loss", "regularization", "input", "tiny subset", "gradients"}
    assert all(name in panel for name in found)
    assert found["regularization"]["verdict"] == "ok"
    assert "FAILED" not in panel
    assert "expected below 0.0001" in panel
    assert "give the same slope" not in panel  # what explains a number stands where one is wrong
    assert "give the same slope" in str(Checks((checks.Check(**found["gradients"]),), verbose=True))
    assert (output / "figures" / "initial_loss.png").is_file()


def test_a_check_that_fails_ends_with_exit_code_4(
    photos: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("tiny_subset", "blank_images", "gradients", "pipeline"):  # not what is asked here
        monkeypatch.setattr(checks, name, lambda *_: checks.Check("", "ok", "", ""))
    high = checks.Check("learning rate", "failed", "9", "near 0.1; explodes from 1", "Lower it.")
    monkeypatch.setattr(checks, "learning_rate", lambda *_: high)
    assert exit_code(check, [str(photos), *SMALL]) == 4
    printed = capsys.readouterr()
    assert "FAILED   learning rate         9; expected near 0.1; explodes from 1" in printed.out
    assert "Error: Failed: " in printed.err


def test_the_output_may_not_be_there_or_lie_in_the_data(photos: Path, tmp_path: Path) -> None:
    for folder in (tmp_path, photos / "checks"):
        assert exit_code(check, [str(photos), *SMALL, "--output", str(folder)]) == 2


def test_a_training_is_checked_watched_and_diagnosed_though_a_check_cannot_be_run(
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> checks.Check:
        raise RuntimeError("No kernel for this layer.\nMore lines.")

    monkeypatch.setattr(checks, "units", broken)
    run = tmp_path / "run"
    program(train, [str(photos), *SMALL, "--epochs", "2", "--output", str(run)])

    printed = capsys.readouterr()
    assert "initial loss" in printed.err
    assert "Diagnosis: " in printed.out
    history = pd.read_csv(run / "history.csv")
    assert {"train_sample_loss", "update_ratio", "dead_share"} <= set(history.columns)
    assert history["train_sample_loss"].notna().any()
    checked = {one["name"]: one for one in json.loads((run / "checks.json").read_text("utf-8"))}
    assert checked["signals at the start"]["verdict"] == "not applicable"
    assert "No kernel for this layer." in checked["signals at the start"]["measured"]
    kept = json.loads((run / "diagnosis.json").read_text("utf-8"))
    assert kept["summary"] in printed.out
    assert len(kept["next_steps"]) <= 5


def test_a_failed_check_ends_the_training_before_it_begins(
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failed = checks.Check("initial loss", "failed", "9", "0.69 = ln 2", "Look at the head.")
    monkeypatch.setattr(checks, "initial_loss", lambda *_: failed)
    run = tmp_path / "run"
    assert exit_code(train, [str(photos), *SMALL, "--output", str(run)]) == 4
    said = capsys.readouterr().err
    assert "Look at the head." in said
    assert "--no-check trains anyway" in said
    assert not run.exists()


def test_what_measured_nothing_has_no_figure_and_ends_nothing(tmp_path: Path) -> None:
    rates = {"rates": [1e-3], "losses": [None]}
    found = (
        checks.Check("initial loss", "failed", "the model cannot be run", "a loss"),
        checks.Check("gradients", "failed", "no slope", "slopes", numbers={"slopes": []}),
        checks.Check("learning rate", "failed", "no loss", "a loss", numbers=rates),
    )
    Checks(found).draw(tmp_path / "figures")

    assert list((tmp_path / "figures").iterdir()) == []
