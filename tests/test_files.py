import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from collections import namedtuple
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


def test_a_link_stays_a_link_and_its_target_gets_the_text(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    for name in ("there.csv", "not yet.csv"):
        (tmp_path / name).symlink_to(tmp_path / "far" / name)
    (tmp_path / "far" / "there.csv").write_text("old")

    for name in ("there.csv", "not yet.csv"):
        files.write_text(tmp_path / name, "new")

        assert (tmp_path / name).is_symlink()
        assert (tmp_path / "far" / name).read_text() == "new"
    assert sorted(os.listdir(tmp_path / "far")) == ["not yet.csv", "there.csv"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX")
def test_a_pipe_gets_the_text_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, got = tmp_path / "pipe.csv", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: got.append(pipe.read_text()))
    reader.start()
    files.write_text(pipe, "a,b\n" * 30_000)  # more than a pipe holds
    reader.join()

    assert got == ["a,b\n" * 30_000]
    assert pipe.is_fifo()


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="there is no /dev/fd")
def test_an_open_file_gets_the_text_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    with path.open("ab", buffering=0) as file:
        file.write(b"before\n")
        (tmp_path / "stdout").symlink_to(f"/dev/fd/{file.fileno()}")
        for name in (Path(f"/dev/fd/{file.fileno()}"), tmp_path / "stdout"):
            files.write_text(name, "text\n")
        file.write(b"after\n")

    assert path.read_text() == "before\ntext\ntext\nafter\n"


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="there is no /dev/fd")
def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    files.write_text(Path(f"/dev/fd/{writing}"), "text")
    os.close(writing)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no /dev/full")
def test_a_device_stays_a_device_and_is_named_where_it_is_full(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to("/dev/full")
    with pytest.raises(OSError, match=r"No space left on device.*link\.csv"):
        files.write_text(tmp_path / "link.csv", "text")

    assert Path("/dev/full").is_char_device()


@pytest.mark.parametrize(
    ("needed", "free", "room"),
    [
        (None, 999, ": 999 bytes are free"),
        (12_345_678, 4_300, ": 12.3 MB are needed, 4.3 kB are free"),
        (5, 4_300, ""),  # as many files as the disk can hold, or as this user may have
    ],
)
def test_a_full_disk_names_the_file_what_is_needed_and_what_is_free(
    needed: int | None, free: int, room: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(temporary: Path) -> None:
        raise OSError(28, "No space left on device")

    usage = namedtuple("usage", ["free"])(free)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(OSError, match="No space") as raised:
        files.write(tmp_path / "model.keras", fail, needed)

    assert raised.value.filename == str(tmp_path / "model.keras")
    assert raised.value.strerror == f"No space left on device{room}"
