import io
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from kit.data.download import SOURCES, download
from kit.errors import DataError, KitError, SettingError


def packed(entries):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, value in entries.items():
            archive.writestr(name, value)
    return content.getvalue()


PHOTOS = {"photos/cats/1.jpg": "a cat", "photos/dogs/1.jpg": "a dog", "__MACOSX/._1.jpg": "litter"}
ARCHIVE = packed(PHOTOS)
PAGE = b"\n<!DOCTYPE html><html><body>Please log in</body></html>"
CONFIRM = (
    b'<html><body><form id="download-form" action="https://drive.google.com/confirmed" '
    b'method="get"><input type="hidden" name="id" value="x"></form></body></html>'
)
QUOTA = b'<html><p class="uc-error-subcaption">Too many users have viewed this file.</p></html>'


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.partition("?")[0].strip("/")
        getattr(self, f"do_{path}", self.missing)()

    def send(self, body, length=None, kind="application/zip", status=200, **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(body)

    def missing(self):
        self.send(b"", 0, status=404)

    def do_good(self):
        self.send(ARCHIVE, len(ARCHIVE))

    def do_no_length(self):
        self.send(ARCHIVE)

    def do_short(self):
        self.send(ARCHIVE[:-9], len(ARCHIVE))

    def do_short_no_length(self):
        self.send(ARCHIVE[:-9])

    def do_page(self):
        self.send(PAGE, len(PAGE), "text/html")

    def do_noise(self):
        self.send(b"noise" * 9, 45)

    def do_no_files(self):
        empty = packed({})
        self.send(empty, len(empty))

    def do_outside(self):
        bad = packed({"../outside.jpg": "x"})
        self.send(bad, len(bad))

    def do_huge(self):
        self.send(b"PK", 10**15)

    def do_endless(self):
        self.send(b"PK")
        try:
            while True:
                self.wfile.write(bytes(2**16))
        except OSError:
            pass  # the client had enough

    def do_hang(self):
        self.send(ARCHIVE[:20], len(ARCHIVE))
        self.wfile.flush()
        time.sleep(3)

    def do_error(self):
        self.send(b"", 0, status=500)

    def do_moved(self):
        self.send(b"", 0, status=302, Location="/good")

    def do_circle(self):
        self.send(b"", 0, status=302, Location="/circle")

    def do_to_file(self):
        self.send(b"", 0, status=302, Location="file:///etc/passwd")

    def do_to_nonsense(self):
        self.send(b"", 0, status=302, Location="https://[x")

    def do_to_plain(self):
        self.send(b"", 0, status=302, Location="http://192.0.2.1/x.zip")

    def do_uc(self):  # Google Drive: a small file, or a page that asks before a large one
        if "small" in self.path:
            self.send(ARCHIVE, len(ARCHIVE), Content_Disposition='attachment; filename="p.zip"')
        elif "quota" in self.path:
            self.send(QUOTA, len(QUOTA), "text/html; charset=utf-8")
        else:
            self.send(CONFIRM, len(CONFIRM), "text/html; charset=utf-8")

    def do_confirmed(self):
        self.send(ARCHIVE, len(ARCHIVE), Content_Disposition='attachment; filename="p.zip"')

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    made = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    made.daemon_threads = True
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


@pytest.fixture
def drive(server, monkeypatch):
    """Send what goes to Google Drive to the stand-in."""
    send = requests.Session.send
    asked = []

    def redirected(self, request, **kwargs):
        asked.append(request.url)
        request.url = request.url.replace("https://drive.google.com", server)
        return send(self, request, **kwargs)

    monkeypatch.setattr(requests.Session, "send", redirected)
    return asked


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@pytest.mark.parametrize("path", ["good", "no_length", "moved"])
def test_an_archive_becomes_a_folder_of_classes(server, tmp_path, path):
    folder = tmp_path / "new" / "cats and dogs"
    assert download(f"{server}/{path}", folder) == folder
    assert names(folder) == ["cats", "cats/1.jpg", "dogs", "dogs/1.jpg"]
    assert (folder / "cats" / "1.jpg").read_text() == "a cat"
    assert names(tmp_path / "new") == [
        "cats and dogs",
        *[f"cats and dogs/{n}" for n in names(folder)],
    ]


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("short", KitError, "the download failed|of [0-9,]+ bytes came"),
        ("short_no_length", DataError, "no zip or tar"),
        ("page", DataError, "gave a web page, not an archive"),
        ("noise", DataError, "45 bytes that are no zip or tar"),
        ("no_files", DataError, "the archive is empty"),
        ("outside", DataError, "leads out of the folder"),
        ("huge", DataError, "larger than the 100,000 bytes allowed"),
        ("endless", DataError, "larger than the 100,000 bytes allowed"),
        ("hang", KitError, "the download failed: .*timed out"),
        ("error", KitError, "500 Server Error"),
        ("missing", KitError, "404 Client Error"),
        ("circle", KitError, "more than 5 redirects"),
        ("to_file", KitError, "redirects to file:///etc/passwd, which is not safe"),
        ("to_nonsense", KitError, "to an address that is none: Invalid IPv6 URL"),
        ("to_plain", KitError, "redirects to http://192.0.2.1/x.zip, which is not safe"),
    ],
)
def test_anything_else_leaves_nothing_behind(server, tmp_path, path, error, message):
    with pytest.raises(error, match=message) as caught:
        download(f"{server}/{path}", tmp_path / "data", max_bytes=100_000, timeout=0.5)
    assert type(caught.value) is error
    assert names(tmp_path) == []


