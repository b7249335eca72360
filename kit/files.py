"""Files that are whole or absent, and the folder for what can be made again.

A reader never sees half a file: it is written under a temporary name in its own folder, flushed to
the disk and renamed. A process that is killed leaves the old file or the new one.
"""

import contextlib
import os
import uuid
from collections.abc import Callable
from pathlib import Path

import platformdirs

__all__ = ["cache_folder", "write", "write_text"]


def write(path: Path, save: Callable[[Path], object]) -> None:
    """Let ``save`` write a file, and put it at ``path`` only when it is complete.

    Args:
        path: Where the file belongs. Its folder must exist. A file that is there is replaced.
        save: Called with a temporary path in the same folder that ends like ``path``, since many
            writers choose a format by the ending.

    Raises:
        OSError: The disk is full or the folder cannot be written; ``path`` is as it was.
    """
    temporary = path.with_name(f".writing-{uuid.uuid4().hex}{path.suffix}")
    try:
        save(temporary)
        _flush(temporary)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 with the same guarantee as :func:`write`."""
    write(path, lambda temporary: temporary.write_bytes(text.encode()))


def cache_folder(*parts: str) -> Path:
    """Return a folder of the user's for what can be made again, made if it is not there.

    It is ``$KIT_CACHE`` where that is set, else the place the operating system has for caches.
    """
    root = os.environ.get("KIT_CACHE") or platformdirs.user_cache_dir("kit-image-classification")
    folder = Path(root).expanduser().joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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
