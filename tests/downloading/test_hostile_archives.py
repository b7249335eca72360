"""Whatever an archive holds: nothing outside, nothing above the limits, nothing in parts."""

import stat
import tracemalloc

import pytest
from hostile_archives import HARMLESS, HOSTILE, MIB
from loopback import names

from kit.downloading import archives, download, https
from kit.errors import DataError

MOST = 1_000_000  # bytes, here; 5 GiB in the program
MEMORY = 10 * MIB
MANY = 500


@pytest.fixture(autouse=True)
def _low_limits(monkeypatch):
    monkeypatch.setattr(archives, "SMALL", 100_000)
    monkeypatch.setattr(archives, "MAX_FILES", MANY)


@pytest.fixture
def box(tmp_path):
    """A folder with something worth stealing, and a place deep inside to work in."""
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "work" / "here").mkdir(parents=True)
    return tmp_path


def harm(box, folder):
    """Return what an unpacking did that it must not do, in words."""
    found = set()
    inside = list(folder.rglob("*")) if folder.exists() else []
    for path in box.rglob("*"):
        if path not in inside and path != folder and path.name not in KNOWN:
            found.add("outside")
    if (box / "secret.txt").stat().st_nlink > 1 or (box / "secret.txt").read_text() != "secret":
        found.add("outside")
    modes = [path.lstat().st_mode for path in inside]
    if any(not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) for mode in modes):
        found.add("special")
    if any(mode & (stat.S_ISUID | stat.S_ISGID) for mode in modes):
        found.add("mode")
    if sum(path.lstat().st_size for path in inside if path.is_file()) > MOST or len(inside) > MANY:
        found.add("size")
    if any(not path.name.isprintable() for path in inside):
        found.add("name")
    return found


KNOWN = {"secret.txt", "work", "here", "archive"}


@pytest.mark.parametrize("make", HOSTILE, ids=lambda make: make.__name__)
def test_an_archive_is_unpacked_whole_or_not_at_all(make, box, monkeypatch):
    content, folder, written = make(box), box / "work" / "here" / "data", []
    write = archives._write

    def counted(source, target):
        try:
            write(source, target)
        finally:
            written.append(target.stat().st_size if target.exists() else 0)

    def fetch(address, place, meter):
        (place / "body").write_bytes(content)
        return place / "body"

    monkeypatch.setattr(archives, "_write", counted)
    monkeypatch.setattr(https, "fetch", fetch)
    tracemalloc.start()
    try:
        if make in HARMLESS:
            download("https://127.0.0.1/x", folder, max_bytes=MOST)
            assert {n for n in names(folder) if (folder / n).is_file()} == HARMLESS[make]
        else:
            with pytest.raises(DataError) as caught:
                download("https://127.0.0.1/x", folder, max_bytes=MOST)
            assert len(str(caught.value)) < 400
            assert str(caught.value).isprintable()
            assert names(box) == ["secret.txt", "work", "work/here"]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert harm(box, folder) == set()
    assert sum(written) <= MOST
    assert peak < MEMORY