def test_a_server_that_is_not_there_is_named(tmp_path):
    with pytest.raises(KitError, match=r"http://127\.0\.0\.1:9/x\.zip: the download failed"):
        download("http://127.0.0.1:9/x.zip", tmp_path / "data", timeout=0.5)


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
    assert drive[0] == SOURCES["cats_and_dogs_course"]


def test_a_full_quota_of_google_drive_is_explained(drive, tmp_path):
    with pytest.raises(KitError, match=r"Too many users .* open the address in a browser"):
        download("quota-0123456789-0123456789", tmp_path / "data")
    assert names(tmp_path) == []


def test_google_drive_is_held_to_the_size_allowed(drive, tmp_path):
    with pytest.raises(DataError, match="larger than the 50 bytes allowed"):
        download("small-0123456789-0123456789", tmp_path / "data", max_bytes=50)
    assert names(tmp_path) == []


def test_a_public_address_does_not_lead_into_a_private_network(monkeypatch, server, tmp_path):
    get = requests.Session.get

    def from_outside(self, url, **kwargs):
        return get(self, url.replace("https://192.0.2.1", server), **kwargs)

    monkeypatch.setattr(requests.Session, "get", from_outside)
    monkeypatch.setattr("kit.data.download._is_private", lambda host: host != "192.0.2.1")
    Server.do_inward = lambda self: self.send(b"", 0, status=302, Location="https://10.0.0.1/x")
    with pytest.raises(KitError, match=r"https://10\.0\.0\.1/x, which is not safe"):
        download("https://192.0.2.1/inward", tmp_path / "data")


@pytest.mark.parametrize(
    ("host", "private"),
    [("127.0.0.1", True), ("10.1.2.3", True), ("169.254.169.254", True), ("::1", True),
     ("8.8.8.8", False), ("no.such.host.invalid", False), ("x" * 70, False)],
)  # fmt: skip
def test_private_addresses_are_known(host, private):
    from kit.data.download import _is_private

    assert _is_private(host) is private


@pytest.mark.parametrize(
    "source",
    ["file:///etc/passwd", "http://example.org/a.zip", "ftp://x/y", "https://[x", "cats", ""],
)
def test_sources_of_other_kinds_are_refused(tmp_path, source):
    with pytest.raises(SettingError, match="must be an address that begins with https://"):
        download(source, tmp_path / "data")


def test_an_address_without_a_possible_host_is_refused(tmp_path):
    with pytest.raises(KitError, match="an address that is none"):
        download(f"https://{'x' * 70}.org/a.zip", tmp_path / "data")


@pytest.mark.parametrize("limit", [{"max_bytes": 0}, {"timeout": 0.0}, {"timeout": -1.0}])
def test_limits_must_be_above_0(server, tmp_path, limit):
    with pytest.raises(SettingError, match="limits must be above 0"):
        download(f"{server}/good", tmp_path / "data", **limit)


def test_a_folder_that_exists_is_never_touched(server, tmp_path):
    (tmp_path / "mine").write_text("x")
    for folder in (tmp_path, tmp_path / "mine"):
        with pytest.raises(SettingError, match="exists; name a folder that does not"):
            download(f"{server}/good", folder)
    assert names(tmp_path) == ["mine"]


def test_flat_archives_and_nested_wrappers_end_at_the_classes(monkeypatch, server, tmp_path):
    for number, prefix in enumerate(("", "a/b/c/")):
        body = packed({f"{prefix}cats/1.jpg": "x", f"{prefix}dogs/1.jpg": "y"})
        monkeypatch.setattr(Server, "do_good", lambda self, body=body: self.send(body, len(body)))
        folder = download(f"{server}/good", tmp_path / str(number))
        assert names(folder) == ["cats", "cats/1.jpg", "dogs", "dogs/1.jpg"]


def test_the_program_prints_the_folder_and_nothing_else_on_stdout(server, tmp_path, capsys):
    from kit.commands.download import download as command

    command(f"{server}/good", tmp_path / "data", timeout=5)
    assert capsys.readouterr().out == f"{tmp_path / 'data'}\n"
    with pytest.raises(DataError, match="larger than the 107 bytes allowed"):
        command(f"{server}/good", tmp_path / "other", max_gigabytes=1e-7)
    for limit in (float("nan"), float("inf")):
        with pytest.raises(SettingError, match="max-gigabytes"):
            command(f"{server}/good", tmp_path / "other", max_gigabytes=limit)
