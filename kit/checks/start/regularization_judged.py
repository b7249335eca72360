"""Whether penalties raise the loss by what their formula says: judged on a few numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kit.checks.verdicts import Check, Verdict
from kit.progress import some

NAME = "regularization"

EXACT = 1e-3  # share of a sum by which float32 and our float64 may differ; 1e-5 is usual
ROUNDING = 2e-6  # of the whole loss, from whose two values the raise is the difference
# VGG-16 with its published decay starts at a penalty of about 1 times the data loss of 1000
# classes, AlexNet below that. Ten times, and the weights shrink before anything is learnt.
HEAVY = 10.0
MOST = 4  # names of layers in a sentence


@dataclass(frozen=True)
class Penalty:
    """A penalty on one weight, or on what one layer gives.

    Attributes:
        layer: The layer's name.
        what: ``"kernel"``, ``"bias"``, ..., or ``"output"``.
        formula: ``"0.001 x sum of squares"``, or the class of a regularizer of another kind.
        expected: What the formula gives; of another kind, what the regularizer itself says.
        measured: What the layer adds to the loss.
    """

    layer: str
    what: str
    formula: str
    expected: float
    measured: float


def judge_regularization(
    penalties: Sequence[Penalty],
    raised: float,
    loss: float,
    *,
    without: Sequence[str] = (),
    frozen: Sequence[str] = (),
    decay: float = 0.0,
) -> Check:
    """Judge whether the loss is raised by the sum of what each layer's penalty should be.

    Args:
        penalties: One for each weight that has a penalty and is trained.
        raised: Loss with penalties less loss without.
        loss: Without.
        without: Layers whose kernel is trained and has no penalty.
        frozen: Layers whose penalty does not count, since they are not trained.
        decay: The optimizer's decoupled weight decay, which is not in the loss.
    """
    due = math.fsum(one.expected for one in penalties)
    numbers: dict[str, Any] = {
        "layers": [vars(one) for one in penalties],
        "raised": raised,
        "due": due,
        "loss": loss,
        "without": list(without),
        "frozen": list(frozen),
        "weight_decay": decay,
    }
    if not penalties:
        return Check(NAME, "not applicable", _none(frozen, decay), _RAISE, "", numbers)
    room = EXACT * abs(due) + ROUNDING * (abs(loss) + abs(due))
    one = f"{penalties[0].layer} ({penalties[0].formula})"
    count = f"{len(penalties)} penalties" if len(penalties) > 1 else one
    expected = f"an increase of {due:.4g}, by the formulas of {count}"
    measured = f"loss {loss:.4g} without and {loss + raised:.4g} with penalties"
    wrong = [
        one.layer
        for one in penalties
        if not abs(one.measured - one.expected) <= EXACT * abs(one.expected)
    ]
    verdict: Verdict = "ok"
    advice = ""
    if not abs(raised - due) <= room or wrong:
        verdict, advice = "failed", _wrong(wrong, raised, due, room)
    elif raised > HEAVY * loss:
        verdict, advice = "warning", _heavy(penalties, raised, loss)
    elif without:
        verdict, advice = "warning", _bare(without)
    if decay:
        measured += f"; weight decay {decay:g} acts on the weights and is not part of it"
    return Check(NAME, verdict, measured, expected, advice, numbers)


def _none(frozen: Sequence[str], decay: float) -> str:
    if frozen:
        return f"all layers with penalties are frozen: {some(frozen, MOST)}"
    if decay:
        return (
            f"no penalty in the loss; the optimizer's weight decay of {decay:g} acts on the "
            "weights themselves"
        )
    return "no penalty on weights; `l2=0.0001`, or kernel_regularizer=L2(1e-4), adds one"


_RAISE = "a loss that rises by what the penalties' formulas give"


def _wrong(wrong: Sequence[str], raised: float, due: float, room: float) -> str:
    if wrong:
        return f"The penalty of {some(wrong, MOST)} does not match the regularizer's numbers."
    if abs(raised) <= room:
        return (
            "The penalties never reach the loss. A custom training loop has to add "
            "sum(model.losses)."
        )
    return (
        f"The loss rises by {raised:.4g}, {raised / due:.3g} times the expected amount. Is a "
        "penalty counted twice, or part of a loss of your own?"
    )


def _heavy(penalties: Sequence[Penalty], raised: float, loss: float) -> str:
    largest = max(penalties, key=lambda one: one.expected)
    return (
        f"Penalties are {raised / loss:.0f} times the data loss, so weights shrink before anything "
        f"is learned. The largest is that of {largest.layer} ({largest.formula}). Try "
        f"{10 ** (-math.ceil(math.log10(raised / loss))):g} times as much, with `l2`."
    )


def _bare(without: Sequence[str]) -> str:
    return (
        f"The kernel of {some(without, MOST)} has no penalty, though other kernels do. Give it "
        "kernel_regularizer too, unless this is on purpose."
    )
