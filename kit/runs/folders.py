"""A folder of results: one writer at a time, and an old run that stays until the new one is whole.

==============  ====================================================================
``R``           the run, the old one until the new one is complete
``.R.lock``     held by the process that is at work on it, to the end
``.R.new``      the run that is to replace ``R``, while it grows
``.R.old``      the run that was replaced, for the moment between two renames
``R.partial``   what an interrupted training had, where ``R`` holds an older run
==============  ====================================================================
"""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from kit import files, progress
from kit.errors import SettingError

MODEL, SETTINGS = "model.keras", "run.yaml"
TAKEN = ("lock", "old")  # beside a name that another process uses, or a killed one did
NO_LOCKS = {errno.ENOLCK, errno.EOPNOTSUPP}  # of a disk of the network


@contextlib.contextmanager
def alone(folder: Path | str) -> Iterator[None]:
    """Hold a folder of results for this process, however it ends.

    What killed processes left half written in it is deleted.

    Raises:
        SettingError: Another process holds it.
    """
    folder = Path(folder)
    path = _beside(folder, "lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise SettingError(
            f"Another process is using {folder}. Wait for it, stop it with Ctrl-C, or use another "
            "folder."
        ) from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    try:
        files.sweep(folder)
        yield
    finally:
        if lock.is_locked:
            with contextlib.suppress(OSError):  # Windows deletes it itself
                path.unlink()
            lock.release()


@contextlib.contextmanager
def create(folder: Path | str, overwrite: bool = False) -> Iterator[Path]:
    """Make the folder of a new run, and keep an old one until the new one is complete.

    Where there is an old one, the new one grows beside it and takes its place at the end.

    Yields:
        Where to write.

    Raises:
        SettingError: As :func:`check_free`.
    """
    folder = Path(folder)
    check_free(folder, overwrite)
    with alone(folder):
        _refuse_taken(folder, overwrite)  # again: now nobody else can make it
        place = folder.resolve()
        new = _beside(folder, "new") if place.exists() else place
        (new / "figures").mkdir(parents=True)
        if new != place:
            progress.say(f"{folder} stays as it is until the new run in {new} is complete.")
        try:
            yield new
            if new != place:
                _swap(new, place)
        except BaseException:
            _keep(new, folder)
            raise


def check_free(folder: Path | str, overwrite: bool) -> None:
    """Make sure that nothing is lost when a run is written to this folder.

    Raises:
        SettingError: It exists and ``overwrite`` was not asked for, what exists is not a run, or
            another process is at work on it.
    """
    folder = Path(folder)
    _refuse_taken(folder, overwrite)
    if any(_beside(folder, what).exists() for what in ("lock", "new", "old")):
        with alone(folder):
            _finish(folder)
        _refuse_taken(folder, overwrite)


def check_possible(folder: Path | str, setting: str = "output") -> None:
    """Make sure that a folder can be made, before hours of work are to end in it.

    Raises:
        SettingError: A file stands in its way, or this user may not write there.
    """
    folder = Path(folder)
    above = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not above.is_dir():
        raise SettingError(
            f"{folder} cannot be a folder, because {above} is a file. Choose another `{setting}`."
        )
    if not os.access(above, os.W_OK | os.X_OK):
        raise SettingError(f"{above} is not writable. Choose another `{setting}`.")


def check_outside(folder: Path | str, source: Path | str, setting: str = "output") -> None:
    """Make sure that nothing is written into the data.

    Raises:
        SettingError: The folder is the data folder ``source`` or lies in it.
    """
    folder = Path(folder)
    if folder.resolve().is_relative_to(Path(source).resolve()):
        raise SettingError(
            f"{folder} is inside the data folder {source}, which is only read. Choose another "
            f"`{setting}`."
        )


def next_folder(parent: Path | str, name: str) -> Path:
    """Return ``parent/name``, or with ``-2``, ``-3``, ... behind it the first that is free."""
    return _unused(Path(parent) / name)


def settle(folder: Path | str) -> None:
    """Bring back a run that a process was about to replace when it was killed."""
    folder = Path(folder)
    if not folder.exists() and _beside(folder, "old").exists():
        with contextlib.suppress(SettingError, OSError), alone(folder):
            _finish(folder)


def _refuse_taken(folder: Path, overwrite: bool) -> None:
    if not folder.exists():
        return
    if not overwrite:
        raise SettingError(
            f"{folder} already exists. Choose another `output`, or `overwrite` to replace it."
        )
    if not (folder / SETTINGS).is_file():
        raise SettingError(
            f"{folder} is not a run (it has no {SETTINGS}), so it is not overwritten. Choose "
            "another `output`."
        )


def _beside(folder: Path, what: str) -> Path:
    place = folder.resolve()
    return place.with_name(f".{place.name}.{what}")


def _swap(new: Path, place: Path) -> None:
    old = _beside(place, "old")
    os.replace(place, old)
    try:
        os.replace(new, place)
    except BaseException:
        if not place.exists():
            os.replace(old, place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _keep(new: Path, folder: Path) -> None:
    """Keep what an interrupted training had where it can predict, and say where."""
    if not (new / MODEL).exists():
        shutil.rmtree(new, ignore_errors=True)
        return
    kept, place = folder, folder.resolve()
    if new != place:  # the folder may be a link to another disk, and a rename stays on its own
        kept = _unused(place.with_name(f"{place.name}.partial"))
        os.replace(new, kept)
        progress.say(f"{folder} is unchanged.")
    progress.say(f"{kept} has the best model saved so far, ready to predict with.")


def _finish(folder: Path) -> None:
    """Finish what a killed process began with a folder that this process holds."""
    place, new, old = folder.resolve(), _beside(folder, "new"), _beside(folder, "old")
    if old.exists() and not place.exists():  # between two renames, so the new run is complete
        os.replace(new if new.exists() else old, place)
        progress.say(f"A process was killed while it replaced {folder}. The run is in its place.")
    shutil.rmtree(old, ignore_errors=True)
    if new.exists():
        progress.say(f"A process was killed while it trained a replacement for {folder}.")
        files.sweep(new)
        _keep(new, folder)


def _unused(folder: Path) -> Path:
    candidate, number = folder, 2
    while any(path.exists() for path in (candidate, *(_beside(candidate, w) for w in TAKEN))):
        candidate, number = folder.with_name(f"{folder.name}-{number}"), number + 1
    return candidate
