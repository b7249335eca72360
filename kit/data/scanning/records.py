"""What scans found, kept as JSON in the user's cache folder, below a hash of it.

A value that is read is what was written, bit by bit: its readers need not ask whether it is whole.
"""

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from kit import files


@dataclass(frozen=True)
class Record:
    """What a scan found: file -> JSON values, and the name of an array with what its rows hold."""

    files: Mapping[str, list[Any]] = field(default_factory=dict)
    array: str = ""
    rows: Sequence[str] = ()


def recall(root: Path, rules: str) -> Record:
    """Return what :func:`remember` stored for this data folder and these rules, or nothing."""
    stored = recall_value(_scan_name(root, rules))
    try:
        return Record(dict(stored["files"]), str(stored["array"]), list(stored["rows"]))
    except (KeyError, TypeError, ValueError):
        return Record()


def remember(root: Path, rules: str, record: Record) -> None:
    """Store what a scan found under some rules."""
    value = {
        "root": str(root),
        "rules": rules,
        "array": record.array,
        "rows": list(record.rows),
        "files": record.files,
    }
    remember_value(_scan_name(root, rules), value)


def recall_value(name: str) -> Any:
    """Return the JSON value that :func:`remember_value` stored under this name, or None."""
    try:
        path = folder() / f"{name}.json"
        known, _, text = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if known != _hash(text):
        return None
    touch(path)
    return json.loads(text)


def remember_value(name: str, value: Any) -> None:
    """Store a JSON value.

    Raises:
        OSError: The cache cannot be written.
    """
    text = json.dumps(value)
    files.write_text(folder() / f"{name}.json", f"{_hash(text.encode()).decode()}\n{text}")


def _scan_name(root: Path, rules: str) -> str:
    return _hash(os.fsencode(root) + b"\0" + rules.encode()).decode()


def _hash(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).hexdigest().encode()


def folder() -> Path:
    """Return where they lie."""
    return files.cache_folder("scans")


def touch(path: Path) -> None:
    """Note that a file of the cache is used: what is not used for longest goes first."""
    with contextlib.suppress(OSError):  # a cache that can only be read
        os.utime(path)
