"""What ``run.json`` holds: what else a result depends on, and what whoever loads it relies on."""

import os
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from kit.choices import LARGEST_SIDE
from kit.data.decoding import decoder
from kit.data.decoding.equalization import EQUALIZATIONS
from kit.errors import SettingError

FACTS = "run.json"
PACKAGES = (
    "kit-image-classification",
    "keras",
    "keras-tuner",
    "numpy",
    "pillow",
    "scikit-learn",
    "tensorflow",
)


def environment() -> dict[str, Any]:
    """Return what else a result depends on: versions, the command, processors."""
    return {
        "versions": {"python": sys.version.split()[0]}
        | {name: _version(name) for name in PACKAGES},
        "command": sys.argv,
        "platform": sys.platform,
        "processors": os.cpu_count(),
    }


def check_facts(folder: Path, facts: Mapping[str, Any]) -> None:
    """Refuse facts that no run has: whoever uses them may rely on every element.

    Raises:
        SettingError: One is missing or no such thing.
    """
    names, size = facts.get("class_names"), facts.get("image_size")
    usable = {
        "class_names": isinstance(names, list)
        and len(names) > 1
        and all(isinstance(name, str) and name for name in names)
        and len(set(names)) == len(names),
        "image_size": isinstance(size, list)
        and [type(side) for side in size] == [int, int]
        and all(0 < side <= LARGEST_SIDE for side in size),
        "color": facts.get("color") in decoder.COLORS,
        "aspect": facts.get("aspect") in decoder.ASPECTS,
        "equalization": facts.get("equalization", "none") in EQUALIZATIONS,
    }
    for name, well in usable.items():
        if not well:
            raise SettingError(
                f"{folder / FACTS} has no usable {name!r}. Restore it or train again."
            )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # TensorFlow's nightly builds have another name
        return None
