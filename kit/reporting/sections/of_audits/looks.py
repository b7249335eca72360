"""What the images of an audit are like: counts, sizes, light, formats."""

from typing import Any

from kit.reporting.audit_files import AuditFiles

TITLE = "What the images are like"


def values(audit: AuditFiles) -> dict[str, Any]:
    """Return a row for each class and each measure, and counts of formats and cameras."""
    found = audit.found
    kinds = {"formats": "formats", "modes": "modes", "cameras": "cameras"}
    return {
        "classes": found["classes"],
        "columns": [name for name in found["classes"][0] if name not in ("class", "share")]
        if found["classes"]
        else [],
        "quantiles": found["quantiles"],
        "kinds": {word: found["kinds"][name] for name, word in kinds.items()},
    }
