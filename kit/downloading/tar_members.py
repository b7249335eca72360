"""What a tar archive holds, read with a limit on what its headers may cost."""

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from kit.downloading.careful_writing import HEADERS, Careful
from kit.downloading.member_names import refused

__all__ = ["Tar", "is_tar", "opened"]

LONGEST_READ = 2**21  # bytes; files are copied in pieces of 2**20
AROUND = 4096  # bytes around a file: its header, often two more for long names, and zeros to 512
OPENERS: dict[bytes, Callable[[Path], Any]] = {  # by the first bytes
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
NONE = (
    tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, RecursionError, ValueError,
    LookupError,
)  # fmt: skip


def is_tar(path: Path) -> bool:
    """Return whether the file, unpacked where it is compressed, begins as a tar archive."""
    try:
        with opened(path, HEADERS):
            return True
    except NONE:
        return False


@contextmanager
def opened(path: Path, max_bytes: int) -> Iterator["Tar"]:
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


class Tar:
    """The files of an opened archive."""

    def __init__(self, archive: tarfile.TarFile, file: Careful) -> None:
        """Take an archive that reads from ``file``."""
        self._archive, self._file = archive, file

    def plain_files(self) -> Iterator[tarfile.TarInfo]:
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
            yield member

    def open(self, member: tarfile.TarInfo) -> IO[bytes]:
        """Return a file's content."""
        self._file.budget = None
        source = self._archive.extractfile(member)
        if source is None:
            raise refused(member.name, "is not a file")
        return source

    def read_rest(self) -> None:
        """Read on to the end, where the checksum of a compressed archive stands."""
        self._file.budget = None
        while self._file.read(2**20):
            pass

    def _next(self) -> tarfile.TarInfo | None:
        self._file.budget = HEADERS
        return self._archive.next()
