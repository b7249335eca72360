"""One file of a known name, whole and checked, or nothing."""

import shutil
from pathlib import Path

from kit import files
from kit.downloading import https, unfinished
from kit.downloading.addresses import shown
from kit.downloading.limits import Limits, metered, watched
from kit.errors import DataError, KitError

__all__ = ["download_file"]


def download_file(
    address: str,
    path: Path | str,
    limits: Limits,
    line: str,
    *,
    begins: bytes = b"",
    known_hash: str | None = None,
) -> None:
    """Fetch a file to a path; what an interrupted try has fetched waits for a day in the cache.

    Args:
        address: Of the file, https.
        path: Where it goes; a file that is there is replaced.
        limits: On bytes and seconds.
        line: Said before anything is asked.
        begins: What a file of its kind begins with.
        known_hash: Its MD5, 32 hexadecimal digits, or its SHA-256, 64.

    Raises:
        DataError: What came is too large or another file; nothing of it is kept.
        KitError: The server cannot be reached or trusted, stopped in the middle or is too slow, or
            the file cannot be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.sweep(path.parent)
        with unfinished.place(address) as place:
            try:
                with metered(path.name, limits, line) as meter:
                    come = watched(lambda: https.fetch(address, place, meter), meter)
                _check(come, shown(address), begins, known_hash)
            except (KitError, KeyboardInterrupt) as error:
                if isinstance(error, DataError) or not unfinished.waiting(place):
                    unfinished.remove(place)
                raise
            size = come.stat().st_size
            files.write(path, lambda whole: shutil.copyfile(come, whole), size)
            unfinished.remove(place)
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        raise KitError(f"{name}{error.strerror or error}.") from error


def _check(come: Path, address: str, begins: bytes, known_hash: str | None) -> None:
    with come.open("rb") as file:
        if file.read(len(begins)) != begins:
            raise DataError(f"{address} returned another kind of file.")
    if known_hash is not None:
        https.check_hash(come, known_hash, address)
