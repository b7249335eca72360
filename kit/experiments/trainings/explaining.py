"""What ``train`` says of itself: the quick checks before, the diagnosis after."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from kit import data, diagnosis, files, progress
from kit.experiments import all_checks, score_files
from kit.experiments.choice.plan import Plan
from kit.experiments.run import DIAGNOSIS, explained
from kit.experiments.trainings import building
from kit.experiments.trainings.trained_networks import Trained, best_of

if TYPE_CHECKING:
    import keras

CHECKS, LOSSES = "checks.json", "losses.csv"


def check_start(plan: Plan, model: "keras.Model", splits: data.Splits, run: Path) -> None:
    """Run the quick checks where they were asked for, show and keep them.

    Raises:
        CheckError: One failed.
    """
    if not plan.settings.record.check:
        return
    compiled = building.compile_settings(plan.choice, plan.settings.optimization)
    found = all_checks.quick(model, splits, compiled)
    progress.say(*str(found).split("\n"))
    found.save(run / CHECKS)
    found.refuse_failed(" `check=False` trains anyway.")


def diagnose(plan: Plan, trained: Sequence[Trained], run: Path, said: list[str]) -> None:
    """Diagnose the training that is kept, and keep that; no setting in force is advised."""
    seen = best_of(trained).history.evidence
    if seen is None:
        return
    if len(seen.losses):
        table = pd.DataFrame({"step": range(1, len(seen.losses) + 1), "loss": seen.losses})
        score_files.save_table(table, run / LOSSES)
    found = diagnosis.diagnose(seen)
    steps = diagnosis.next_steps(
        found, dataclasses.replace(seen.facts, settings=plan.settings.flat())
    )
    kept = {
        "summary": found.summary,
        "findings": [dataclasses.asdict(one) for one in found.findings],
        "next_steps": [dataclasses.asdict(one) for one in steps],
    }
    text = json.dumps(kept, indent=2, ensure_ascii=False, default=float)
    files.write_text(run / DIAGNOSIS, text + "\n")
    said += explained(found, steps)
