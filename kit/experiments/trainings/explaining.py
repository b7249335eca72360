"""What ``train`` says of itself: the quick checks before, the diagnosis after."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit import data, diagnosis, files, progress
from kit.experiments import setup_checks
from kit.experiments.run import DIAGNOSIS
from kit.experiments.trainings.fitting import Trained, best_of

if TYPE_CHECKING:
    import keras

__all__ = ["before", "explain"]

CHECKS = "checks.json"


def before(
    model: "keras.Model", splits: data.Splits, compiled: Mapping[str, Any], run: Path
) -> None:
    """Run the quick checks, show and keep them.

    Raises:
        CheckError: One failed.
    """
    found = setup_checks.quick(model, splits, compiled)
    progress.say(*str(found).split("\n"))
    found.save(run / CHECKS)
    found.refuse_failed(" `check=False` trains all the same.")


def explain(trained: Sequence[Trained], settings: Mapping[str, Any], run: Path) -> None:
    """Diagnose the training that is kept, and keep that.

    Args:
        trained: The trainings.
        settings: All of ``train``, as they hold: none of them is advised.
        run: Gets ``diagnosis.json``.
    """
    seen = best_of(trained).history.evidence
    if seen is None:
        return
    found = diagnosis.diagnose(seen)
    steps = diagnosis.next_steps(found, dataclasses.replace(seen.facts, settings=settings))
    kept = {
        "summary": found.summary,
        "findings": [dataclasses.asdict(one) for one in found.findings],
        "next_steps": [dataclasses.asdict(one) for one in steps],
    }
    text = json.dumps(kept, indent=2, ensure_ascii=False, default=float)
    files.write_text(run / DIAGNOSIS, text + "\n")
