import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from kit import files


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "model.txt"
    files.write_text(path, "old")

    def fail(temporary: Path) -> None:
        temporary.write_text("half of the n")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        files.write(path, fail)

    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["model.txt"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_an_error_of_the_disk_leaves_the_old_file(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "history.csv"
    files.write_text(path, "old")

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="Input/output"):
        files.write_text(path, "new")

    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["history.csv"]


def test_the_temporary_file_ends_like_the_final_one(tmp_path: Path) -> None:
    seen = []
    files.write(tmp_path / "a.keras", lambda path: (seen.append(path), path.touch()))

    assert seen[0].suffix == ".keras"
    assert seen[0].parent == tmp_path


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX")
def test_a_new_file_can_be_read_as_the_umask_says(tmp_path: Path) -> None:
    files.write_text(tmp_path / "a.txt", "")
    (tmp_path / "b.txt").touch()

    assert (tmp_path / "a.txt").stat().st_mode == (tmp_path / "b.txt").stat().st_mode


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills by a signal")
def test_a_killed_process_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "state.bin"
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from kit import files
        print("ready", flush=True)
        for n in range(10**6):
            content = bytes([n % 251]) * 2_000_000
            files.write(Path(sys.argv[1]), lambda path: path.write_bytes(content))
        """
    )
    for wait in (0.02, 0.05, 0.08):
        with subprocess.Popen(
            [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(wait)
            process.kill()
        if path.exists():
            content = path.read_bytes()
            assert len(content) == 2_000_000
            assert len(set(content)) == 1


def test_the_cache_folder_is_the_one_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_CACHE", str(tmp_path / "mine"))

    assert files.cache_folder("images") == tmp_path / "mine" / "images"
    assert (tmp_path / "mine" / "images").is_dir()
