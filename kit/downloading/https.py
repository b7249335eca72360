"""One file by https, continued where an earlier try was interrupted.

A part is continued only by a range request with ``If-Range`` (RFC 9110, section 13.1.5): the server
sends the rest if it still has the same version, else all of it.
"""

import functools
import hashlib
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import requests
import urllib3

from kit import files
from kit.downloading import unfinished
from kit.downloading.addresses import check_redirect, shown
from kit.downloading.limits import Meter, check_room
from kit.downloading.unfinished import Version
from kit.errors import DataError, KitError

__all__ = ["check_hash", "fetch", "reason"]

REDIRECTS = 5
PAUSES = (1.0, 3.0)  # seconds before another try, where the connection broke
CHUNK = 2**18  # bytes
FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError)
RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


class _Broken(Exception):  # noqa: N818 (it names what happened to the connection)
    """The connection ended before the file did."""


def fetch(address: str, folder: Path, meter: Meter) -> Path:
    """Fetch a file into its folder of the cache, or the rest of it.

    Raises:
        DataError: It is larger than the meter allows.
        KitError: The server cannot be reached or trusted, refuses, or stops before the end.
    """
    body = folder / "body"
    for pause in (*PAUSES, None):
        try:
            with requests.Session() as session:
                _continue(session, address, body, meter)
            return body
        except _Broken as error:
            if pause is None or unfinished.recall(folder) is None:
                raise KitError(f"{shown(address)}: {error}") from error
            time.sleep(pause)
        except FAILURES as error:
            waited = isinstance(error, requests.ConnectTimeout)
            seconds = meter.limits.patience if waited else meter.limits.timeout
            raise KitError(f"{shown(address)}: {reason(error, seconds)}") from error
    raise AssertionError  # the last pause is None


def check_hash(path: Path, expected: str, name: str) -> None:
    """Raise DataError if a file's hash is another than expected: MD5 of 32 digits, or SHA-256.

    MD5 is for who publishes it with a file: nobody can make another file of a given one.
    """
    title = "MD5" if len(expected) == 32 else "SHA-256"
    kind = functools.partial(hashlib.new, title.replace("-", ""), usedforsecurity=False)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, kind).hexdigest()
    if found != expected:
        raise DataError(
            f"{name}: the downloaded file has the {title} {found}, not {expected}. It was changed "
            "or damaged, and is not used. If the publisher has a new version, check its hash "
            "there."
        )


def reason(error: Exception, timeout: float) -> str:
    """Say in a few words why a request failed, instead of a chain of library names."""
    text = " ".join(str(error).split())
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}."
    if isinstance(error, requests.exceptions.SSLError) or "CERTIFICATE_VERIFY_FAILED" in text:
        found = re.search(r"certificate verify failed: ([^(]*)", text)
        why = found.group(1).strip() if found else text[:200]
        return (
            f"the connection is not secure ({why}). Check the address and this computer's clock. "
            "In a network with its own certificates, set REQUESTS_CA_BUNDLE to them."
        )
    if "timed out" in text:
        return f"the server sent nothing for {timeout:g} s. Try again."
    if "NameResolution" in text or "Name or service" in text:
        return "there is no server of this name. Check the address and the network."
    if "Connection refused" in text:
        return "the server cannot be reached (connection refused)."
    return f"the download failed ({text[:200]})."


def _continue(session: requests.Session, address: str, body: Path, meter: Meter) -> None:
    version = unfinished.recall(body.parent)
    have = body.stat().st_size if version and body.exists() else 0
    headers = {"Range": f"bytes={have}-", "If-Range": version.validator} if version and have else {}
    response = _open(session, address, headers, meter)
    with response:
        start = _start(response, have, version)
        if start == -1:  # an answer to another question: ask for everything
            unfinished.remove(body.parent)
            body.parent.mkdir()
            response.close()
            return _continue(session, address, body, meter)
        if response.status_code == requests.codes.requested_range_not_satisfiable:
            return meter(have, have)  # all of it was there
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() else None
        meter(start, total)
        meter.skip()
        advice = " Free some space, or choose another disk with KIT_CACHE."
        check_room(body.parent, (total or start) - start, advice)
        if not start:
            _note(response, body.parent, total)
        return _receive(response, body, start, total, meter)


def _receive(response: Any, body: Path, start: int, total: int | None, meter: Meter) -> None:
    come = start
    with files.named(body), body.open("ab" if start else "wb") as file:
        try:
            while chunk := response.raw.read1(CHUNK, decode_content=False):
                come += len(chunk)
                meter(come, total)
                file.write(chunk)
        except urllib3.exceptions.ReadTimeoutError:
            raise
        except urllib3.exceptions.HTTPError as error:
            raise _Broken(_come(come, total)) from error
    if total is not None and come != total:
        raise _Broken(_come(come, total))


def _come(come: int, total: int | None) -> str:
    of = "" if total is None else f" of {total:,}"
    return f"the connection ended after {come:,}{of} bytes. Try again."


def _start(response: Any, have: int, version: Version | None) -> int:
    """Return the byte from which the answer goes on; -1 where it does not fit what is there."""
    if response.status_code == requests.codes.ok:
        return 0
    found = RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if version is None or found is None:
        return -1
    first, total = found.groups()
    if version.total is not None and total not in (str(version.total), "*"):
        return -1
    if response.status_code == requests.codes.requested_range_not_satisfiable:
        return have if total == str(have) else -1
    return have if first == str(have) else -1


def _note(response: Any, folder: Path, total: int | None) -> None:
    """Remember the version if it can be asked for again: weak ETags name no exact bytes."""
    tag = response.headers.get("ETag", "")
    validator = tag if tag and not tag.startswith("W/") else response.headers.get("Last-Modified")
    if validator:
        unfinished.remember(folder, Version(validator, total))
    else:
        (folder / "version.json").unlink(missing_ok=True)


def _open(session: requests.Session, address: str, extra: dict[str, str], meter: Meter) -> Any:
    """Follow redirects, but none to an unsafe scheme or into a private network."""
    headers = {"Accept-Encoding": "identity", **extra}  # so that ranges count the file's bytes
    first = address
    for _ in range(REDIRECTS + 1):
        try:
            response = session.get(
                address, headers=headers, stream=True, allow_redirects=False,
                timeout=(meter.limits.patience, meter.limits.timeout),
            )  # fmt: skip
        except (ValueError, urllib3.exceptions.LocationValueError) as error:
            raise KitError(f"{shown(address)} is not a usable address: {error}.") from error
        full = response.status_code == requests.codes.requested_range_not_satisfiable and extra
        part = response.status_code == requests.codes.partial_content and extra
        if full or part or response.status_code == requests.codes.ok:
            return response
        response.close()
        response.raise_for_status()
        if not response.is_redirect:
            raise KitError(f"{shown(address)}: the server answered {response.status_code}.")
        address = urljoin(address, response.headers["Location"])
        check_redirect(first, address)
    raise KitError(f"{shown(first)}: more than {REDIRECTS} redirects.")
