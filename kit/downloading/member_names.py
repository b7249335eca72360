"""Names that strangers give to files: which of them may become files here."""

import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePosixPath

from kit import progress
from kit.errors import DataError

__all__ = ["refused", "safe_names"]

LONGEST_PART = 255  # bytes; the limit of ext4, APFS and NTFS (there 255 of another unit)
LONGEST_NAME = 1000  # bytes; macOS ends at 1024 for the whole path
DEEPEST = 32  # folders
OVERRIDES = "\u202d\u202e"  # write what follows in one direction: "photo<RLO>gpj.exe"
HIDDEN = ("Cc", "Cs", "Zl", "Zp")  # controls, halves of characters, separators of lines
DEVICES = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?", re.I)
WINDOWS = os.name == "nt"


def safe_names(names: Sequence[str]) -> list[str]:
    """Return the names relative to their folder, with forward slashes.

    Names that differ only by case, or by how Unicode spells them, are refused everywhere: on
    Windows and macOS they are one file, and the set of images would be another one there. What
    only Windows cannot hold is refused only there.

    Raises:
        DataError: A name leads out of the folder, holds control characters, is too long, or is the
            same as another one; or a file has the name of a folder.
    """
    safe = [_safe(name) for name in names]
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for given, name in zip(names, safe, strict=True):
        key = _key(name)
        if key in files:
            raise refused(given, f"has the same name as {_shown(files[key])}")
        files[key] = name
        for folder in _folders(name):
            if folders.setdefault(_key(folder), folder) != folder:
                other = folders[_key(folder)]
                raise refused(given, f"is in a folder of the same name as {_shown(other)}")
    for key in files.keys() & folders.keys():
        raise refused(files[key], "has the name of a folder")
    return safe


def refused(name: str, why: str) -> DataError:
    """Return the error for a file that is not taken, and the whole archive with it."""
    return DataError(
        f"The archive is refused: {_shown(name)} {why}. Nothing was kept. Ask its maker, or unpack "
        "it by hand without this file."
    )


def _safe(name: str) -> str:
    given, name = name, name.replace("\\", "/")  # some programs on Windows write "\"
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or re.match("[A-Za-z]:", name):
        raise refused(given, "leads out of the folder")
    if any(unicodedata.category(c) in HIDDEN or c in OVERRIDES for c in name):
        raise refused(given, "contains control characters")
    longest = max(len(part.encode()) for part in parts)
    if longest > LONGEST_PART or len(name.encode()) > LONGEST_NAME or len(parts) > DEEPEST:
        raise refused(given, "has a name that is too long or too deep")
    if WINDOWS and any(_not_on_windows(part) for part in parts):
        raise refused(given, "has a name that Windows does not allow")
    return "/".join(parts)


def _not_on_windows(part: str) -> bool:
    named = DEVICES.fullmatch(part) or part[-1] in ". "
    return bool(named) or any(c in '<>:"|?*' for c in part)


def _folders(name: str) -> list[str]:
    return [folder.as_posix() for folder in PurePosixPath(name).parents][:-1]


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _shown(name: str) -> str:
    text = progress.clean(name)
    return text if len(text) <= 80 else f"{text[:77]}..."
