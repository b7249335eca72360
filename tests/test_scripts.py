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
for path in sys.argv[1:]:
    for argument in ("--help", "--no-such-flag"):
        sys.argv = [path, argument]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                runpy.run_path(path, run_name="__main__")
                code = 0
            except SystemExit as ended:
                code = ended.code
        found.append([path, argument, code, sorted(heavy & set(sys.modules))])
print(json.dumps(found))
"""


def test_help_and_usage_errors_of_all_programs_start_no_heavy_package() -> None:
    paths = [str(ROOT / "scripts" / f"{name}.py") for name in SCRIPTS]
    done = subprocess.run(
        [sys.executable, "-c", START, *paths], capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) == [
        [path, argument, code, []]
        for path in paths
        for argument, code in (("--help", 0), ("--no-such-flag", 2))
    ]


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_is_a_door_to_a_program_of_the_package(name: str) -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["scripts"][f"kit-{name}"] == f"kit.commands.{name}:main"
    text = (ROOT / "scripts" / f"{name}.py").read_text("utf-8")
    assert f"from kit.commands.{name} import main" in text


def test_a_folder_that_is_not_there_is_exit_code_3_without_a_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "train.py", "nowhere"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert done.returncode == 3
    assert done.stderr.startswith("Error: nowhere does not exist.")
    assert len(done.stderr.splitlines()) == 1
