from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kit.commands.terminal import Command, program
from kit.settings import Tuning


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
