"""What an interrupted download leaves for the next one, and for how long.

Each address has a folder in the user's cache folder, ``downloads/<hash of the address>``: what has
come, and what the server called this version of the file. A second process that fetches the same
address meanwhile works in a folder of its own. What a day has not touched is swept.
"""

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path

from filelock import FileLock, Timeout

from kit import files

__all__ = ["Version", "place", "recall", "remember", "remove", "sweep", "waiting", "workplace"]

DAY = 86_400  # seconds
WORK = ".downloading-"
LOCK = "lock"


@dataclass(frozen=True)
class Version:
    """What a server said of a file: a name of its content (ETag or date), and its bytes."""

    validator: str
    total: int | None


@contextlib.contextmanager
def place(address: str) -> Iterator[Path]:
    """Give the folder of an address, ours alone while the context lasts."""
    root = files.cache_folder("downloads")
    key = blake2b(address.encode(errors="surrogatepass"), digest_size=16).hexdigest()
    lock = FileLock(root / f"{key}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        with tempfile.TemporaryDirectory(dir=root, prefix=f"{key}-") as name:
            yield Path(name)
        return
    try:
        folder = root / key
        folder.mkdir(exist_ok=True)
        yield folder
    finally:
        lock.release()


def remember(folder: Path, version: Version) -> None:
    """Keep what the server calls the file whose bytes are about to come."""
    files.write_text(folder / "version.json", json.dumps(asdict(version)))


def recall(folder: Path) -> Version | None:
    """Return what was remembered, or None."""
    try:
        facts = json.loads((folder / "version.json").read_text("utf-8"))
        validator, total = facts["validator"], facts["total"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    good = isinstance(validator, str) and validator.isprintable() and validator.isascii()
    return Version(validator, total) if good and isinstance(total, int | None) else None


def waiting(folder: Path) -> int:
    """Return how many bytes another try would not have to fetch again."""
    if recall(folder) is None and (folder / "body").exists():
        return 0  # nobody can tell whether the server still has this version
    found = (path for path in folder.glob("*") if path.name != "version.json" and path.is_file())
    return sum(path.stat().st_size for path in found)


def remove(folder: Path) -> None:
    """Delete what was kept; another process's open file on Windows stays until the next sweep."""
    shutil.rmtree(folder, ignore_errors=True)


def sweep(beside: Path) -> None:
    """Delete what downloads left in the cache, and beside the target, more than a day ago."""
    root = files.cache_folder("downloads")
    with contextlib.suppress(OSError):
        for path in root.iterdir():
            if path.is_dir() and _is_old(path):
                _sweep_one(path, path.with_name(f"{path.name}.lock"))
        for path in root.glob("*.lock"):
            if not path.with_suffix("").exists() and _is_old(path):
                _sweep_one(path.with_suffix(""), path)
    with contextlib.suppress(OSError):
        for path in beside.glob(f"{WORK}*"):
            if (path / LOCK).is_file() and not path.is_symlink() and _is_old(path):
                _sweep_one(path, path / LOCK)


@contextlib.contextmanager
def workplace(beside: Path) -> Iterator[Path]:
    """Give a temporary folder on the disk of the target, where one rename publishes."""
    folder = Path(tempfile.mkdtemp(dir=beside, prefix=WORK))
    lock = FileLock(folder / LOCK)
    try:
        with lock:
            yield folder
    finally:
        remove(folder)


def _sweep_one(path: Path, lock: Path) -> None:
    with contextlib.suppress(OSError, Timeout):
        held = FileLock(lock, timeout=0)
        with held:
            remove(path)
            lock.unlink(missing_ok=True)


def _is_old(path: Path) -> bool:
    """Return whether nothing directly in it has changed for a day."""
    inside = path.iterdir() if path.is_dir() else ()
    times = [entry.stat().st_mtime for entry in (path, *inside)]
    return bool(time.time() - max(times) > DAY)
