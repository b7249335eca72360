import contextlib
import io
import random
import stat
import tarfile
import zipfile
from types import SimpleNamespace

import pytest

from kit.downloading import archives, member_names
from kit.errors import DataError, KitError

PLENTY = 2**30


def make_zip(path, entries, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def make_tar(path, members, mode="w:gz"):
    """Members are (TarInfo or name, content)."""
    with tarfile.open(path, mode) as archive:
        for member, content in members:
            info = tarfile.TarInfo(member) if isinstance(member, str) else member
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def special(name, kind, linkname="", mode=0o644):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = kind, linkname, mode
    return info


def link_info(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def contents(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def everything(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_files_arrive_with_names_in_any_script(tmp_path, kind):
    entries = [("گربه/۱.jpg", b"one"), ("dogs/a b.jpg", b"two"), ("dogs/empty", b"")]
    path = tmp_path / "no suffix"
    if kind == "zip":
        make_zip(path, entries)
    else:
        make_tar(path, entries, "w" + kind[3:].replace(".", ":"))
    assert archives.is_archive(path)
    assert archives.unpack(path, tmp_path / "out", PLENTY) == 3
    assert contents(tmp_path / "out") == dict(entries)


def test_backslashes_of_windows_programs_are_folders(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("cats/", b""), ("cats\\1.jpg", b"x")])
    archives.unpack(path, tmp_path / "out", PLENTY)
    assert contents(tmp_path / "out") == {"cats/1.jpg": b"x"}


def test_permissions_of_the_archive_are_not_kept(tmp_path):
    path = make_tar(tmp_path / "a.tar", [(special("x", tarfile.REGTYPE, mode=0o4777), b"x")])
    archives.unpack(path, tmp_path / "out", PLENTY)
    assert stat.S_IMODE((tmp_path / "out" / "x").stat().st_mode) & ~0o666 == 0


HOSTILE_NAMES = ["../out.jpg", "a/../../b", "/etc/x", "C:/x", "C:\\x", "..\\x", "a\x1b[2J", "a\nb"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_names_that_leave_the_folder_are_refused_before_a_file_is_written(tmp_path, name, make):
    path = make(tmp_path / "bad", [("good.jpg", b"x"), (name, b"x")])
    with pytest.raises(DataError, match=r"leads out of the folder|control characters") as caught:
        archives.unpack(path, tmp_path / "out", PLENTY)
    assert str(caught.value).isprintable()
    assert everything(tmp_path) == ["bad", "out"]


@pytest.mark.parametrize(
    "member",
    [
        special("link", tarfile.SYMTYPE, "/etc/passwd"),
        special("hard", tarfile.LNKTYPE, "good.jpg"),
        special("pipe", tarfile.FIFOTYPE),
        special("device", tarfile.CHRTYPE),
    ],
    ids=lambda member: member.name,
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, member):
    path = make_tar(tmp_path / "bad", [("good.jpg", b"x"), (member, b"")])
    with pytest.raises(DataError, match=f"{member.name} is a link, a device"):
        archives.unpack(path, tmp_path / "out", PLENTY)
    assert everything(tmp_path) == ["bad", "out"]


def test_links_in_a_zip_are_refused(tmp_path):
    path = make_zip(tmp_path / "bad", [(link_info("link"), "/etc/passwd")])
    with pytest.raises(DataError, match="link is a link or a device"):
        archives.unpack(path, tmp_path / "out", PLENTY)


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_more_bytes_than_allowed_are_refused(tmp_path, make):
    path = make(tmp_path / "big", [("a", b"x" * 600), ("b", b"y" * 600)])
    assert archives.unpack(path, tmp_path / "fits", 1200) == 2
    with pytest.raises(DataError, match="more than the 1,199 bytes"):
        archives.unpack(path, tmp_path / "out", 1199)
    assert contents(tmp_path / "out") == {}


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_too_many_files_are_refused(tmp_path, make, monkeypatch):
    monkeypatch.setattr(archives, "MAX_FILES", 2)
    path = make(tmp_path / "many", [("a", b""), ("b", b""), ("c", b"")])
    with pytest.raises(DataError, match="more than 2 files"):
        archives.unpack(path, tmp_path / "out", PLENTY)


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_small_file_that_unpacks_to_an_enormous_one_is_refused(tmp_path, make, monkeypatch):
    monkeypatch.setattr(archives, "SMALL", 2**20)
    path = make(tmp_path / "bomb", [("zeros", bytes(2**21))])
    with pytest.raises(DataError, match="these cannot be photos"):
        archives.unpack(path, tmp_path / "out", PLENTY)


def test_a_lie_about_the_size_is_damage(tmp_path):
    path = make_zip(tmp_path / "lie", [("zeros", bytes(5000))])
    raw = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        start = raw.index(mark) + offset
        raw[start : start + 4] = (10).to_bytes(4, "little")
    path.write_bytes(raw)
    with pytest.raises(DataError, match="damaged"):
        archives.unpack(path, tmp_path / "out", PLENTY)


def test_files_that_share_bytes_of_the_archive_are_refused(tmp_path):
    path = make_zip(tmp_path / "bad", [("a", b"first" * 50), ("b", b"other" * 50)])
    raw = bytearray(path.read_bytes())
    second = raw.rindex(b"PK\x01\x02")
    raw[second + 42 : second + 46] = (0).to_bytes(4, "little")  # both begin at byte 0
    path.write_bytes(raw)
    with pytest.raises(DataError, match="shares its bytes with"):
        archives.unpack(path, tmp_path / "out", PLENTY)


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_two_files_of_one_name_are_refused(tmp_path, make):
    with (
        pytest.warns(UserWarning, match="Duplicate")
        if make is make_zip
        else contextlib.nullcontext()
    ):
        path = make(tmp_path / "bad", [("a/x", b"1"), ("a/x", b"2")])
    with pytest.raises(DataError, match="a/x has the same name as a/x"):
        archives.unpack(path, tmp_path / "out", PLENTY)


def test_an_encrypted_archive_is_refused(tmp_path):
    path = make_zip(tmp_path / "bad", [("a", b"x")])
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(DataError, match="a is encrypted"):
        archives.unpack(path, tmp_path / "out", PLENTY)


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_damaged_archive_is_refused_unless_its_files_are_whole(tmp_path, make):
    entries = [(f"{i}.jpg", random.Random(i).randbytes(300)) for i in range(4)]
    whole = make(tmp_path / "whole", entries).read_bytes()
    rng, refused = random.Random(0), 0
    for trial in range(150):
        raw = bytearray(whole)
        if trial % 3:
            raw[rng.randrange(len(raw))] ^= rng.randrange(1, 256)
        else:
            del raw[rng.randrange(len(raw)) :]
        (tmp_path / "bad").write_bytes(raw)
        try:
            archives.unpack(tmp_path / "bad", tmp_path / f"out{trial}", PLENTY)
        except DataError:
            refused += 1
        else:
            assert contents(tmp_path / f"out{trial}") == dict(entries)
    assert refused > 100


def test_a_disk_without_room_is_told_before_unpacking(tmp_path, monkeypatch):
    path = make_zip(tmp_path / "a.zip", [("a", b"x" * 100)])
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: SimpleNamespace(free=99))
    with pytest.raises(KitError, match="need 4,196 bytes, but only 99 are free"):
        archives.unpack(path, tmp_path / "out", PLENTY)


def test_a_text_is_no_archive(tmp_path):
    (tmp_path / "a.zip").write_text("PK, but not really")
    assert not archives.is_archive(tmp_path / "a.zip")


@pytest.mark.parametrize(
    "name", ["aux", "cats/NUL.jpg", "com1 .txt", "12:30.jpg", "cats ", "what?.jpg"]
)
def test_what_only_windows_cannot_hold_is_refused_only_there(tmp_path, name, monkeypatch):
    path = make_zip(tmp_path / "a.zip", [("good.jpg", b"x"), (name, b"x")])
    monkeypatch.setattr(member_names, "WINDOWS", False)
    assert archives.unpack(path, tmp_path / "here", PLENTY) == 2
    monkeypatch.setattr(member_names, "WINDOWS", True)
    with pytest.raises(DataError, match="has a name that Windows does not allow"):
        archives.unpack(path, tmp_path / "there", PLENTY)
    assert contents(tmp_path / "there") == {}


@pytest.mark.parametrize("name", ["console.jpg", "auxiliary", "nul1", "گربه‌ها/۱.jpg", "a\u200fb"])
def test_ordinary_names_are_taken_everywhere(name, monkeypatch):
    monkeypatch.setattr(member_names, "WINDOWS", True)
    assert member_names.safe_names([name, "./a//b.jpg"]) == [name, "a/b.jpg"]


def test_a_tar_whose_last_file_is_a_zip_is_a_tar(tmp_path):
    inner = make_zip(tmp_path / "inner", [("evil.jpg", b"x")], zipfile.ZIP_STORED).read_bytes()
    path = make_tar(tmp_path / "a.tar", [("good.jpg", b"x"), ("inner.zip", inner)], "w")
    assert zipfile.is_zipfile(path)
    archives.unpack(path, tmp_path / "out", PLENTY)
    assert contents(tmp_path / "out") == {"good.jpg": b"x", "inner.zip": inner}


def test_a_zip_behind_a_program_is_a_zip(tmp_path):
    path = make_zip(tmp_path / "a.zip", [("good.jpg", b"x")])
    path.write_bytes(b"MZ" + bytes(500) + path.read_bytes())
    assert archives.is_archive(path)
    assert archives.unpack(path, tmp_path / "out", PLENTY) == 1


def test_a_long_but_honest_tar_of_small_files_is_not_taken_for_a_bomb(tmp_path):
    path = make_tar(tmp_path / "a.tar", [(f"{n}/{n}.jpg", b"%d" % n) for n in range(800)], "w:gz")
    assert archives.unpack(path, tmp_path / "out", 60_000) == 800
