"""Whether a saved model is made of Keras' own classes, so that it loads with Keras alone."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def foreign_classes(path: Path) -> list[str]:
    """Return the classes in a ``.keras`` file that are not Keras' own; none where all are."""
    with zipfile.ZipFile(path) as file:
        config = json.loads(file.read("config.json"))
    return [name for module, name in _classes(config) if not _is_plain(module)]


def _classes(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        if "class_name" in value:
            yield str(value.get("module") or ""), str(value.get("registered_name") or "")
        for inner in value.values():
            yield from _classes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _classes(inner)


def _is_plain(module: str) -> bool:
    return module in ("", "builtins") or module == "keras" or module.startswith("keras.")
