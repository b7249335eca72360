import functools
import gzip
import hashlib
import io
import struct
import sys
import tarfile

import numpy as np
import pytest
import requests
from loopback import ARCHIVE, PHOTOS, contents, names, packed, serving
from PIL import Image

from kit.downloading import (
    CATALOG,
    DataSet,
    RemoteFile,
    addresses,
    download,
    google_drive,
    unfinished,
)
from kit.errors import DataError, KitError, SettingError

CONFIRM = (
    b'<html><body><form id="download-form" action="https://drive.google.com/confirmed" '
    b'method="get"><input type="hidden" name="id" value="x"></form></body></html>'
)
QUOTA = b'<html><p class="uc-error-subcaption">Too many users have viewed this file.</p></html>'


FOLDER = "https://drive.google.com/drive/folders/"
PAGES = {  # what Google shows of a folder: names, and the addresses behind them
    "top---------------------------": [("folder", "cats", "cats"), ("folder", "dogs", "dogs")],
    "cats--------------------------": [("file", "1.jpg", "one"), ("file", "1.jpg", "two")],
    "dogs--------------------------": [("file", "../1.jpg", "one"), ("file", "all.zip", "six")],
    "empty-------------------------": [],
    "loop--------------------------": [("folder", "loop", "loop")],
    "same--------------------------": [("file", "a.jpg", "one"), ("file", "A.JPG", "two")],
}

FILES = {}  # contents other than usual, by their ids


def full(name):
    """Google's ids have 25 characters or more."""
    return name.ljust(30, "-")


def page(id):
    links = {"folder": FOLDER, "file": "https://drive.google.com/file/d/"}
    entries = "".join(
        f'<a href="{links[kind]}{full(to)}{"/view" if kind == "file" else ""}">{name}</a>'
        for kind, name, to in PAGES[id]
    )
    return f"<html><title>{id.rstrip('-')}</title><body>{entries}</body></html>".encode()


def google(to):
    """Answer as Google Drive does: a file, or a page that asks before a large one."""
    path, _, query = to.path.partition("?")
    id = query.removeprefix("id=")
    if path == "/embeddedfolderview":
        to.give(page(id), kind="text/html; charset=utf-8")
    elif "quota" in id:
        to.give(QUOTA, kind="text/html; charset=utf-8")
    elif "large" in id or "1SCp" in id:
        to.give(CONFIRM, kind="text/html; charset=utf-8")
    else:
        content = ARCHIVE if path == "/confirmed" or "small" in id else id.encode()
        content, named = FILES.get(id, content), 'attachment; filename="p.zip"'
        if content is None:  # a connection that always breaks
            return to.give(bytes(2**20), length=2**21, Content_Disposition=named)
        asked = to.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-")
        if start := int(asked):
            part = f"bytes {start}-{len(content) - 1}/{len(content)}"
            to.give(content[start:], 206, Content_Range=part, Content_Disposition=named)
        else:
            to.give(content, Content_Disposition=named)


@pytest.fixture
def drive(monkeypatch):
    """Send what goes to Google Drive to the stand-in."""
    send = requests.Session.send
    asked = []
    with serving(google) as server:

        def redirected(self, request, **kwargs):
            asked.append(request.url)
            request.url = request.url.replace("https://drive.google.com", server.url)
            return send(self, request, **kwargs)

        monkeypatch.setattr(requests.Session, "send", redirected)
        yield asked


@pytest.fixture
def server():
    with serving(lambda to: to.give(ARCHIVE)) as made:
        yield made.url


@pytest.mark.parametrize(
    "source",
    [
        "https://drive.google.com/uc?id=small-0123456789-0123456789",
        "https://drive.google.com/file/d/large-0123456789-0123456789/view?usp=sharing",
        "large-0123456789-0123456789",
        "cats_and_dogs_course",
    ],
)
def test_google_drive_gives_small_files_and_large_ones_after_its_question(drive, tmp_path, source):
    download(source, tmp_path / "data")
    assert names(tmp_path / "data") == ["cats", "cats/1.jpg", "dogs", "dogs/1.jpg"]
    assert drive[0].startswith("https://drive.google.com/uc?id=")
    assert any("confirmed" in url for url in drive) == ("small" not in source)


