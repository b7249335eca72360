from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kit.commands.terminal import Command, program
from kit.settings import Training, Tuning


def test_a_program_of_settings_knows_which_were_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[dict[str, Any]] = []

    @partial(Command, Tuning)
    def command(folder: Path | None = None, **given: Any) -> None:
        """Keep what was given."""
        said.append({"folder": folder, **given})

    file = tmp_path / "search.yaml"
    file.write_text("ranges: {trials: 5, stages: 2}\nbatch_size: null\nseed: 7\n", "utf-8")
    words = ["--no-cache", "photos", "--seeds=3", "--set", "a=1", "--stages", "4"]
    program(command, [*words, "--config", str(file)])
    program(command, [])

    expected = {"folder": Path("photos"), "cache": False, "settings": {"a": 1}, "seeds": 3}
    expected |= {"stages": 4, "trials": 5, "seed": 7}
    assert said == [expected, {"folder": None}]
    with pytest.raises(SystemExit):
        program(command, ["--trials", "many"])
    assert "--trials takes a whole number, not 'many'." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "dense"),
    [
        ("--config run.yaml", (4,)),
        ("--config run.yaml --set dense=[8]", (8,)),
        ("--config run.yaml --set dense=[8] --dense 16 2", (16, 2)),
        ("--config run.yaml --set dense=null", None),
    ],
)
def test_a_flag_goes_before_set_and_both_go_before_a_file(
    words: str, dense: tuple[int, ...] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run.yaml").write_text("network: {dense: [4], settings: {stem: none}}", "utf-8")
    monkeypatch.chdir(tmp_path)
    said: list[Training] = []
    keep = Command(Training, lambda **given: said.append(Training().having(**given)))

    program(keep, words.split())

    assert said[0].network.dense == dense
    assert said[0].network.settings == {"stem": "none"}
