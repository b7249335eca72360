"""What was measured before the training, beside what is expected."""

from typing import Any

from kit.reporting.run_files import RunFiles

TITLE = "Checks before the training"


def values(run: RunFiles) -> dict[str, Any] | None:
    """Return a row for each check."""
    return {"checks": run.checks} if run.checks else None