def test_the_course_archive_is_asked_for_by_its_id(drive, tmp_path):
    download("cats_and_dogs_course", tmp_path / "data")
    assert drive[0] == CATALOG["cats_and_dogs_course"].files[0].address


def test_a_full_quota_of_google_drive_is_explained(drive, tmp_path):
    with pytest.raises(KitError, match=r"Too many users .* Open the address in a browser"):
        download("quota-0123456789-0123456789", tmp_path / "data")
    assert names(tmp_path) == []


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_of_google_drive_a_rest_is_taken_only_where_checksums_can_tell(
    drive, tmp_path, monkeypatch, kind
):
    whole = {"zip": ARCHIVE, "tar": tarred(PHOTOS)}[kind]
    monkeypatch.setitem(FILES, full("own"), whole)
    source = f"https://drive.google.com/uc?id={full('own')}"
    with unfinished.place(source) as place:  # of another version of the file
        (place / "body12345678.part").write_bytes(whole[:600] + whole[600:900].swapcase())
    if kind == "zip":
        with pytest.raises(DataError, match="Bad CRC"):
            download(source, tmp_path / "data")
    assert contents(download(source, tmp_path / "data")) == PHOTOS


def test_a_part_of_a_photo_in_a_folder_of_google_drive_is_begun_anew(drive, tmp_path):
    address = FOLDER + full("top")
    with unfinished.place(address) as place:
        (place / f"{full('one')}12345678.part").write_bytes(b"another")
    folder = download(address, tmp_path / "data")
    assert (folder / "cats" / "1.jpg").read_bytes() == full("one").encode()


@pytest.mark.parametrize("source", ["odd" + "-" * 30, FOLDER + full("odd-folder")])
def test_google_drive_that_does_not_go_on_where_a_connection_broke_is_named(
    drive, tmp_path, monkeypatch, source
):
    monkeypatch.setattr(google_drive, "RETRIES", 1)
    monkeypatch.setattr("random.uniform", lambda low, high: 0.0)  # no pause before another try
    broken = "odd" + "-" * 30
    monkeypatch.setitem(PAGES, full("odd-folder"), [("file", "1.jpg", broken)])
    monkeypatch.setitem(FILES, broken, None)
    with pytest.raises(KitError, match="did not resume the download"):
        download(source, tmp_path / "data")
    assert names(tmp_path) == []


def test_google_drive_is_held_to_the_size_allowed(drive, tmp_path):
    with pytest.raises(DataError, match="larger than the 50 bytes allowed"):
        download("small-0123456789-0123456789", tmp_path / "data", max_bytes=50)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("host", "private"),
    [("127.0.0.1", True), ("10.1.2.3", True), ("169.254.169.254", True), ("::1", True),
     ("8.8.8.8", False), ("::ffff:10.0.0.1", True), ("2002:7f00:1::", True),
     ("64:ff9b::a00:1", True), ("224.0.0.1", True), ("fe80::1%lo", True), ("2606:4700::1", False),
     ("no.such.host.invalid", False), ("x" * 70, False)],
)  # fmt: skip
def test_private_addresses_are_known(host, private):
    assert addresses.is_private(host) is private


@pytest.mark.parametrize(
    "source",
    ["file:///etc/passwd", "http://example.org/a.zip", "ftp://x/y", "https://[x", "cats", ""],
)
def test_sources_of_other_kinds_are_refused(tmp_path, source):
    with pytest.raises(SettingError, match="must be an address that begins with https://"):
        download(source, tmp_path / "data")


def test_an_address_without_a_possible_host_is_refused(tmp_path):
    with pytest.raises(KitError, match="is not a usable address"):
        download(f"https://{'x' * 70}.org/a.zip", tmp_path / "data")


@pytest.mark.parametrize(
    "limit",
    [{"max_bytes": 0}, {"timeout": 0.0}, {"timeout": -1.0}, {"timeout": float("inf")},
     {"timeout": float("nan")}, {"max_hours": 0}],
)  # fmt: skip
def test_limits_must_be_in_their_range(server, tmp_path, limit):
    with pytest.raises(SettingError, match="limits must be above 0"):
        download(f"{server}/good", tmp_path / "data", **limit)


