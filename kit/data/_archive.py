"""Unpack an archive from a stranger: first a plan, then files, and nothing outside the folder.

Only ordinary files are written, with ordinary permissions. What a plan refuses: names that leave
the folder, links and devices, more files or bytes than allowed, contents that share bytes of the
archive (a small file that unpacks to an enormous one).
"""

import lzma
import os
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, TypeVar

from kit import progress
from kit.errors import DataError, KitError

__all__ = ["MAX_FILES", "is_archive", "unpack"]

MAX_FILES = 2_000_000  # ImageNet has 1.4 million
MAX_RATIO = 100  # pictures hardly shrink; a file of zeros shrinks a thousandfold
SMALL = 100 * 2**20  # bytes below which a high ratio does no harm
LOCAL_HEADER = 30  # bytes before each file in a zip archive, without its name
END_RECORD = 22  # bytes at the end of a zip archive, before its comment
MANY = 0xFFFF  # stands there for "see the larger record"
DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError)
Item = TypeVar("Item")
Plan = list[tuple[str, int]]  # safe relative name, bytes


def is_archive(path: Path) -> bool:
    """Return whether a file is a zip or tar archive, by its content."""
    return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)


def unpack(path: Path, folder: Path, max_bytes: int) -> int:
    """Unpack a zip or tar archive (also compressed by gzip, bzip2 or xz) into a new folder.

    Args:
        path: The archive.
        folder: Where to; it must not exist. After an error it may hold a part of the files.
        max_bytes: Most bytes that all files together may have.

    Returns:
        The number of files.

    Raises:
        DataError: The archive is damaged, or holds what no set of images needs.
        KitError: The disk has too little room.
    """
    unpack_kind = _unpack_zip if zipfile.is_zipfile(path) else _unpack_tar
    folder.mkdir()
    try:
        return unpack_kind(path, folder, max_bytes)
    except (*DAMAGE, NotImplementedError, UnicodeError, OSError) as error:
        if isinstance(error, OSError) and not _same_name_twice(error) and error.errno is not None:
            raise  # the disk's fault; gzip and bzip2 report damage as an OSError without a number
        raise DataError(
            f"The archive cannot be unpacked, it is damaged or of an unknown kind: {error}."
        ) from error


def _unpack_zip(path: Path, folder: Path, max_bytes: int) -> int:
    with zipfile.ZipFile(path) as archive:
        _check_count(path, archive)
        infos = [info for info in archive.infolist() if not _is_folder(info)]
        for info in infos:
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG):
                raise _refused(info.filename, "is a link or a device")
            if info.flag_bits & 1:
                raise _refused(info.filename, "is encrypted")
        _check_overlap(infos)
        names = [_safe_name(info.filename) for info in infos]
        sizes = [info.file_size for info in infos]
        _check(list(zip(names, sizes, strict=True)), path, folder, max_bytes)
        for info, name in _tracked(list(zip(infos, names, strict=True))):
            with archive.open(info) as source:  # reads no more than file_size, and checks the CRC
                _write(source, folder / name)
    return len(infos)


def _unpack_tar(path: Path, folder: Path, max_bytes: int) -> int:
    with tarfile.open(path) as archive:
        members = _tar_files(archive, max_bytes)
        plan = [(_safe_name(member.name), member.size) for member in members]
        _check(plan, path, folder, max_bytes)
        for member, (name, _) in _tracked(list(zip(members, plan, strict=True))):
            source = archive.extractfile(member)
            if source is None:
                raise _refused(member.name, "is not a file")
            with source:
                _write(source, folder / name)
        _read_rest(archive, max_bytes)
    return len(plan)


def _tar_files(archive: tarfile.TarFile, max_bytes: int) -> list[tarfile.TarInfo]:
    """List the files, and stop where there are too many: a list is found by unpacking all."""
    files, total = [], 0
    for member in archive:
        if member.isdir():
            continue
        if not member.isreg() or member.issparse():
            raise _refused(member.name, "is a link, a device or a file with holes")
        files.append(member)
        total += member.size
        _check_limits(len(files), total, max_bytes)
    return files


def _read_rest(archive: tarfile.TarFile, max_bytes: int) -> None:
    """Read on to the end, where the checksum of a compressed archive stands."""
    rest = 0
    while archive.fileobj and (block := archive.fileobj.read(2**20)):
        rest += len(block)
        _check_limits(0, rest, max(max_bytes, 2**20))  # a tar ends with up to 10 KiB of zeros


def _same_name_twice(error: OSError) -> bool:
    return isinstance(error, FileExistsError | NotADirectoryError | IsADirectoryError)


def _is_folder(info: zipfile.ZipInfo) -> bool:
    return info.filename.replace("\\", "/").endswith("/")


def _safe_name(name: str) -> str:
    """Return the name with forward slashes.

    Raises:
        DataError: It is absolute, leads upwards or holds control characters.
    """
    given, name = name, name.replace("\\", "/")  # some programs on Windows write "\"
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or re.match("[A-Za-z]:", name):
        raise _refused(given, "leads out of the folder")
    if any(ord(c) < 32 or ord(c) == 127 for c in name):
        raise _refused(given, "holds control characters")
    return "/".join(parts)


def _check(plan: Plan, path: Path, folder: Path, max_bytes: int) -> None:
    total, packed = sum(size for _, size in plan), path.stat().st_size
    _check_limits(len(plan), total, max_bytes)
    if total > SMALL and total > MAX_RATIO * packed:
        raise DataError(
            f"The archive of {packed:,} bytes would unpack to {total:,}: these cannot be photos."
        )
    free = shutil.disk_usage(folder).free
    if total > free:
        raise KitError(f"{folder.parent}: the files need {total:,} bytes, {free:,} are free.")


def _check_limits(count: int, total: int, max_bytes: int) -> None:
    if count > MAX_FILES:
        raise DataError(f"The archive holds more than {MAX_FILES:,} files.")
    if total > max_bytes:
        raise DataError(f"The archive unpacks to more than the {max_bytes:,} bytes allowed.")


def _check_count(path: Path, archive: zipfile.ZipFile) -> None:
    """Compare with the number of entries at the archive's end, which zipfile does not."""
    with path.open("rb") as file:
        file.seek(-END_RECORD - len(archive.comment), os.SEEK_END)
        record = file.read(END_RECORD)
    announced = int.from_bytes(record[10:12], "little")
    if announced not in (len(archive.infolist()) & MANY, MANY):  # old programs count round
        raise zipfile.BadZipFile(f"{announced} entries announced, {len(archive.infolist())} found")


def _check_overlap(infos: list[zipfile.ZipInfo]) -> None:
    end, last = 0, ""
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise _refused(info.filename, f"shares its bytes with {progress.clean(last)}")
        end, last = info.header_offset + LOCAL_HEADER + info.compress_size, info.filename


def _write(source: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:  # "x": two files of one name are damage, never a quiet loss
        shutil.copyfileobj(source, file, 2**20)


def _tracked(items: list[Item]) -> Iterator[Item]:
    return progress.track(items, len(items), "Unpacking", "files unpacked")


def _refused(name: str, why: str) -> DataError:
    return DataError(f"The archive is refused: {progress.clean(name)} {why}.")
