"""Against a wrong rate and an early end: another learning rate, or more time."""

import math
from collections.abc import Iterable

from kit.diagnosis import thresholds as limits
from kit.diagnosis.finding import Finding
from kit.diagnosis.steps.step import Step, rounded
from kit.diagnosis.training_evidence import Facts

AIM = 3e-3  # update / weights: within the usual 1e-3 to 1e-2


def lower_rate(finding: Finding, facts: Facts) -> Iterable[Step]:
    """Take the rate whose updates are as large as is usual, or a tenth."""
    rate = facts.learning_rate or 1e-2
    update = finding.numbers.get("update", math.nan)
    factor = AIM / update if update and math.isfinite(update) and update > AIM else 0.1
    lower = rounded(rate * min(factor, 0.1 if finding.severity == "failed" else 0.5))
    yield Step("Lower the learning rate.", f"--{_rate(facts)} {lower:g}")


def higher_rate(finding: Finding, facts: Facts) -> Iterable[Step]:
    """Take the rate whose updates are as large as is usual, or ten times as much."""
    rate = facts.learning_rate or 1e-5
    update = finding.numbers.get("update", math.nan)
    factor = AIM / update if update and math.isfinite(update) and update < AIM else 10
    yield Step("Raise the learning rate.", f"--{_rate(facts)} {rounded(rate * factor):g}")


def longer(finding: Finding, facts: Facts) -> Iterable[Step]:
    """Train on, by raising what ended the training."""
    minutes, patience = facts.settings.get("max_minutes"), facts.settings.get("patience")
    last, flag = facts.settings.get("last_epoch"), "epochs"
    asked = last or facts.settings.get("epochs")
    if facts.epochs_before:
        asked, flag = facts.settings.get("fine_tune_epochs"), "fine-tune-epochs"
    epochs = finding.numbers.get("epochs", 0)
    waiting = 0 if last else patience or 0
    if waiting and epochs < facts.planned_epochs and (not minutes or epochs > waiting):
        yield Step("Wait longer for a better epoch.", f"--patience {2 * waiting}")
        return
    if minutes and epochs < (asked or math.inf):
        yield Step("Allow more time.", f"--max-minutes {3 * minutes:g}")
        return
    times = math.ceil(3 * max(limits.BRIEF / finding.numbers.get("steps", math.inf), 1))
    epochs = times * max(finding.numbers.get("epochs", facts.planned_epochs), 1)
    both = f" --last-epoch {epochs}" if last else ""
    yield Step("Train longer.", f"--{flag} {epochs}{both}")


def _rate(facts: Facts) -> str:
    return "fine-tune-rate" if facts.epochs_before else "learning-rate"
