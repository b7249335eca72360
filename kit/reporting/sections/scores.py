"""The scores of every part: right and wrong, with intervals, beside always answering one class."""

from typing import Any

from kit.reporting.run_files import RunFiles

TITLE = "Scores"


def values(run: RunFiles) -> dict[str, Any] | None:
    """Return a row for each part, and what limits the scores, in sentences."""
    if not run.parts:
        return None
    rows = [
        {
            "part": part.words,
            "images": f"{one.images:,}",
            "right": one.accuracy,
            "right_low": one.accuracy_low,
            "right_high": one.accuracy_high,
            "wrong": 1 - one.accuracy,
            "wrong_low": 1 - one.accuracy_high,
            "wrong_high": 1 - one.accuracy_low,
            "always": one.majority_baseline,
            "balanced": one.balanced_accuracy,
            "f1": one.macro_f1,
            "loss": "–" if one.loss != one.loss else f"{one.loss:.3f}",
        }
        for part in run.parts
        for one in (part.scores,)
    ]
    return {"rows": rows, "sentences": run.metrics.get("sentences", [])}
