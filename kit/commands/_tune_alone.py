"""Keeps two processes from going on with one search."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kit.commands._tune_plan import SETTINGS
from kit.errors import SettingError

__all__ = ["alone"]


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a search for this process, however it ends; on Windows nobody is kept from it.

    Args:
        folder: Of the search.

    Raises:
        SettingError: Another process holds it.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    with (folder / SETTINGS).open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingError(
                f"Another process is at work on {folder}. Let it end, or end it by Ctrl-C; nothing "
                "is lost."
            ) from None
        except OSError:  # a disk of the network, which has no locks
            pass
        yield
