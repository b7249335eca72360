"""What else an audit says: what gives the label away, how parts differ, small things, notes."""

from typing import Any

from kit.reporting.audit_files import AuditFiles

TITLE = "Other observations"


def values(audit: AuditFiles) -> dict[str, Any] | None:
    """Return shortcuts, differences of parts, the detail and the notes."""
    found = audit.found
    names = ("shortcuts", "drifts", "detail", "notes")
    return {name: found[name] for name in names} if any(found[name] for name in names) else None
