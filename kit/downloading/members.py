"""What zip and tar archives hold: only ordinary files, told with a limit on what headers cost."""

import bz2
import gzip
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from kit import progress
from kit.downloading.careful_reading import HEADERS, Careful
from kit.downloading.member_names import refused

__all__ = ["OPENERS", "Member", "Tar", "Zip", "is_tar", "opened_tar", "opened_zip"]

LOCAL_HEADER = 30  # bytes before each file of a zip, without its name
END_RECORD = 22  # bytes at a zip's end, before the comment
MANY = 0xFFFF  # stands there for "see the larger record"
DIRECTORY = 2**28  # bytes that a zip's list of files may have: two million names of 88 letters
LONGEST_READ = 2**21  # bytes of a tar; files are copied in pieces of 2**20
AROUND = 4096  # bytes around a tar's file: its header, often two more for long names, and zeros
OPENERS: dict[bytes, Callable[[Path], Any]] = {  # of a compressed tar, by the first bytes
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
NO_TAR = (
    tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, RecursionError, ValueError,
    LookupError,
)  # fmt: skip


class Member(NamedTuple):
    """A file in an archive, by its name there, with its bytes unpacked."""

    name: str
    size: int
    entry: Any


class Zip:
    """The files of an opened zip."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Take an archive."""
        self._archive = archive

    def plain_files(self) -> Iterator[Member]:
        """Yield the files, without the folders.

        Raises:
            DataError: One is encrypted or no ordinary file, or two share bytes.
        """
        every = self._archive.infolist()
        infos = [one for one in every if not one.filename.replace("\\", "/").endswith("/")]
        _check_overlap(infos, self._archive.start_dir)
        for info in infos:
            if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
                raise refused(info.filename, "is a link or a device")
            if info.flag_bits & 1:
                raise refused(info.filename, "is encrypted")
            # What zipfile calls filename ends at the first zero byte.
            yield Member(info.orig_filename, info.file_size, info)

    def open(self, member: Member) -> IO[bytes]:
        """Return a file's content: no more than its size, and checked against its checksum."""
        return self._archive.open(member.entry)

    def finish(self) -> None:
        """Do nothing: the checksums of a zip are beside its files."""


class Tar:
    """The files of an opened tar."""

    def __init__(self, archive: tarfile.TarFile, file: Careful) -> None:
        """Take an archive that reads from ``file``."""
        self._archive, self._file = archive, file

    def plain_files(self) -> Iterator[Member]:
        """Yield the files as they are found, without the folders.

        Raises:
            DataError: Something is no ordinary file, or has headers without end.
        """
        while (member := self._next()) is not None:
            self._file.allow(AROUND)
            if member.isdir():
                continue
            if not member.isreg() or member.issparse():
                raise refused(member.name, "is a link, a device or a file with holes")
            if member.size < 0:
                raise refused(member.name, "has a negative size")
            yield Member(member.name, member.size, member)

    def open(self, member: Member) -> IO[bytes]:
        """Return a file's content."""
        self._file.budget = None
        source = self._archive.extractfile(member.entry)
        if source is None:
            raise refused(member.name, "is not a file")
        return source

    def finish(self) -> None:
        """Read on to the end, where the checksum of a compressed archive stands."""
        self._file.budget = None
        while self._file.read(2**20):
            pass

    def _next(self) -> tarfile.TarInfo | None:
        self._file.budget = HEADERS
        return self._archive.next()


def is_tar(path: Path) -> bool:
    """Return whether the file, unpacked where it is compressed, begins as a tar archive."""
    try:
        with opened_tar(path, HEADERS):
            return True
    except NO_TAR:
        return False


@contextmanager
def opened_tar(path: Path, max_bytes: int) -> Iterator[Tar]:
    """Open an archive whose files may have ``max_bytes``; it is read no further than that needs."""
    with path.open("rb") as file:
        start = file.read(6)
    found = (opener for magic, opener in OPENERS.items() if start.startswith(magic))
    opener = next(found, lambda plain: plain.open("rb"))
    with opener(path) as unpacked:
        careful = Careful(unpacked, LONGEST_READ, max_bytes + HEADERS)
        careful.budget = HEADERS
        with tarfile.open(fileobj=careful, mode="r:") as archive:
            yield Tar(archive, careful)


@contextmanager
def opened_zip(path: Path) -> Iterator[Zip]:
    """Open an archive whose list of files has an honest length."""
    with path.open("rb") as file, zipfile.ZipFile(Careful(file, DIRECTORY)) as archive:
        file.seek(-END_RECORD - len(archive.comment), os.SEEK_END)
        announced = int.from_bytes(file.read(END_RECORD)[10:12], "little")
        found = len(archive.infolist())
        if announced not in (found & MANY, MANY):  # zipfile does not look; old programs count round
            raise zipfile.BadZipFile(f"{announced} entries announced, {found} found")
        yield Zip(archive)


def _check_overlap(infos: list[zipfile.ZipInfo], directory: int) -> None:
    """Refuse files of which one holds another, as D. Fifield, A better zip bomb, WOOT 2019."""
    end, last = 0, ""
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise refused(info.filename, f"shares its bytes with {progress.clean(last)[:80]}")
        end, last = info.header_offset + LOCAL_HEADER + info.compress_size, info.filename
    if end > directory:
        raise refused(last, "shares its bytes with the list of files")
