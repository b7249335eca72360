"""stdout and stderr that end no work: what is printed is the last of it, and much went before."""

import contextlib
import errno
import io
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import Any, TextIO

from kit import progress

CLOSED = (errno.EPIPE, errno.EINVAL)  # the latter on Windows: nobody reads any more
WIDEST = 100  # columns of a sentence
HANG = 60  # columns: what begins further right is a table's last column, not a sentence
WHOLE = re.compile(r"\s*(\S*kit-[a-z]+ |.*\x1b)")  # commands, to be copied, and rich's drawings
COLUMNS = re.compile(r".*(?:^| ) +(?=\S)")


def fitted(text: str, width: int) -> str:
    """Return a text whose sentences fit in ``width`` columns; commands and tables stay whole."""
    return "\n".join(_fitted(line, width) for line in text.split("\n"))


def _fitted(line: str, width: int) -> str:
    hang = found.end() if (found := COLUMNS.match(line)) else 0
    if len(line) <= width or hang > HANG or WHOLE.match(line):
        return line
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


class _Terminal(io.TextIOWrapper):
    """Breaks long sentences between words where a person reads them."""

    def write(self, text: str, /) -> int:
        if self.isatty():
            text = fitted(text, min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns))
        return super().write(text)


class _Enduring(io.RawIOBase):
    """Writes to a stream until it fails, and drops what comes later."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return int(self.stream.fileno())

    def isatty(self) -> bool:
        return bool(self.stream.isatty())

    def write(self, data: Any) -> int | None:
        if self.error is None:
            try:
                written: int | None = self.stream.write(data)
                return written
            except OSError as error:
                self.error = error
        return len(data)


@contextlib.contextmanager
def enduring() -> Iterator[None]:
    """Let no failure of stdout or stderr interrupt the work of a program.

    A reader that has gone away has seen enough. Another failure of stdout is told at the end.

    Raises:
        SystemExit: With exit code 1, where results were lost and the work itself succeeded.
    """
    _open_closed()
    before = sys.stdout, sys.stderr
    results = _endure("stdout")
    _endure("stderr")
    failed: Any = None
    try:
        yield
    except BaseException as error:
        failed = error.code if isinstance(error, SystemExit) else error
        raise
    finally:
        sys.stdout.flush()
        lost = None if results is None else results.error
        if lost is not None and lost.errno not in CLOSED:
            progress.say(f"Error: stdout: {lost.strerror}. The printed results are incomplete.")
        sys.stderr.flush()
        sys.stdout, sys.stderr = before
        if lost is not None and lost.errno not in CLOSED and not failed:
            sys.exit(1)


def _endure(name: str) -> _Enduring | None:
    """Replace a stream of the process; one that a test or a notebook put there is left."""
    stream: TextIO = getattr(sys, name)
    if hasattr(stream, "reconfigure"):  # Windows' default cannot print most scripts
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if stream is not getattr(sys, f"__{name}__"):
        return None
    stream.flush()
    raw = _Enduring(getattr(stream.buffer, "raw", stream.buffer))
    lasting = _Terminal(
        io.BufferedWriter(raw),
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=stream.line_buffering or stream.write_through,
    )
    setattr(sys, name, lasting)
    return raw


def _open_closed() -> None:
    """Give what was closed at the start a place to go.

    Else the next file that is opened gets its number, and what libraries print there.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            # It takes the lowest number that is free; the programs started from here have it, too.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if number and getattr(sys, name) is None:
            stream = open(number, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
