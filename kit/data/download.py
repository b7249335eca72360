"""Fetch a folder of images from the internet: all of it, checked, or nothing."""

import ipaddress
import re
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from kit import progress
from kit.data import _archive
from kit.errors import DataError, KitError, SettingError

__all__ = ["SOURCES", "download"]

SOURCES = {  # what courses and papers use, by name
    "cats_and_dogs_course": "https://drive.google.com/uc?id=1SCpVEdJ6_YOAcy2iW05ENIMh-OCcFz3P",
}
DRIVE_ID = re.compile(r"[A-Za-z0-9_-]{25,60}")
DRIVE_HOSTS = ("drive.google.com", "docs.google.com")
REDIRECTS = 5
RETRIES = 3
CHUNK = 2**18  # bytes
Meter = Callable[[int, int | None], None]  # bytes that have come, bytes announced
LITTER = {"__MACOSX", ".DS_Store"}


def download(
    source: str, folder: Path, *, max_bytes: int = 5 * 2**30, timeout: float = 30.0
) -> Path:
    """Download an archive of images and unpack it into a new folder.

    A single folder that holds everything in the archive is left out, so that the classes (or
    ``train`` and ``test``) are directly in ``folder``. Until everything is there and checked, it
    lies in a temporary folder beside it.

    Args:
        source: A name in ``SOURCES``, the address of a zip or tar archive (https), or a Google
            Drive address or file id.
        folder: Where to; it must not exist.
        max_bytes: Most bytes to download, and most bytes to unpack to.
        timeout: Seconds without a sign from the server after which to give up.

    Returns:
        ``folder``.

    Raises:
        SettingError: The source is none of these, the folder exists, or a limit is not above 0.
        DataError: What came is not a whole archive of ordinary files.
        KitError: The server cannot be reached, or stopped in the middle.
    """
    if not (max_bytes > 0 and timeout > 0):
        raise SettingError(f"The limits must be above 0; they are {max_bytes} and {timeout}.")
    address = _address(source)
    if folder.exists() or folder.is_symlink():
        raise SettingError(f"{folder} exists; name a folder that does not, or delete it.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".downloading-") as name:
        archive, unpacked = Path(name, "archive.part"), Path(name, "unpacked")
        fetch = _fetch_drive if urlsplit(address).hostname in DRIVE_HOSTS else _fetch
        with _metered(max_bytes) as meter:
            fetch(address, archive, timeout, meter)
        _check_kind(archive, address)
        if not _archive.unpack(archive, unpacked, max_bytes):
            raise DataError(f"{address}: the archive is empty.")
        _publish(_without_wrapper(unpacked), folder)
    return folder


def _address(source: str) -> str:
    if source in SOURCES:
        return SOURCES[source]
    if _is_safe(source):
        return source
    if DRIVE_ID.fullmatch(source):
        return f"https://drive.google.com/uc?id={source}"
    raise SettingError(
        f"source must be an address that begins with https://, a Google Drive file id or one of "
        f"{', '.join(SOURCES)}, not {progress.clean(source)!r}."
    )


@contextmanager
def _metered(max_bytes: int) -> Iterator[Meter]:
    """Show how many MiB have come, and end a download that is larger than allowed."""
    progress.say("Downloading")
    with progress.bar() as bar:
        task = bar.add_task("Downloading (MiB)", total=None, note="")

        def update(come: int, total: int | None) -> None:
            if max(come, total or 0) > max_bytes:
                raise DataError(
                    f"The download is larger than the {max_bytes:,} bytes allowed; allow more."
                )
            whole = None if total is None else max(1, total >> 20)
            bar.update(task, completed=come >> 20, total=whole)

        yield update


def _fetch_drive(address: str, target: Path, timeout: float, meter: Meter) -> None:
    import gdown
    import requests

    try:
        gdown.download(
            address, str(target), quiet=True, use_cookies=False, progress=meter,
            timeout=timeout, retries=RETRIES,
        )  # fmt: skip
    except (gdown.exceptions.FileURLRetrievalError, gdown.exceptions.DownloadError) as error:
        reason = " ".join(str(error).split())
        raise KitError(
            f"Google Drive did not give {address}: {reason} Files that many people fetch are "
            f"closed for a day at times: open the address in a browser, download, unpack."
        ) from error
    except requests.RequestException as error:
        raise KitError(f"{address}: {error}") from error


def _fetch(address: str, target: Path, timeout: float, meter: Meter) -> None:
    import requests

    try:
        with requests.Session() as session, _open(session, address, timeout) as response:
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdigit() else None
            come = 0
            meter(0, total)
            with target.open("wb") as file:
                for chunk in response.iter_content(CHUNK):
                    file.write(chunk)
                    come += len(chunk)
                    meter(come, total)
    except requests.RequestException as error:
        raise KitError(f"{address}: the download failed: {error}") from error
    if total is not None and come != total:
        raise KitError(f"{address}: {come:,} of {total:,} bytes came; try again.")


def _open(session: Any, address: str, timeout: float) -> Any:
    """Follow redirects, but none to an unsafe scheme or into a private network."""
    headers = {"Accept-Encoding": "identity"}  # so that Content-Length counts the file's bytes
    inside = _is_private(urlsplit(address).hostname)
    for _ in range(REDIRECTS + 1):
        try:
            response = session.get(
                address, headers=headers, stream=True, timeout=timeout, allow_redirects=False
            )
        except ValueError as error:  # the address, or the one that the server redirects to
            raise KitError(f"{address} leads to an address that is none: {error}") from error
        if response.ok and not response.is_redirect:
            return response
        response.close()
        response.raise_for_status()
        address = urljoin(address, response.headers["Location"])
        if not _is_safe(address) or (_is_private(urlsplit(address).hostname) and not inside):
            raise KitError(f"The server redirects to {progress.clean(address)}, which is not safe.")
    raise KitError(f"{address}: more than {REDIRECTS} redirects.")


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    loopback = parts.hostname in ("127.0.0.1", "::1", "localhost")
    return parts.scheme == "https" or (parts.scheme == "http" and loopback)


def _is_private(host: str | None) -> bool:
    try:
        found = socket.getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return False  # behind a proxy names may not be known here; the request itself will tell
    return any(not ipaddress.ip_address(str(entry[4][0])).is_global for entry in found)


def _check_kind(archive: Path, address: str) -> None:
    with archive.open("rb") as file:
        start = file.read(512).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html")):
        raise DataError(
            f"{address} gave a web page, not an archive: open it in a browser to see why (a login, "
            f"a quota, an address of a page about the file)."
        )
    if not _archive.is_archive(archive):
        raise DataError(f"{address} gave {archive.stat().st_size:,} bytes that are no zip or tar.")


def _without_wrapper(folder: Path) -> Path:
    """Go down while a folder holds nothing but one folder."""
    while True:
        entries = [entry for entry in folder.iterdir() if entry.name not in LITTER]
        if len(entries) != 1 or not entries[0].is_dir():
            return folder
        folder = entries[0]


def _publish(unpacked: Path, folder: Path) -> None:
    for name in LITTER:
        shutil.rmtree(unpacked / name, ignore_errors=True)
    try:
        unpacked.rename(folder)
    except OSError as error:
        raise SettingError(f"{folder} appeared in the meantime; name another.") from error
