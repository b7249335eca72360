"""Files and folders of Google Drive, by gdown, under our limits."""

import re
import shutil
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from kit import progress
from kit.downloading.addresses import shown
from kit.downloading.archives import MAX_FILES, is_checksummed
from kit.downloading.https import FAILURES, reason
from kit.downloading.limits import Meter, Stopped, check_room
from kit.downloading.member_names import safe_names
from kit.errors import DataError, KitError

__all__ = ["FILE_ID", "copy", "fetch_file", "fetch_folder", "folder_id", "is_drive"]

FILE_ID = re.compile(r"[A-Za-z0-9_-]{25,60}")
HOSTS = ("drive.google.com", "docs.google.com")
FOLDER = re.compile(r"/folders/([A-Za-z0-9_-]{25,60})(?:/|$)")
RETRIES = 3
PARTS = "*.part"  # what gdown has not finished


def is_drive(address: str) -> bool:
    """Return whether Google Drive answers there."""
    return urlsplit(address).hostname in HOSTS


def folder_id(address: str) -> str | None:
    """Return the id of the folder that an address of Google Drive shows, or None."""
    found = FOLDER.search(urlsplit(address).path)
    return found.group(1) if found and is_drive(address) else None


def fetch_file(address: str, folder: Path, meter: Meter) -> Path:
    """Fetch one file into its folder of the cache, or the rest of it.

    Google Drive names no version of a file. So the rest is asked for only where the checksums in
    the archive tell whether it belongs to what is there.

    Raises:
        DataError: It is larger than the meter allows.
        KitError: Google Drive does not give it, or cannot be reached.
    """
    body = folder / "body"
    if body.exists():
        return body
    if not all(map(is_checksummed, folder.glob(PARTS))):
        _drop_parts(folder)
    _fetch(address, body, meter)
    return body


def fetch_folder(address: str, cache: Path, meter: Meter) -> dict[str, Path]:
    """Fetch a folder with its sub-folders; files that an earlier try fetched are not asked again.

    Args:
        address: Of the folder.
        cache: Where files are kept, under their ids, until all are there.
        meter: All files together.

    Returns:
        Safe relative names, and where the files are kept.

    Raises:
        DataError: It is empty, larger than allowed, or has a name that no file may have.
        KitError: Google Drive does not give one of the files, or cannot be reached.
    """
    _drop_parts(cache)  # of a photo nobody could tell whether its halves belong together
    entries = _entries(address, meter)
    names = safe_names(_numbered([entry.path for entry in entries]))
    progress.say(f"The folder has {len(names)} files.")
    for entry in entries:
        kept = cache / entry.id
        if kept.exists():
            meter(kept.stat().st_size, None)
        else:
            _fetch(f"https://drive.google.com/uc?id={entry.id}", kept, meter)
        meter.next_file()
    return {name: cache / entry.id for entry, name in zip(entries, names, strict=True)}


def copy(files: dict[str, Path], target: Path) -> None:
    """Copy what the cache keeps to its names in a new folder, perhaps on another disk.

    Raises:
        KitError: The disk has too little room.
    """
    target.mkdir()
    check_room(target.parent, sum(path.stat().st_size for path in files.values()))
    for name, path in progress.track(files.items(), len(files), "Copying", "files copied"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / name)  # one file may stand in two folders


def _entries(address: str, meter: Meter) -> list[Any]:
    import gdown

    meter.paced = False  # lists of names: no bytes are counted
    try:
        entries = gdown.download_folder(
            id=folder_id(address), quiet=True, use_cookies=False, skip_download=True,
            timeout=meter.limits.timeout,
        )  # fmt: skip
    except RecursionError as error:
        raise DataError(f"{shown(address)}: folders are nested too deeply.") from error
    except gdown.exceptions.DownloadError as error:
        raise _refusal(address, error) from error
    except FAILURES as error:
        raise KitError(f"{shown(address)}: {reason(error, meter.limits.timeout)}") from error
    finally:
        meter.paced = True
    if not entries:
        raise DataError(f"{shown(address)}: the folder is empty, or not public.")
    if len(entries) > MAX_FILES:
        raise DataError(f"{shown(address)}: the folder has more than {MAX_FILES:,} files.")
    return list(entries)


def _drop_parts(folder: Path) -> None:
    for part in folder.glob(PARTS):
        part.unlink()


def _fetch(address: str, target: Path, meter: Meter) -> None:
    """Fetch a file, or the rest of it where a part of it lies beside its target."""
    import gdown

    for last in (False, True):
        try:
            gdown.download(
                address, str(target), quiet=True, use_cookies=False, progress=meter, resume=True,
                timeout=meter.limits.timeout, retries=RETRIES, cancel=meter.stop,
            )  # fmt: skip
            return
        except gdown.exceptions.DownloadError as error:
            if "byte range" not in str(error):
                raise _refusal(address, error) from error
            if last:
                raise KitError(
                    f"{shown(address)}: the connection broke, and Google Drive did not resume the "
                    "download. Try again."
                ) from error
            _drop_parts(target.parent)
        except gdown.DownloadCancelled as error:
            raise Stopped("given up.") from error
        except FAILURES as error:
            raise KitError(f"{shown(address)}: {reason(error, meter.limits.timeout)}") from error


def _refusal(address: str, error: Exception) -> KitError:
    words = " ".join(str(error).split())[:300]
    return KitError(
        f"Google Drive did not return {shown(address)}: {words} Google blocks files that many "
        "people download, often for a day. Open the address in a browser, download, unpack."
    )


def _numbered(names: list[str]) -> list[str]:
    """Give a number to files of one name, which a folder of Google Drive may hold."""
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        path = PurePosixPath(name)
        again = path.with_name(f"{path.stem} ({seen[name]}){path.suffix}")
        numbered.append(name if seen[name] == 1 else again.as_posix())
    return numbered
