"""The findings of an audit with their pictures side by side, the partner named."""

from typing import Any

from kit.auditing import KINDS
from kit.reporting.audit_files import AuditFiles

TITLE = "Findings"
MOST, SIDE = 24, 160  # of a kind, the clearest; pixels


def values(audit: AuditFiles) -> dict[str, Any] | None:
    """Return the findings kind by kind."""
    kinds = [kind for name in KINDS if (kind := _kind(name, audit))]
    return {"kinds": kinds} if kinds else None


def _kind(name: str, audit: AuditFiles) -> dict[str, Any] | None:
    every = [one for one in audit.found["findings"] if one["kind"] == name]
    if not every:
        return None
    once: dict[frozenset[str], dict[str, Any]] = {}  # a pair is there the other way round, too
    for one in every:
        once.setdefault(frozenset((one["file"], one["partner"])), one)
    shown = list(once.values())[:MOST]
    files = [file for one in shown for file in (one["file"], one["partner"]) if file]
    pictures = audit.thumbnails.of(files, SIDE)
    rows = [
        {
            **one,
            "picture": next(pictures),
            "partners_picture": next(pictures) if one["partner"] else None,
        }
        for one in shown
    ]
    return {
        "name": name,
        "title": KINDS[name].title,
        "advice": every[0]["advice"],
        "count": len(every),
        "pairs": len(once),
        "rows": rows,
    }
