"""The programs as a user starts them."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("arguments", [["--help"], ["--no-such-flag"]])
def test_help_and_usage_errors_do_not_start_tensorflow(name: str, arguments: list[str]) -> None:
    script = (
        "import runpy, sys\n"
        "sys.argv = sys.argv[1:]\n"
        "try:\n"
        "    runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as ended:\n"
        "    heavy = {'tensorflow', 'keras', 'pandas', 'matplotlib', 'sklearn'}\n"
        "    heavy &= set(sys.modules)\n"
        "    print('heavy', sorted(heavy), 'code', ended.code)\n"
    )
    path = str(ROOT / "scripts" / f"{name}.py")
    done = subprocess.run(
        [sys.executable, "-c", script, path, *arguments], capture_output=True, text=True, check=True
    )

    code = 0 if arguments == ["--help"] else 2
    assert done.stdout.splitlines()[-1] == f"heavy [] code {code}"


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
