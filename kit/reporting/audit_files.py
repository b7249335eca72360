"""What the folder of an audit holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit import foreign
from kit.errors import SettingError
from kit.reporting.pictures import Thumbnails

AUDIT = "audit.json"
MOST_BYTES = 1 << 29  # a million findings, each a file and its partner


@dataclass(frozen=True)
class AuditFiles:
    """An audit as its files tell it.

    Attributes:
        folder: Where it lies.
        found: What ``audit.json`` holds.
        thumbnails: Those of the images that fit on the page.
    """

    folder: Path
    found: Mapping[str, Any]
    thumbnails: Thumbnails


def open_audit(folder: Path) -> AuditFiles:
    """Open the files of an audit.

    Raises:
        SettingError: They are damaged.
    """
    path = folder / AUDIT
    try:
        found = foreign.json_value(foreign.text(path, MOST_BYTES))
        return AuditFiles(folder, found, Thumbnails(str(found["root"])))
    except (LookupError, TypeError, ValueError) as error:
        raise SettingError(f"{path} is damaged: {error}. Audit again.") from None
