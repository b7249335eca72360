"""Precision, recall and F1 of every class."""

from typing import Any

from kit.reporting.run_files import RunFiles

TITLE = "Class by class"


def values(run: RunFiles) -> dict[str, Any] | None:
    """Return a row for each class, for each part."""
    if not run.parts:
        return None
    parts = [
        {"words": part.words, "rows": part.scores.per_class.to_dict("records")}
        for part in run.parts
    ]
    return {"parts": parts}
