"""What a zip archive says of itself, and whether that can be true."""

import os
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kit import progress
from kit.downloading.careful_writing import Careful
from kit.downloading.member_names import refused
from kit.errors import DataError

__all__ = ["opened", "plain_files"]

LOCAL_HEADER = 30  # bytes before each file, without its name
END_RECORD = 22  # bytes at the end, before the comment
MANY = 0xFFFF  # stands there for "see the larger record"
DIRECTORY = 2**28  # bytes that the list of files may have: two million names of 88 letters


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose list of files has an honest length."""
    with path.open("rb") as file, zipfile.ZipFile(Careful(file, DIRECTORY)) as archive:
        _check_count(path, archive)
        yield archive


def plain_files(archive: zipfile.ZipFile, most: int) -> list[zipfile.ZipInfo]:
    """List the files, without the folders.

    Raises:
        DataError: There are too many, one is encrypted or no ordinary file, or two share bytes.
    """
    if len(archive.infolist()) > most:
        raise DataError(f"The archive holds more than {most:,} files and folders.")
    infos = [info for info in archive.infolist() if not _is_folder(info)]
    for info in infos:
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise refused(info.filename, "is a link or a device")
        if info.flag_bits & 1:
            raise refused(info.filename, "is encrypted")
    _check_overlap(infos, archive.start_dir)
    return infos


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.filename.replace("\\", "/").endswith("/")


def _check_count(path: Path, archive: zipfile.ZipFile) -> None:
    """Compare with the number of entries at the archive's end, which zipfile does not."""
    with path.open("rb") as file:
        file.seek(-END_RECORD - len(archive.comment), os.SEEK_END)
        record = file.read(END_RECORD)
    announced = int.from_bytes(record[10:12], "little")
    if announced not in (len(archive.infolist()) & MANY, MANY):  # old programs count round
        raise zipfile.BadZipFile(f"{announced} entries announced, {len(archive.infolist())} found")


def _check_overlap(infos: list[zipfile.ZipInfo], directory: int) -> None:
    """Refuse files of which one holds another, as D. Fifield, A better zip bomb, WOOT 2019."""
    end, last = 0, ""
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise refused(info.filename, f"shares its bytes with {progress.clean(last)[:80]}")
        end, last = info.header_offset + LOCAL_HEADER + info.compress_size, info.filename
    if end > directory:
        raise refused(last, "shares its bytes with the list of files")
