"""Fetch a folder of images from the internet: all of it, checked, or nothing."""

import contextlib
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from kit import progress
from kit.downloading import archives, binary_records, google_drive, https, unfinished
from kit.downloading.addresses import is_safe, shown
from kit.downloading.catalog import CATALOG, DataSet, RemoteFile, listed
from kit.downloading.files_by_name import download_file
from kit.downloading.limits import Limits, Meter, Stopped, TooLarge, metered, watched
from kit.errors import DataError, KitError, SettingError, nearest

__all__ = ["CATALOG", "DataSet", "Limits", "RemoteFile", "download", "download_file", "listed"]

PACKED = (".zip", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".rar", ".7z")
LITTER = {"__MACOSX", ".DS_Store"}
LONGEST_TIMEOUT = 86_400  # seconds; what waits on the network takes no number without end
SHA256 = re.compile("[0-9a-f]{64}")
RECORDS = {  # of data sets whose archive holds a binary format
    "cifar": binary_records.from_cifar,
    "emnist": binary_records.from_emnist,
    "stl": binary_records.from_stl,
}
WEB_PAGE = (b"<!doctype html", b"<html", b"<head", b"<?xml")


def download(
    source: str,
    folder: Path | str,
    *,
    sha256: str | None = None,
    max_bytes: int = 5 * 2**30,
    timeout: float = 30.0,
    max_hours: float = 24.0,
) -> Path:
    """Fetch images into a new folder: a named data set, an archive, or a folder of Google Drive.

    A single folder that holds everything is left out, so that the classes (or ``train`` and
    ``test``) are directly in ``folder``. Until everything is there and checked, it lies in a
    temporary folder beside it. What an interrupted download has fetched waits in the user's cache
    folder for a day, and the next call for the same source goes on there.

    Args:
        source: A name in ``CATALOG``, the address of a zip or tar archive (https), or a Google
            Drive address (a file or a folder) or file id.
        folder: Where to; it must not exist.
        sha256: The archive's expected SHA-256, 64 hexadecimal digits.
        max_bytes: Most bytes to download, and most bytes to unpack to.
        timeout: Seconds in which at least a KiB a second must come, at most a day of them.
        max_hours: Of downloading.

    Returns:
        ``folder``.

    Raises:
        SettingError: The source is none of these, the folder exists, or a limit is out of its
            range.
        DataError: What came is not what was expected, or no whole archive of ordinary files.
        KitError: The server cannot be reached or trusted, stopped in the middle or is too slow.
    """
    folder = Path(folder)
    if not (max_bytes > 0 and 0 < timeout <= LONGEST_TIMEOUT and max_hours > 0):
        raise SettingError(
            f"The limits must be above 0, and the timeout at most {LONGEST_TIMEOUT} s; got "
            f"{max_bytes} bytes, {timeout} s and {max_hours} hours."
        )
    limits = Limits(max_bytes, timeout, max_hours * 3600)
    wanted = _with_hash(_data_set(source), sha256)
    if folder.exists() or folder.is_symlink():
        raise SettingError(f"{folder} already exists. Name a new folder, or delete it.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished.sweep(folder.parent)
    with unfinished.workplace(folder.parent) as work:
        _fetch_and_make(wanted, shown(source), work, limits)
        _publish(_without_wrapper(work / "made"), folder)
    inside = sorted(path for path in folder.rglob("*") if path.name.lower().endswith(PACKED))
    if inside:
        progress.say(
            f"Archives inside are not unpacked: {len(inside)}, such as {inside[0]}. If they "
            "contain images, unpack them and remove them from the folder."
        )
    return folder


def _data_set(source: str) -> DataSet:
    if source in CATALOG:
        return CATALOG[source]
    if is_safe(source):
        address = source
    elif google_drive.FILE_ID.fullmatch(source):
        address = f"https://drive.google.com/uc?id={source}"
    else:
        raise SettingError(
            "source must be an address that begins with https://, a Google Drive file id or one of "
            f"{', '.join(CATALOG)}; got {shown(source)!r}.{nearest(source, CATALOG)}"
        )
    return DataSet((RemoteFile(address),), "archive", 0, (), "", "")


def _with_hash(wanted: DataSet, sha256: str | None) -> DataSet:
    if sha256 is None:
        return wanted
    digits = sha256.strip().lower()
    if not SHA256.fullmatch(digits):
        raise SettingError(f"`sha256` must be 64 hexadecimal digits; got {shown(sha256)!r}.")
    known = {file.sha256 for file in wanted.files} - {None}
    if len(wanted.files) > 1 or google_drive.folder_id(wanted.files[0].address) or known - {digits}:
        raise SettingError(
            "`sha256` works only for one archive by its address and without a known hash."
        )
    file = RemoteFile(wanted.files[0].address, digits)
    return DataSet((file,), wanted.kind, wanted.images, wanted.class_names, "", "")


def _fetch_and_make(wanted: DataSet, title: str, work: Path, limits: Limits) -> None:
    """Fetch, check and unpack into ``work / "made"``; keep what is good for another try."""
    with contextlib.ExitStack() as stack:
        places = [stack.enter_context(unfinished.place(file.address)) for file in wanted.files]
        try:
            with metered(title, limits) as meter:
                fetched = watched(lambda: _fetch(wanted, places, meter), meter)
            _make(wanted, fetched, work, limits)
        except (KitError, KeyboardInterrupt) as error:
            bad = isinstance(error, DataError) and not isinstance(error, TooLarge)
            for place in places:
                if bad or not unfinished.waiting(place):  # bad bytes must not be continued
                    unfinished.remove(place)
            if isinstance(error, DataError) or not isinstance(error, KitError):
                raise
            about = f"{title}: " if isinstance(error, Stopped) else ""
            raise KitError(f"{about}{error}{_hint(places)}") from error
        for place in places:
            unfinished.remove(place)


def _fetch(wanted: DataSet, places: Sequence[Path], meter: Meter) -> dict[str, Path]:
    """Return what has come by its name: files of a data set, or of a folder of Google Drive."""
    files = {}
    if google_drive.folder_id(wanted.files[0].address):
        return google_drive.fetch_folder(wanted.files[0].address, places[0], meter)
    for remote, place in zip(wanted.files, places, strict=True):
        fetch = google_drive.fetch_file if google_drive.is_drive(remote.address) else https.fetch
        files[remote.address] = fetch(remote.address, place, meter)
        meter.paced = False  # hashing brings no bytes
        _check(files[remote.address], remote, wanted.kind == "idx")
        meter.next_file()
        meter.paced = True
    return files


def _check(file: Path, remote: RemoteFile, single: bool) -> None:
    address, size = shown(remote.address), file.stat().st_size
    with file.open("rb") as opened:
        start = opened.read(512).lstrip().lower()
    if start.startswith(WEB_PAGE):
        raise DataError(
            f"{address} returned a web page, not an archive. Open it in a browser to see why (a "
            "login, a quota, or the address of a page about the file)."
        )
    if remote.size not in (None, size):
        raise DataError(f"{address} returned {size:,} bytes; the file has {remote.size:,}.")
    if remote.sha256 is not None:
        https.check_hash(file, remote.sha256, address)
    if not single and not archives.is_archive(file):
        raise DataError(f"{address} returned {size:,} bytes that are neither zip nor tar.")


def _make(wanted: DataSet, fetched: dict[str, Path], work: Path, limits: Limits) -> None:
    made, files = work / "made", list(fetched.values())
    if google_drive.folder_id(wanted.files[0].address):
        return google_drive.copy(fetched, made)
    if wanted.kind == "idx":
        parts = binary_records.from_idx(files)
    else:
        unpacked = made if wanted.kind == "archive" else work / "unpacked"
        if not archives.unpack(files[0], unpacked, limits.max_bytes):
            raise DataError(f"{shown(wanted.files[0].address)}: the archive is empty.")
        if wanted.kind == "archive":
            return None
        parts = RECORDS[wanted.kind](unpacked)
    count = binary_records.write(parts, made, wanted.class_names)
    if count != wanted.images:
        raise DataError(f"{count:,} images arrived; {wanted.images:,} were expected.")
    return None


def _hint(places: Sequence[Path]) -> str:
    waiting = sum(unfinished.waiting(place) for place in places)
    if not waiting:
        return ""
    return (
        f" The {waiting:,} bytes downloaded so far are kept for a day: the same command "
        "continues from there."
    )


def _without_wrapper(folder: Path) -> Path:
    """Go down while a folder holds nothing but one folder."""
    while True:
        entries = [entry for entry in folder.iterdir() if entry.name not in LITTER]
        if len(entries) != 1 or not entries[0].is_dir():
            return folder
        folder = entries[0]


def _publish(made: Path, folder: Path) -> None:
    shutil.rmtree(made / "__MACOSX", ignore_errors=True)
    if hasattr(os, "sync"):
        os.sync()  # so that a power cut after the rename finds whole files
    try:
        made.rename(folder)
    except OSError as error:
        raise SettingError(f"{folder} appeared in the meantime. Name another folder.") from error
