"""Which steps to take: at most five, those against the first causes first."""

from kit.diagnosis.finding import Diagnosis
from kit.diagnosis.steps.cures import CURES
from kit.diagnosis.steps.step import Step, is_in_force, suited
from kit.diagnosis.training_evidence import Facts

MOST = 5
LOOK = Step("Check the set-up layer by layer before training again.", "kit-check FOLDER")
APART = Step(
    "There is no test part: the validation images chose the epoch, so their score is optimistic. "
    "Set some apart that choose nothing.",
    "--test-split 0.15",
)


def next_steps(found: Diagnosis, facts: Facts) -> list[Step]:
    """Return what to do next, the most useful first; nothing where all is well.

    The steps of the first causes come first. More data and stronger regularization come before any
    smaller network, which is never advised (CS231n, Neural Networks part 1, "Setting number of
    layers and their sizes": the way against overfitting is regularization).

    Args:
        found: The diagnosis.
        facts: Settings, so that a step names the numbers to take, and none that is in force.
    """
    steps: list[Step] = []
    for finding in found.findings:
        for cure in CURES.get(finding.cause, (LOOK,)):
            for offered in (cure,) if isinstance(cure, Step) else cure(finding, facts):
                step = suited(offered, facts)
                commands = {one.command for one in steps if one.command}
                known = step in steps or step.command in commands
                if not known and not is_in_force(step, facts):
                    steps.append(step)
    if facts.test_images == 0 and facts.settings.get("last_epoch") is None:
        # It must not be lost below five others: no score of this training can be quoted without it.
        steps = [*steps[: MOST - 1], APART]
    return steps[:MOST]
