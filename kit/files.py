"""Files that are whole or absent, and the folder for what can be made again.

A reader never sees half a file: it is written under a temporary name in its own folder, flushed to
the disk and renamed. A process that is killed leaves the old file or the new one.
"""

import contextlib
import errno
import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import platformdirs

STDOUT = Path("-")  # as users of programs write it
UNFINISHED = ".writing-"
LINKS = 40  # of links to links, as Linux follows them


def write(path: Path | str, save: Callable[[Path], object], needed: int | None = None) -> None:
    """Let ``save`` write a file, and put it at ``path`` only when it is complete.

    Links are followed. What is no regular file, a device or a pipe, is written straight into; a
    reader of a pipe that has gone away has seen enough, and that is no error.

    Args:
        path: Where the file belongs. Its folder must exist. A file that is there is replaced.
        save: Called with a temporary path that ends like ``path``, since many writers choose a
            format by the ending; it is in the same folder where a file is replaced.
        needed: About how many bytes it takes, for the message of a full disk.

    Raises:
        OSError: The disk is full or the folder cannot be written; ``path`` is as it was.
    """
    path = Path(path)
    with named(path, needed):
        if is_replaced(path):
            _replace(Path(os.path.realpath(path)), path.suffix, save)
            return
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder) / f"whole{path.suffix}"
            save(whole)
            with (
                contextlib.suppress(BrokenPipeError),
                whole.open("rb") as source,
                _opened(path) as target,
            ):
                shutil.copyfileobj(source, target)


def write_text(path: Path | str, text: str) -> None:
    """Write ``text`` as UTF-8 with the same guarantee as :func:`write`."""
    content = text.encode()
    write(path, lambda temporary: temporary.write_bytes(content), len(content))


@contextlib.contextmanager
def named(path: Path, needed: int | None = None) -> Iterator[None]:
    """Give an error of the system the name of the file that is written, where it names none.

    Args:
        path: Of the file, as the user knows it.
        needed: About how many bytes it takes, for the message of a full disk.
    """
    try:
        yield
    except OSError as error:
        own = error.filename is None or UNFINISHED in str(error.filename)
        if error.errno is None or not own:
            raise
        text = error.strerror or ""
        if error.errno == errno.ENOSPC and is_replaced(path):
            text += _room(Path(os.path.realpath(path)).parent, needed)
        raise OSError(error.errno, text, str(path)) from error


def is_replaced(path: Path) -> bool:
    """Tell whether :func:`write` renames a new file to this path: it is a regular file or none."""
    return _descriptor(path) is None and (path.is_file() or not path.exists())


def amount(count: float) -> str:
    """Return a number of bytes as people read it, as in 1.5 MB: a million and a half."""
    power = min(4, (len(str(int(count))) - 1) // 3)
    unit = ("bytes", "kB", "MB", "GB", "TB")[power]
    return f"{count / 1000**power:.{1 if power else 0}f} {unit}"


def sweep(folder: Path) -> None:
    """Delete what killed processes left half written anywhere in a folder.

    Nobody else may be writing in it.
    """
    for path in folder.rglob(f"{UNFINISHED}*"):
        with contextlib.suppress(OSError):
            path.unlink()


def cache_folder(*parts: str) -> Path:
    """Return a folder of the user's for what can be made again, made if it is not there.

    It is ``$KIT_CACHE`` where that is set, else the place the operating system has for caches.
    """
    root = os.environ.get("KIT_CACHE") or platformdirs.user_cache_dir("kit-image-classification")
    folder = Path(root).expanduser().joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _replace(path: Path, ending: str, save: Callable[[Path], object]) -> None:
    temporary = path.with_name(f"{UNFINISHED}{uuid.uuid4().hex}{ending}")
    try:
        save(temporary)
        _flush(temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _room(folder: Path, needed: int | None) -> str:
    """Say how much is needed and free, where that explains a full disk."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return ""
    if needed is None:
        return f": {amount(free)} are free"
    # Else it is full of files, whatever their size, or full for this user.
    return f": {amount(needed)} are needed, {amount(free)} are free" if needed > free else ""


def _opened(path: Path) -> IO[bytes]:
    number = _descriptor(path)
    if number is None:
        return os.fdopen(os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0)), "wb")
    if sys.stdout is not None:
        sys.stdout.flush()  # what was printed comes first
    return os.fdopen(os.dup(number), "wb")  # opened anew, a file would be cut off or overwritten


def _descriptor(path: Path) -> int | None:
    """Return which of this process's open files a path such as /dev/stdout is, if it is one."""
    own = ("/dev/fd", f"/proc/{os.getpid()}/fd")
    for _ in range(LINKS):
        if os.path.realpath(path.parent) in own and path.name.isdecimal():
            return int(path.name)
        if not path.is_symlink():
            break
        path = path.parent / path.readlink()
    return None


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(path: Path) -> None:
    if os.name != "posix":  # elsewhere a folder cannot be opened, and a rename is durable by itself
        return
    with contextlib.suppress(OSError):  # some network file systems refuse; the file is in place
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
