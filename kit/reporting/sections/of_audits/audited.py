"""An audit in short: how many images, what was found, whether a network can be trained."""

from typing import Any

from kit.auditing import KINDS
from kit.reporting.audit_files import AuditFiles

TITLE = "In short"


def values(audit: AuditFiles) -> dict[str, Any]:
    """Return counts and what makes a training impossible."""
    found = audit.found
    counts = [(name, KINDS[name].title, found["counts"].get(name, 0)) for name in KINDS]
    return {
        "images": found["images"],
        "classes": len(found["classes"]),
        "root": found["root"],
        "impossible": found["impossible"],
        "counts": [one for one in counts if one[2]],
        "shortcuts": [one["name"] for one in found["shortcuts"] if one["clear"]],
        "drifts": len(found["drifts"]),
    }
