"""The program that fetches a folder of images."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from kit.commands.programs import program
from kit.errors import SettingError

if TYPE_CHECKING:
    from kit.downloading import DataSet

__all__ = ["download", "main"]


def download(
    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SOURCE")] = "",
    into: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="FOLDER")] = None,
    *,
    list_names: Annotated[bool, tyro.conf.arg(name="list"), tyro.conf.FlagCreatePairsOff] = False,
    sha256: str | None = None,
    max_gigabytes: float = 5.0,
    timeout: float = 30.0,
    max_hours: float = 24.0,
) -> None:
    """Fetch images into a new folder: a named data set, an archive or a folder of Google Drive.

    Args:
        source: A name that --list shows, the address of a zip or tar archive (https), or a Google
            Drive address (a file or a folder) or file id.
        into: Where to; it must not exist.
        list_names: Show the named data sets: images, classes, size and licence.
        sha256: The archive's SHA-256, where you know it; anything else is refused.
        max_gigabytes: Most to download, and most to unpack to, in units of 2^30 bytes.
        timeout: Seconds in which at least a KiB a second must come, at most 86,400.
        max_hours: After which a download is ended.
    """
    for flag, value in (("--max-gigabytes", max_gigabytes), ("--max-hours", max_hours)):
        if not math.isfinite(value):
            raise SettingError(f"{flag} must be a number above 0, not {value}.")
    if not list_names and (not source or into is None):
        raise SettingError(
            "kit-download takes a source and a new folder, for example "
            "kit-download flower_photos flowers; --list shows the names."
        )
    from kit import downloading as downloads  # here, so that --help need not wait for NumPy

    if list_names or into is None:
        print(_table(downloads.CATALOG))
        return
    max_bytes = int(max_gigabytes * 2**30)
    limits = {"timeout": timeout, "max_hours": max_hours}
    print(downloads.download(source, into, sha256=sha256, max_bytes=max_bytes, **limits))


def _table(catalog: "dict[str, DataSet]") -> str:
    rows = [("name", "images", "classes", "download", "licence")]
    for name, entry in catalog.items():
        size = "?" if entry.size is None else f"{entry.size / 1e6:.0f} MB"
        rows.append((name, f"{entry.images:,}", str(len(entry.class_names)), size, entry.license))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        f"{name:<{widths[0]}}  {images:>{widths[1]}}  {classes:>{widths[2]}}  {size:>{widths[3]}}"
        f"  {note}"
        for name, images, classes, size, note in rows
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the program."""
    program(download)
