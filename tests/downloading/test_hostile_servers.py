"""Whatever a server does, the final name holds a checked folder or nothing."""

import hashlib
import socket
import ssl
import struct
import threading
import time

import pytest
import trustme
from loopback import ARCHIVE, PHOTOS, contents, names, packed, serving

from kit.downloading import download, https
from kit.errors import DataError, KitError, SettingError

PAGE = b"\n<!DOCTYPE html><html><body>Please log in</body></html>"
TIMEOUT = 0.3  # seconds; what the program calls 30
MOST = 1_000_000  # bytes
HASH = hashlib.sha256(ARCHIVE).hexdigest()


def good(to):
    to.give(ARCHIVE)


def no_length(to):
    to.give(ARCHIVE, length=False)


def chunked(to):
    to.give(length=False, Transfer_Encoding="chunked")
    for start in range(0, len(ARCHIVE), 100):
        piece = ARCHIVE[start : start + 100]
        to.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    to.wfile.write(b"0\r\n\r\n")


def slow(to):
    to.give(ARCHIVE[:100], length=len(ARCHIVE))
    for start in range(100, len(ARCHIVE), 100):  # for longer than the idle limit
        time.sleep(0.025)
        to.wfile.write(ARCHIVE[start : start + 100])


def moved(to):
    to.give(ARCHIVE) if to.path == "/there" else to.give(status=302, Location="/there")


def short(to):
    to.give(ARCHIVE[:-9], length=len(ARCHIVE))


def short_no_length(to):
    to.give(ARCHIVE[:-9], length=False)


def short_chunk(to):
    to.give(b"400\r\n" + ARCHIVE[:100], length=False, Transfer_Encoding="chunked")


def page(to):
    to.give(PAGE, kind="text/html")


def nothing(to):
    to.give(b"")


def noise(to):
    to.give(b"noise" * 9)


def hang_in_body(to):
    to.give(ARCHIVE[:50], length=len(ARCHIVE))
    to.server.over.wait(20)


def hang_at_once(to):
    to.server.over.wait(20)


def drip_headers(to):
    to.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not to.server.over.wait(0.02):
        to.wfile.write(b"X-A: b\r\n"[:1])


def drip_body(to):
    to.give(length=len(ARCHIVE))
    for byte in ARCHIVE:
        if to.server.over.wait(0.05):
            return
        to.wfile.write(bytes([byte]))


def endless(to):
    to.give(b"PK", length=False)
    while not to.server.over.is_set():
        to.wfile.write(bytes(2**16))


def huge(to):
    to.give(b"PK", length=10**15)


def inward(to):
    to.give(status=302, Location="https://10.0.0.1/x.zip")


def to_metadata(to):
    to.give(status=302, Location="https://169.254.169.254/latest/")


def to_neighbour(to):
    to.give(status=302, Location=f"http://localhost:{to.server.server_port}/x.zip")


def to_file(to):
    to.give(status=302, Location="file:///etc/passwd")


def to_plain(to):
    to.give(status=302, Location="http://192.0.2.1/x.zip")


def to_nonsense(to):
    to.give(status=302, Location="https://[x")


def circle(to):
    to.give(status=302, Location="/again")


def error_500(to):
    to.give(status=500)


def error_404(to):
    to.give(PAGE, status=404)


def reset(to):
    to.give(ARCHIVE[:50], length=len(ARCHIVE))
    to.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    to.connection.close()


def unasked_range(to):
    to.give(ARCHIVE[:50], status=206, Content_Range=f"bytes 50-99/{len(ARCHIVE)}")


def outside(to):
    to.give(packed({"../outside.jpg": b"x"}))


