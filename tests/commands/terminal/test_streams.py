"""Programs whose stdout or stderr is closed, full, or read by nobody any more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.commands.terminal.streams import fitted

pytestmark = pytest.mark.skipif(os.name != "posix", reason="streams as a POSIX shell gives them")

SCRIPT = """
import contextlib, os
from dataclasses import dataclass
from functools import partial
from kit import progress
from kit.commands.terminal import Command, program
from kit.settings import Flat, Group, Joined


@dataclass(frozen=True)
class Amount(Group):
    lines: int = 100_000
    error: int = 0


@dataclass(frozen=True)
class Kind(Joined):
    amount: Flat[Amount] = Amount()


@partial(Command, Kind)
def work(lines=100_000, error=0):
    progress.say("at work")
    for line in range(lines):
        print("line", line)
    with open("done.txt", "w") as file:
        with contextlib.suppress(OSError):
            os.write(2, b"a note of a library")
        file.write("whole")
    if error:
        raise ZeroDivisionError


program(work)
"""


def start(folder: Path, shell: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the script as ``shell`` says it, where "$@" is its command."""
    command = [sys.executable, "-c", SCRIPT, *arguments]
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {shell}", "bash", *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert (folder / "done.txt").read_text() == "whole"
    return done


def test_a_reader_that_goes_away_ends_no_work_and_is_success(tmp_path: Path) -> None:
    done = start(tmp_path, '"$@" | head -1')

    assert (done.returncode, done.stdout) == (0, "line 0\n")
    assert done.stderr == "at work\na note of a library"


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no /dev/full")
@pytest.mark.parametrize("lines", ["1", "100000"])
def test_a_full_disk_under_stdout_is_told_when_the_work_is_done(lines: str, tmp_path: Path) -> None:
    done = start(tmp_path, '"$@" > /dev/full', "--lines", lines)

    assert done.returncode == 1
    assert done.stderr.endswith(
        "Error: stdout: No space left on device. The printed results are incomplete.\n"
    )


@pytest.mark.parametrize("stream", ["2>/dev/full", "2>&- <&-"])
def test_without_stderr_the_results_are_the_same(stream: str, tmp_path: Path) -> None:
    done = start(tmp_path, f'"$@" {stream}', "--lines", "2")

    assert (done.returncode, done.stdout) == (0, "line 0\nline 1\n")


def test_without_stdout_the_work_is_done(tmp_path: Path) -> None:
    done = start(tmp_path, '"$@" >&-', "--lines", "2")

    assert done.returncode == 0
    assert "Error" not in done.stderr


def test_a_mistake_of_ours_is_not_hidden_by_a_stream(tmp_path: Path) -> None:
    done = start(tmp_path, '"$@" > /dev/full', "--error", "1")

    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_sentences_fit_on_a_terminal_and_commands_and_tables_stay_whole() -> None:
    sentence = "ok       initial loss  " + "a word " * 20
    command = "  kit-train photos " + "--set filters=[16,32] " * 6
    table = "all   1169" + " " * 60 + "a cell " * 10

    lines = fitted(f"{sentence}\n{command}\n{table}", 100).split("\n")

    assert [len(line) <= 100 for line in lines] == [True, True, False, False]
    assert lines[1].startswith(" " * 23 + "a word")
    assert lines[2:] == [command, table]
