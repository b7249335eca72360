"""Unpack an archive from a stranger: first a plan, then files, and nothing outside the folder.

Only ordinary files are written, with ordinary permissions. What a plan refuses: names that leave
the folder, links and devices, more files or bytes than allowed, contents that share bytes of the
archive (a small file that unpacks to an enormous one). Archives inside archives stay as they are.
"""

import lzma
import shutil
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from kit import files, progress
from kit.downloading.limits import TooLarge, check_room
from kit.downloading.member_names import safe_names
from kit.downloading.members import OPENERS, Member, Tar, Zip, is_tar, opened_tar, opened_zip
from kit.errors import DataError, KitError

__all__ = ["MAX_FILES", "is_archive", "is_checksummed", "unpack"]

MAX_FILES = 2_000_000  # with the folders; ImageNet has 1.4 million
MAX_RATIO = 100  # pictures hardly shrink; a file of zeros shrinks a thousandfold
SMALL = 100 * 2**20  # bytes below which a high ratio does no harm
BLOCK = 4096  # bytes that a small file takes on most disks
DAMAGE = (  # what the readers raise on bytes that are no archive
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError,
    OSError, RuntimeError, ValueError, LookupError, ArithmeticError,
)  # fmt: skip


def is_archive(path: Path) -> bool:
    """Return whether a file is a zip or tar archive, by its content."""
    return _is_zip(path) or is_tar(path)


def is_checksummed(path: Path) -> bool:
    """Return whether a file begins as an archive, or a part of one, with checksums of contents."""
    with path.open("rb") as file:
        return file.read(6).startswith((b"PK", *OPENERS))


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
    folder.mkdir()
    try:
        with opened_zip(path) if _is_zip(path) else opened_tar(path, max_bytes) as archive:
            return _unpack(archive, path, folder, max_bytes)
    except KitError:
        raise
    except DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's fault; gzip and bzip2 report damage as an OSError without a number
        words = " ".join(str(error).split())[:200] or type(error).__name__
        raise DataError(
            f"The archive cannot be unpacked. It is damaged or of an unknown kind: {words}."
        ) from error


def _is_zip(path: Path) -> bool:
    """Return whether it is one; a tar whose last file is one looks like it from behind."""
    if not zipfile.is_zipfile(path):
        return False
    with path.open("rb") as file:
        return file.read(2) == b"PK" or not is_tar(path)


def _unpack(archive: Zip | Tar, path: Path, folder: Path, max_bytes: int) -> int:
    members = list(_counted(archive.plain_files(), max_bytes))
    names = safe_names([member.name for member in members])
    _check(names, [member.size for member in members], path, folder, max_bytes)
    pairs = zip(members, names, strict=True)
    for member, name in progress.track(pairs, len(members), "Unpacking", "files unpacked"):
        with archive.open(member) as source:
            _write(source, folder / name)
    archive.finish()
    return len(members)


def _counted(members: Iterable[Member], max_bytes: int) -> Iterator[Member]:
    """Stop where there are too many: what a tar lists is found by unpacking all."""
    total = 0
    for number, member in enumerate(members, 1):
        total += member.size
        _check_limits(number, total, max_bytes)
        yield member


def _check(
    names: Sequence[str], sizes: Sequence[int], path: Path, folder: Path, max_bytes: int
) -> None:
    folders = {parent for name in names for parent in PurePosixPath(name).parents}
    total, packed = sum(sizes), path.stat().st_size
    _check_limits(len(names) + len(folders) - 1, total, max_bytes)
    if total > SMALL and total > MAX_RATIO * packed:
        raise DataError(
            f"The archive of {packed:,} bytes would unpack to {total:,}: these cannot be photos."
        )
    check_room(folder.parent, total + BLOCK * len(names))


def _check_limits(count: int, total: int, max_bytes: int) -> None:
    if count > MAX_FILES:
        raise DataError(f"The archive contains more than {MAX_FILES:,} files and folders.")
    if total > max_bytes:
        raise TooLarge(
            f"The archive unpacks to more than the {max_bytes:,} bytes allowed. Raise the limit."
        )


def _write(source: IO[bytes], target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with files.named(target), target.open("xb") as file:  # "x": two files of a plan stay two
        shutil.copyfileobj(source, file, 2**20)