FINE = [good, no_length, chunked, slow, moved]
BAD = [
    (short, KitError, f"ended after {len(ARCHIVE) - 9:,} of {len(ARCHIVE):,} bytes. Try again"),
    (short_no_length, DataError, "neither zip nor tar"),
    (short_chunk, KitError, "the connection ended after"),
    (page, DataError, "returned a web page, not an archive"),
    (nothing, DataError, "returned 0 bytes that are neither zip nor tar"),
    (noise, DataError, "45 bytes that are neither zip nor tar"),
    (hang_in_body, KitError, "sent nothing for 0.3 s|bytes came in 0.3 s"),
    (hang_at_once, KitError, "sent nothing for 0.3 s|no answer came within 0.3 s"),
    (drip_headers, KitError, "no answer came within 0.3 s"),
    (drip_body, KitError, "only [0-9]+ bytes came in 0.3 s"),
    (endless, DataError, "larger than the 1,000,000 bytes allowed"),
    (huge, DataError, "larger than the 1,000,000 bytes allowed"),
    (inward, KitError, r"https://10\.0\.0\.1/x\.zip, which is in a private network"),
    (to_metadata, KitError, "169.254.169.254/latest/, which is in a private network"),
    (to_neighbour, KitError, "which is in a private network"),
    (to_file, KitError, "redirects to file:///etc/passwd, which is not safe"),
    (to_plain, KitError, r"redirects to http://192\.0\.2\.1/x\.zip, which is not safe"),
    (to_nonsense, KitError, "is not a usable address"),
    (circle, KitError, "more than 5 redirects"),
    (error_500, KitError, "the server answered 500"),
    (error_404, KitError, "the server answered 404"),
    (reset, KitError, "the connection ended after|connection was reset"),
    (unasked_range, KitError, "the server answered 206"),
    (outside, DataError, "leads out of the folder"),
]

WAITING = (hang_in_body, hang_at_once, drip_headers, drip_body)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch):
    monkeypatch.setattr(https, "PAUSES", ())


@pytest.fixture
def fetch(tmp_path):
    """Download into ``data`` while somebody looks at that name all the time."""
    folder, over, seen = tmp_path / "data", threading.Event(), []

    def look():
        while not over.wait(0.0005):
            if folder.exists():
                seen.append(contents(folder))

    def run(url, **settings):
        looker = threading.Thread(target=look, daemon=True)
        looker.start()
        try:
            return download(url, folder, **{"max_bytes": MOST, "timeout": TIMEOUT, **settings})
        finally:
            over.set()
            looker.join()
            assert all(found == PHOTOS for found in seen)

    return run


@pytest.mark.parametrize("answer", FINE, ids=lambda answer: answer.__name__)
def test_a_server_that_is_odd_but_honest_is_understood(answer, fetch, tmp_path):
    with serving(answer) as server:
        folder = fetch(f"{server.url}/x.zip", sha256=HASH, timeout=1.0)
    assert contents(folder) == PHOTOS
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize(
    ("answer", "error", "message"), BAD, ids=[answer.__name__ for answer, *_ in BAD]
)
def test_any_other_leaves_nothing_under_the_final_name(answer, error, message, fetch, tmp_path):
    start = time.monotonic()
    with serving(answer) as server, pytest.raises(error, match=message) as caught:
        fetch(f"{server.url}/x.zip", timeout=TIMEOUT if answer in WAITING else 5)
    assert time.monotonic() - start < 5  # the servers wait for 20
    assert isinstance(caught.value, DataError) == (error is DataError)
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()
    assert names(tmp_path) == []


def test_a_wrong_hash_is_refused_and_a_right_one_taken(fetch, tmp_path):
    with serving(good) as server:
        with pytest.raises(DataError, match=f"SHA-256 {HASH}, not {'0' * 64}"):
            fetch(server.url, sha256="0" * 64, timeout=5)
        assert names(tmp_path) == []
        assert fetch(server.url, sha256=HASH.upper(), timeout=5) == tmp_path / "data"


def test_a_download_without_end_is_ended_by_the_clock(fetch, tmp_path):
    def patient(to):  # fast enough for the pace
        to.give(b"PK", length=False)
        while not to.server.over.wait(0.01):
            to.wfile.write(bytes(100))

    with serving(patient) as server, pytest.raises(KitError, match=r"more than the .* minutes"):
        fetch(server.url, max_hours=0.5 / 3600, timeout=5)
    assert names(tmp_path) == []


@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://192.0.2.1/a.zip", "ftp://x/a"])
def test_unsafe_addresses_are_refused_before_anything_is_asked(address, fetch, tmp_path):
    with pytest.raises(SettingError, match="must be an address that begins with https://"):
        fetch(address)
    assert names(tmp_path) == []


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.mark.parametrize("named", ["127.0.0.1", "another.example"])
@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_must_be_of_somebody_we_trust_and_of_this_server(
    named, trusted, authority, fetch, tmp_path, monkeypatch
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(named).configure_cert(context)
    if trusted:
        authority.cert_pem.write_to_path(tmp_path.parent / "authority.pem")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path.parent / "authority.pem"))
    with serving(good, tls=context) as server:
        if trusted and named == "127.0.0.1":
            assert contents(fetch(server.url, timeout=5)) == PHOTOS
            return
        with pytest.raises(KitError, match="the connection is not secure"):
            fetch(server.url, timeout=5)
        assert server.asked == []
    assert names(tmp_path) == []
