"""A file as the archive readers see it: no single read, and no position, beyond reason.

The headers of an archive may claim any length, and compressed they cost their author nothing. The
readers believe them, and ask for all of it at once: here it ends, before memory is spent.
"""

import io
from typing import IO

from kit.downloading.limits import TooLarge
from kit.errors import DataError

__all__ = ["HEADERS", "Careful"]

PIECE = 2**20  # bytes
HEADERS = 2**20  # bytes that the headers of one file may have


class Careful(io.RawIOBase):
    """A readable, seekable file with limits.

    ``budget`` is how many bytes may be read before it is set again; None for any number.
    """

    def __init__(self, file: IO[bytes], longest: int, end: int | None = None) -> None:
        """Wrap a file: no read of more than ``longest`` bytes, no position behind ``end``."""
        self._file, self._longest, self._end = file, longest, end
        self.budget: int | None = None

    def read(self, size: int | None = -1) -> bytes:
        """Read up to ``size`` bytes, all that is left for -1."""
        everything = size is None or size < 0
        wanted = self._longest + 1 if everything or size is None else size
        if wanted > self._longest and not everything:
            raise DataError(f"The archive is refused: one of its headers claims {wanted:,} bytes.")
        if self.budget is not None:
            self.budget -= wanted
            if self.budget < 0:
                raise DataError(
                    f"The archive is refused: the headers of one file take more than {HEADERS:,} "
                    "bytes."
                )
        self._check(self._file.tell())
        data = self._pieces(wanted)
        if len(data) > self._longest:
            raise DataError("The archive is refused: its end is missing.")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move; forwards in a compressed file means to unpack all between."""
        if whence == io.SEEK_SET:
            self._check(offset)
        return self._file.seek(offset, whence)

    def allow(self, more: int) -> None:
        """Move the highest position."""
        if self._end is not None:
            self._end += more

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readable(self) -> bool:
        """Return True."""
        return True

    def _pieces(self, wanted: int) -> bytes:
        """Read piece by piece: a claim alone must not take memory."""
        pieces = []
        while wanted and (piece := self._file.read(min(wanted, PIECE))):
            pieces.append(piece)
            wanted -= len(piece)
        return b"".join(pieces)

    def _check(self, position: int) -> None:
        if self._end is not None and position > self._end:
            raise TooLarge(
                f"The archive unpacks to more than the bytes allowed (at {position:,}). Raise the "
                "limit."
            )
