"""An interrupted download goes on where it ended, or begins anew where that is not safe."""

import os
import signal
import subprocess
import sys
import time

import pytest
from loopback import PHOTOS, contents, names, packed, serving

from kit import files
from kit.downloading import download, https, limits, unfinished
from kit.errors import DataError, KitError

NOISE = bytes((7 * n * n + n // 256) % 256 for n in range(60_000))
FIRST = packed({**PHOTOS, "cats/big": NOISE})
SECOND = packed({**PHOTOS, "cats/big": NOISE[::-1]})
CUT = 20_000  # bytes until the connection breaks


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("KIT_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr(https, "PAUSES", ())


def kept():
    return names(files.cache_folder("downloads"))


class Breaking:
    """A server that ends the first connections too early, and knows ranges."""

    def __init__(self, breaks=1, **headers):
        self.breaks, self.content = breaks, FIRST
        self.headers = headers or {"ETag": '"1"'}

    def __call__(self, to):
        if self.breaks:
            self.breaks -= 1
            to.give(self.content[:CUT], length=len(self.content), **self.headers)
            return
        asked = to.headers["Range"]
        if not asked or to.headers["If-Range"] not in self.headers.values():
            to.give(self.content, **self.headers)
            return
        start, total = int(asked.removeprefix("bytes=")[:-1]), len(self.content)
        if start >= total:
            to.give(status=416, Content_Range=f"bytes */{total}")
        else:
            part = f"bytes {start}-{total - 1}/{total}"
            to.give(self.content[start:], status=206, Content_Range=part, **self.headers)


def ranges(server):
    return [(headers.get("Range"), headers.get("If-Range")) for _, headers in server.asked]


def interrupted(server, tmp_path, message=f"{CUT:,} bytes downloaded so far are kept for a day"):
    with pytest.raises(KitError, match=message):
        download(server.url, tmp_path / "data")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    "headers", [{"ETag": '"1"'}, {"Last_Modified": "Mon, 05 Jan 2026 10:00:00 GMT"}]
)
def test_the_second_call_asks_for_the_rest_of_the_same_version(tmp_path, headers):
    with serving(Breaking(**headers)) as server:
        interrupted(server, tmp_path)
        download(server.url, tmp_path / "data")
        assert ranges(server) == [(None, None), (f"bytes={CUT}-", *headers.values())]
    assert contents(tmp_path / "data") == {**PHOTOS, "cats/big": NOISE}
    assert [name for name in kept() if not name.endswith(".lock")] == []


def test_another_folder_profits_too_and_one_call_tries_again_by_itself(tmp_path, monkeypatch):
    with serving(Breaking(breaks=2)) as server:
        interrupted(server, tmp_path)
        monkeypatch.setattr(https, "PAUSES", (0.0, 0.0))
        download(server.url, tmp_path / "other")
        assert [asked for asked, _ in ranges(server)] == [None, f"bytes={CUT}-", f"bytes={CUT}-"]
    assert contents(tmp_path / "other")["cats/big"] == NOISE


def test_a_file_that_has_changed_meanwhile_comes_anew(tmp_path):
    answer = Breaking()
    with serving(answer) as server:
        interrupted(server, tmp_path)
        answer.content, answer.headers = SECOND, {"ETag": '"2"'}
        download(server.url, tmp_path / "data")
        assert ranges(server)[1:] == [(f"bytes={CUT}-", '"1"')]
    assert contents(tmp_path / "data")["cats/big"] == NOISE[::-1]


@pytest.mark.parametrize(
    "range_of",
    ["bytes 0-9/10", f"bytes {CUT}-{len(FIRST)}/{len(FIRST) + 1}", "bytes 20001-20002/*", "x"],
)
def test_a_range_that_does_not_fit_is_not_glued_on(tmp_path, range_of):
    answer = Breaking()

    def odd(to):
        if to.headers["Range"]:
            to.give(b"glue", status=206, Content_Range=range_of)
        else:
            answer(to)

    with serving(odd) as server:
        interrupted(server, tmp_path)
        download(server.url, tmp_path / "data")
        assert [asked for asked, _ in ranges(server)] == [None, f"bytes={CUT}-", None]
    assert contents(tmp_path / "data")["cats/big"] == NOISE


@pytest.mark.parametrize("headers", [{"ETag": 'W/"1"'}, {"X_Other": "1"}])
def test_without_an_exact_version_nothing_is_kept(tmp_path, headers):
    with serving(Breaking(**headers)) as server:
        interrupted(server, tmp_path, message="Try again.$")
        assert [name for name in kept() if not name.endswith(".lock")] == []
        download(server.url, tmp_path / "data")
        assert ranges(server)[1:] == [(None, None)]


def test_a_file_that_is_all_there_is_not_fetched_again(tmp_path, monkeypatch):
    with serving(Breaking(breaks=0)) as server, monkeypatch.context() as patch:
        patch.setattr("kit.downloading._make", lambda *_: (_ for _ in ()).throw(KitError("x")))
        interrupted(server, tmp_path, message=f"{len(FIRST):,} bytes downloaded so far are kept")
        patch.undo()
        monkeypatch.setenv("KIT_CACHE", str(files.cache_folder()))
        download(server.url, tmp_path / "data")
        assert ranges(server)[1:] == [(f"bytes={len(FIRST)}-", '"1"')]
    assert contents(tmp_path / "data")["cats/big"] == NOISE


def test_bytes_that_were_wrong_are_not_kept(tmp_path):
    with serving(Breaking(breaks=0)) as server:
        for _ in range(2):
            with pytest.raises(DataError, match="SHA-256"):
                download(server.url, tmp_path / "data", sha256="0" * 64)
        assert ranges(server) == [(None, None)] * 2


def test_a_killed_process_leaves_what_the_next_one_continues(tmp_path):
    def hanging(to):
        if to.headers["Range"]:
            Breaking(breaks=0)(to)
        else:
            to.give(FIRST[:CUT], length=len(FIRST), ETag='"1"')
            to.server.over.wait(20)

    script = "import sys; from pathlib import Path; from kit.downloading import download\n"
    script += "download(sys.argv[1], Path(sys.argv[2]))"
    with serving(hanging) as server:
        arguments = [sys.executable, "-c", script, server.url, str(tmp_path / "data")]
        with subprocess.Popen(arguments, stderr=subprocess.DEVNULL) as process:
            bodies = files.cache_folder("downloads").glob("*/body")
            end = time.monotonic() + 20
            while time.monotonic() < end and not any(
                path.stat().st_size for path in files.cache_folder("downloads").glob("*/body")
            ):
                time.sleep(0.02)
            time.sleep(0.1)
            process.send_signal(signal.SIGKILL)
        [body] = bodies
        size = body.stat().st_size
        [litter] = tmp_path.iterdir()
        assert litter.name.startswith(".downloading-")
        download(server.url, tmp_path / "data")
        assert ranges(server)[-1] == (f"bytes={size}-", '"1"')
        assert litter.exists()  # it may be at work still
        yesterday = time.time() - 90_000
        for path in (litter, *litter.iterdir()):
            os.utime(path, (yesterday, yesterday))
        unfinished.sweep(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert contents(tmp_path / "data")["cats/big"] == NOISE


def test_leftovers_are_swept_after_a_day_and_nothing_else(tmp_path):
    yesterday = time.time() - 90_000
    root = files.cache_folder("downloads")
    for folder in (root / "old", root / "new", root / "held", tmp_path / ".downloading-mine"):
        folder.mkdir()
        (folder / "body").write_bytes(b"x")
    for path in root.rglob("*"):
        if "new" not in path.name:
            os.utime(path, (yesterday, yesterday))
    (root / "gone.lock").touch()
    os.utime(root / "gone.lock", (yesterday, yesterday))
    os.utime(tmp_path / ".downloading-mine", (yesterday, yesterday))
    with unfinished.FileLock(root / "held.lock"):
        os.utime(root / "held", (yesterday, yesterday))
        unfinished.sweep(tmp_path)
    found = names(root)
    assert {"new", "new/body", "held/body"} <= set(found)
    assert not {"old", "old/body", "gone.lock"} & set(found)
    assert names(tmp_path) == [".downloading-mine", ".downloading-mine/body"]  # no lock: not ours


def test_two_downloads_of_one_address_do_not_meet(tmp_path):
    with serving(Breaking(breaks=0)) as server, unfinished.place(f"{server.url}/x") as first:
        (first / "body").write_bytes(b"half")
        download(f"{server.url}/x", tmp_path / "data")
        assert (first / "body").read_bytes() == b"half"
    assert contents(tmp_path / "data")["cats/big"] == NOISE


def test_a_disk_without_room_is_told_before_the_download(tmp_path, monkeypatch):
    from types import SimpleNamespace

    monkeypatch.setattr(limits.shutil, "disk_usage", lambda _: SimpleNamespace(free=99))
    with (
        serving(Breaking(breaks=0)) as server,
        pytest.raises(
            KitError, match=f"need {len(FIRST):,} bytes, but only 99 are free.*KIT_CACHE"
        ),
    ):
        download(server.url, tmp_path / "data")
    assert names(tmp_path) == []