def test_a_folder_that_exists_is_never_touched(server, tmp_path):
    (tmp_path / "mine").write_text("x")
    for folder in (tmp_path, tmp_path / "mine"):
        with pytest.raises(SettingError, match=r"already exists\. Name a new folder"):
            download(f"{server}/good", folder)
    assert names(tmp_path) == ["mine"]


def test_the_program_prints_the_folder_and_nothing_else_on_stdout(server, tmp_path, capsys):
    from kit.commands.download import download as command

    command(f"{server}/good", tmp_path / "data", timeout=5)
    assert capsys.readouterr().out == f"{tmp_path / 'data'}\n"
    with pytest.raises(DataError, match="larger than the 107 bytes allowed"):
        command(f"{server}/good", tmp_path / "other", max_gigabytes=1e-7)
    for limit in (float("nan"), float("inf")):
        with pytest.raises(SettingError, match="max_gigabytes"):
            command(f"{server}/good", tmp_path / "other", max_gigabytes=limit)


def test_flat_archives_and_nested_wrappers_end_at_the_classes(tmp_path):
    for number, prefix in enumerate(("", "a/b/c/")):
        body = packed({f"{prefix}{name}": text for name, text in PHOTOS.items()})
        with serving(lambda to, body=body: to.give(body)) as server:
            assert contents(download(server.url, tmp_path / str(number))) == PHOTOS


def test_archives_in_an_archive_are_named_with_what_to_do(tmp_path, capsys):
    body = packed({"train.ZIP": packed(PHOTOS), "test.tar.gz": b"x", "labels.csv": b"id,label"})
    with serving(lambda to: to.give(body)) as server:
        download(server.url, tmp_path / "data")
    said = f"Archives inside are not unpacked: 2, such as {tmp_path / 'data' / 'test.tar.gz'}."
    assert said in capsys.readouterr().err


def test_a_server_that_is_not_there_is_named(tmp_path):
    with pytest.raises(KitError, match=r"127\.0\.0\.1:9/x\.zip: the server cannot be reached"):
        download("http://127.0.0.1:9/x.zip", tmp_path / "data", timeout=0.5)


def test_a_password_in_the_address_is_not_shown():
    shown = addresses.shown("https://me:secret@example.org/a.zip?\x1b[2J" + "x" * 500)
    assert shown.startswith("https://example.org/a.zip?")
    assert shown.isprintable()
    assert len(shown) == 200


def test_a_folder_of_google_drive_comes_with_its_sub_folders(drive, tmp_path, capsys):
    download(f"{FOLDER}{full('top')}?usp=sharing", tmp_path / "data")
    assert contents(tmp_path / "data") == {
        "cats/1.jpg": full("one").encode(),
        "cats/1 (2).jpg": full("two").encode(),  # Drive allows two files of one name
        "dogs/.._1.jpg": full("one").encode(),
        "dogs/all.zip": full("six").encode(),
    }
    assert names(tmp_path)[0] == "data"
    said = (
        f"not unpacked: 1, such as {tmp_path / 'data' / 'dogs' / 'all.zip'}. If they contain "
        "images, unpack"
    )
    assert said in capsys.readouterr().err


def test_a_folder_of_google_drive_goes_on_with_the_files_that_are_missing(
    drive, tmp_path, monkeypatch
):
    monkeypatch.setitem(PAGES, full("dogs"), [("file", "1.jpg", "quota")])
    with pytest.raises(KitError, match=r"Too many users .* are kept for a day"):
        download(FOLDER + full("top"), tmp_path / "data")
    assert names(tmp_path) == []
    monkeypatch.setitem(PAGES, full("dogs"), [("file", "1.jpg", "three")])
    drive.clear()
    download(FOLDER + full("top"), tmp_path / "data")
    assert [url for url in drive if "/uc" in url] == [
        f"https://drive.google.com/uc?id={full('three')}"
    ]
    assert len(contents(tmp_path / "data")) == 3


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("empty", {}, "the folder is empty"),
        ("loop", {}, "folders are nested too deeply"),
        ("same", {}, "A.JPG has the same name as a.jpg"),
        ("top", {"max_bytes": 60}, "larger than the 60 bytes allowed"),
    ],
)
def test_a_folder_of_google_drive_is_held_to_the_limits(
    drive, tmp_path, name, settings, message, request
):
    request.addfinalizer(functools.partial(sys.setrecursionlimit, sys.getrecursionlimit()))
    sys.setrecursionlimit(400)  # so that a loop ends sooner
    with pytest.raises(DataError, match=message):
        download(FOLDER + full(name), tmp_path / "data", **settings)
    assert names(tmp_path) == []


