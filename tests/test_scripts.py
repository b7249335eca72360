"""The programs as a user starts them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))


START = """
import contextlib, io, json, runpy, sys

heavy = {"tensorflow", "keras", "pandas", "matplotlib", "sklearn"}
found = []
for path, *words in json.loads(sys.argv[1]):
    sys.argv = [path, *words]
    code, said = 0, io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as ended:
            code = ended.code
    found.append([code, sorted(heavy & set(sys.modules)), said.getvalue()])
print(json.dumps(found))
"""


def test_help_mistakes_lists_and_audits_start_no_heavy_package(
    photos: Path, tmp_path: Path
) -> None:
    paths = {name: str(ROOT / "scripts" / f"{name}.py") for name in SCRIPTS}
    asked = [([path, "--help"], 0) for path in paths.values()]
    asked += [([path, "--no-such-flag"], 2) for path in paths.values()]
    asked += [([paths["describe"]], 0), ([paths["train"], "nowhere"], 3)]
    asked += [([paths["audit"], str(photos)], 0)]
    command = [sys.executable, "-c", START, json.dumps([words for words, _ in asked])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)

    for (words, expected), (code, heavy, said) in zip(asked, json.loads(done.stdout), strict=True):
        allowed = {"pandas", "sklearn"} if words in (asked[-1][0], asked[-2][0]) else set()
        assert (code, set(heavy) - allowed) == (expected, set()), (words, said)
    told = json.loads(done.stdout)[-2][2]
    assert told.startswith("Error: nowhere does not exist.")
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_is_a_door_to_a_program_of_the_package(name: str) -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["scripts"][f"kit-{name}"] == f"kit.commands.{name}:main"
    text = (ROOT / "scripts" / f"{name}.py").read_text("utf-8")
    assert f"from kit.commands.{name} import main" in text
