"""What a search tells while it goes."""

from pathlib import Path

import made_up
import pytest

from kit import search


@pytest.fixture(autouse=True)
def _no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.search.results.result.figures", lambda findings: {})


def told(folder: Path, text: str, capsys: pytest.CaptureFixture[str], best: float = 1e-2) -> str:
    space = search.read_space([text, "l2=1e-7:10"])
    given = {"trials": 16, "epochs": 16, "finalists": 2, "seeds": 2, "schedule": "geometric"}
    run = made_up.landscape(best=best)
    search.run(run, space, folder, chance=made_up.CHANCE, seed=1, **given)
    return capsys.readouterr().err


def test_a_line_for_each_trial_and_the_ranges_of_each_stage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(tmp_path / "s", "learning_rate=1e-6:1e-1", capsys, best=1e-3)
    lines = said.splitlines()

    assert sum(line.startswith("stage 1 ") and " trial " in line for line in lines) == 16
    assert sum(line.startswith("finalists ") and " trial " in line for line in lines) == 4
    assert [line.split(" searches ")[0] for line in lines if " searches " in line] == [
        "stage 2",
        "stage 3",
    ]
    assert "trials, near its" not in said


def test_an_extended_range_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(tmp_path / "s", "learning_rate=1e-6:1e-3", capsys)

    assert (
        "learning_rate is from 0.004487 to 0.00937 in 3 of the best 3 trials, near its upper "
        "end, 0.01; the range is extended to 0.1." in said
    )


def test_a_rate_that_is_too_low_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = told(tmp_path / "s", "learning_rate=1e-8:1e-5", capsys, best=1e-3)

    assert "none diverged: the learning rate is too low; the range is extended to 0.0001" in said


def test_a_range_of_which_most_diverges_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(tmp_path / "s", "learning_rate=1e-6:1e9", capsys)

    assert "of its trials are infeasible, so the range or the set-up is wrong" in said