def idx(values):
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return gzip.compress(header + values.astype(np.uint8).tobytes())


def tarred(entries, mode="w"):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def cifar(pixels, labels):
    """Records of a label and the three planes, in five training files and one for the test."""
    records = [bytes([label]) + image.transpose(2, 0, 1).tobytes()
               for image, label in zip(pixels, labels, strict=True)]  # fmt: skip
    files = [*(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]
    return tarred(
        {
            f"cifar-10-batches-bin/{name}": b"".join(records[4 * number : 4 * number + 4])
            for number, name in enumerate(files)
        },
        "w:gz",
    )


@pytest.fixture
def named(monkeypatch):
    """Serve contents as a named data set called ``small``."""
    with serving(lambda to: to.give(contents_of[int(to.path[1:])])) as server:
        contents_of = []

        def name(kind, images, files, class_names="abcdefghij", sha256=None):
            contents_of[:] = files
            remote = tuple(
                RemoteFile(
                    f"{server.url}/{number}",
                    sha256 or hashlib.sha256(content).hexdigest(),
                    len(content),
                )
                for number, content in enumerate(files)
            )
            entry = DataSet(remote, kind, images, tuple(class_names), "", "")
            monkeypatch.setitem(CATALOG, "small", entry)

        yield name


def seen(folder, part, pixels, labels, offset=0):
    """Compare the PNG files of a part with the arrays that went in."""
    for index, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        path = folder / part / "abcdefghij"[label] / f"{index:05}.png"
        assert np.array_equal(np.asarray(Image.open(path)), image)
    assert len(list((folder / part).rglob("*.png"))) == len(labels)


def emnist(pixels, labels):
    """Ten files for training and the rest for the test, the images on their side."""
    turned, parts = pixels.transpose(0, 2, 1), {"train": slice(10), "test": slice(10, None)}
    files = {f"{part}-images-idx3": idx(turned[one]) for part, one in parts.items()}
    files |= {f"{part}-labels-idx1": idx(labels[one] + 1) for part, one in parts.items()}
    return packed({f"gzip/emnist-letters-{name}-ubyte.gz": file for name, file in files.items()})


def stl(pixels, labels):
    """Ten images for training and the rest for the test, each plane column by column."""
    files = {"unlabeled_X.bin": b"?"}
    for part, one in {"train": slice(10), "test": slice(10, None)}.items():
        files[f"{part}_X.bin"] = pixels[one].transpose(0, 3, 2, 1).tobytes()
        files[f"{part}_y.bin"] = (labels[one] + 1).astype(np.uint8).tobytes()
    return tarred({f"stl10_binary/{name}": file for name, file in files.items()}, "w:gz")


@pytest.mark.parametrize(
    ("kind", "shape", "train", "pack"),
    [
        ("cifar", (24, 32, 32, 3), 20, lambda pixels, labels: [cifar(pixels, labels)]),
        ("stl", (12, 96, 96, 3), 10, lambda pixels, labels: [stl(pixels, labels)]),
        ("emnist", (15, 28, 27), 10, lambda pixels, labels: [emnist(pixels, labels)]),
        (
            *("idx", (15, 28, 27), 12),
            lambda p, n: [idx(p[:12]), idx(n[:12]), idx(p[12:]), idx(n[12:])],
        ),
    ],
)
def test_binary_records_become_folders_of_their_classes(named, tmp_path, kind, shape, train, pack):
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    labels = np.arange(len(pixels)) % 10
    named(kind, len(pixels), pack(pixels, labels))
    folder = download("small", tmp_path / "data")
    seen(folder, "train", pixels[:train], labels[:train])
    seen(folder, "test", pixels[train:], labels[train:])
    assert sorted(path.name for path in (folder / "test").iterdir()) == list("abcdefghij")
    assert names(tmp_path)[0] == "data"


ONE = np.zeros((2, 3, 3))
TWO = np.zeros(2)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([idx(ONE), idx(TWO), idx(ONE), idx(TWO)], "4 images arrived; 5 were expected"),
        ([idx(ONE), idx(TWO + 10), idx(ONE), idx(TWO)], "no class for label 10"),
        ([idx(ONE), idx(np.zeros(3)), idx(ONE), idx(TWO)], "2 train images but 3 labels"),
        ([idx(ONE), idx(ONE), idx(ONE), idx(TWO)], "not an idx file of 1 dimensions"),
        ([gzip.compress(b"\0\0\x08"), idx(TWO), idx(ONE), idx(TWO)], "not an idx file of 3 dim"),
        ([idx(ONE)[:-9], idx(TWO), idx(ONE), idx(TWO)], "cannot be unpacked"),
        (
            [gzip.compress(gzip.decompress(idx(ONE))[:-1]), idx(TWO), idx(ONE), idx(TWO)],
            "has 33 bytes, but its header says 34",
        ),
        (
            [gzip.compress(b"\0\0\x08\x03" + b"\xff" * 12 + bytes(99)), *[idx(TWO)] * 3],
            "its header says",
        ),
    ],
)
def test_damaged_idx_files_leave_nothing(named, tmp_path, files, message):
    named("idx", 5, files)
    with pytest.raises(DataError, match=message):
        download("small", tmp_path / "data")
    assert names(tmp_path) == []


@pytest.mark.parametrize("change", ["length", "file", "label", "none"])
def test_damaged_cifar_records_leave_nothing(named, tmp_path, change):
    pixels, labels = np.zeros((24, 32, 32, 3), np.uint8), np.arange(24) % 10
    content = {
        "length": packed({f"data_batch_{n}.bin": bytes(3072) for n in range(1, 6)}),
        "file": packed({f"data_batch_{n}.bin": bytes(3073) for n in range(1, 6)}),
        "label": cifar(pixels, labels + 1),
        "none": packed({"readme.html": b"x"}),
    }[change]
    named("cifar", 24, [content])
    with pytest.raises(DataError, match=r"not a multiple of|has no|no class for label"):
        download("small", tmp_path / "data")
    assert names(tmp_path) == []


def test_a_named_set_with_another_hash_or_size_is_refused(named, tmp_path, monkeypatch):
    named("archive", 2, [ARCHIVE], sha256="0" * 64)
    with pytest.raises(DataError, match="was changed or damaged"):
        download("small", tmp_path / "data")
    file = RemoteFile(CATALOG["small"].files[0].address, None, 99)
    monkeypatch.setitem(CATALOG, "small", DataSet((file,), "archive", 2, (), "", ""))
    with pytest.raises(DataError, match=f"{len(ARCHIVE):,} bytes; the file has 99"):
        download("small", tmp_path / "data")
    assert names(tmp_path) == []


@pytest.mark.parametrize("sha256", ["0" * 63, "g" * 64, ""])
def test_a_hash_must_be_one(tmp_path, sha256):
    with pytest.raises(SettingError, match="64 hexadecimal digits"):
        download("https://example.org/a.zip", tmp_path / "data", sha256=sha256)


@pytest.mark.parametrize("source", ["mnist", "flower_photos", FOLDER + "x" * 30])
def test_a_hash_is_not_taken_where_it_has_no_place(tmp_path, source):
    with pytest.raises(SettingError, match="sha256 works only for one archive"):
        download(source, tmp_path / "data", sha256="0" * 64)


@pytest.mark.parametrize("name", CATALOG)
def test_every_named_set_is_complete(name):
    entry = CATALOG[name]
    assert len(entry.files) == (4 if entry.kind == "idx" else 1)
    assert len(set(entry.class_names)) == len(entry.class_names) >= 2
    assert not any("/" in class_name for class_name in entry.class_names)
    assert entry.images >= 1000
    assert entry.license
    for file in entry.files:
        assert addresses.is_safe(file.address)
        assert (file.sha256 is None) == (file.size is None)
        assert file.sha256 is None or len(bytes.fromhex(file.sha256)) == 32


def test_the_program_lists_the_named_sets(capsys):
    from kit.commands.download import download as command

    command(list_names=True)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(CATALOG)
    assert lines[3].split() == ["cifar10", "60,000", "10", "170.1", "MB", *lines[3].split()[5:]]
    for arguments in ((), ("cifar10",)):
        with pytest.raises(SettingError, match="needs a source and a new folder"):
            command(*arguments)
