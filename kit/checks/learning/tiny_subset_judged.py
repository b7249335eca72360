"""What learning a few images by heart shows: judged on the losses alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from kit.checks.verdicts import Check, Verdict

NAME = "tiny subset"

Behaviour: TypeAlias = Literal["reached", "diverged", "still", "stuck", "slow"]

FAR = 3.0  # times the first loss: the course's rule for a run that has failed
EXPLODED = 10.0  # times the first loss, once
STILL = 0.01  # share of the first loss; at the course's rate that is too low, 0.00007 in ten epochs
STUCK = 0.02  # share by which the loss falls from the second third of the steps to the last
FEW = 10  # steps from which anything is said about what did not work
MOST = 4  # names of layers in a sentence


@dataclass(frozen=True)
class Attempt:
    """Learning the same images at one rate.

    Attributes:
        rate: Learning rate.
        losses: Before each step, of all the images.
        reached: After how many steps all were recognised, with a loss near 0; None if never.
        share: Of the images that are recognised at the end.
        loss: At the end.
        unmoved: Layers whose kernel is trained and has not changed at all.
    """

    rate: float
    losses: tuple[float, ...]
    reached: int | None
    share: float
    loss: float
    unmoved: tuple[str, ...] = ()


def behaviour(attempt: Attempt, near: float) -> Behaviour:
    """Name what the losses do.

    Args:
        attempt: With one loss at least.
        near: A loss that counts as near 0.
    """
    if attempt.reached is not None:
        return "reached"
    losses = np.asarray([*attempt.losses, attempt.loss])
    if not np.isfinite(losses).all():
        return "diverged"
    first = max(losses[0], near)
    if np.median(losses[-max(1, len(losses) // 3) :]) > FAR * first:
        return "diverged"
    if losses.max() > EXPLODED * first:
        return "diverged"  # and after that nothing but dead units
    if losses[0] - losses.min() < STILL * first:
        return "still"
    if len(losses) <= 3 * FEW:  # fewer steps say little: a plateau at the start is common
        return "slow"
    middle, last = (float(np.median(part)) for part in np.array_split(losses, 3)[1:])
    return "stuck" if last > (1 - STUCK) * middle else "slow"


def judge_tiny_subset(
    attempts: Sequence[Attempt],
    *,
    near: float,
    images: int,
    classes: int,
    trainable: int,
    contradicting: Sequence[str] = (),
) -> Check:
    """Judge whether a few images were learnt by heart, and if not, why.

    The course's example: 20 images of CIFAR-10, all recognised, the loss at 0.0026 after 200 steps.

    Args:
        attempts: The first one at the model's own rate; none where there was no use in any.
        near: A loss that counts as near 0.
        images: How many are learnt.
        classes: Of how many classes.
        trainable: Weights that are trained.
        contradicting: Classes of equal images, ``"cat and dog"``.
    """
    expected = (
        f"all {images} recognized and a loss below {near:.2g}; a network can memorize so few images"
    )
    numbers: dict[str, Any] = {
        "attempts": [vars(one) | {"behaviour": behaviour(one, near)} for one in attempts],
        "near": near,
        "images": images,
        "classes": classes,
        "trainable": trainable,
        "contradicting": list(contradicting),
    }

    def found(verdict: Verdict, measured: str, advice: str = "") -> Check:
        return Check(NAME, verdict, measured, expected, advice, numbers)

    if contradicting:
        return found(
            "failed",
            f"labels contradict each other: the same image is {contradicting[0]}"
            + (f", and {len(contradicting) - 1} more such pairs" if contradicting[1:] else ""),
            "No network can learn both. Look at how labels are assigned to images, and for copies "
            "of a file in two classes.",
        )
    if trainable == 0:
        told = "nothing is trained: all layers are frozen"
        return found("failed", told, "Set trainable = True at least for the last layer.")
    own, others = attempts[0], attempts[1:]
    told = _told(own, images)
    kind = behaviour(own, near)
    if kind == "reached":
        return found("ok", told)
    if kind != "diverged" and len(own.losses) < FEW:
        told = f"{told}: too few steps in the time to tell"
        return found("not applicable", told)
    works = next((one for one in others if behaviour(one, near) in {"reached", "slow"}), None)
    if kind == "diverged":
        worst = max((one for one in own.losses if math.isfinite(one)), default=math.nan)
        told = f"the loss diverges, up to {worst:.3g}: {told}"
        return found("failed", told, _diverges(own, works))
    if kind == "still":
        return found("failed", f"the loss does not move: {told}", _still(attempts, works))
    if works is not None and behaviour(works, near) == "reached":
        return found("warning", f"{told}, slower than it could be", _other_rate(own, works))
    if kind == "stuck":
        return found("warning", f"the loss falls and gets stuck: {told}", _STUCK)
    return found("warning", f"it learns, but slowly: {told}", _SLOW)


def _told(attempt: Attempt, images: int) -> str:
    steps = len(attempt.losses)
    share = "all" if attempt.share == 1 else f"{round(attempt.share * images)} of"
    return (
        f"{share} {images} images recognized, loss {attempt.losses[0]:.3g} -> {attempt.loss:.2g} "
        f"after {steps} steps at learning rate {attempt.rate:.2g}"
    )


def _diverges(own: Attempt, works: Attempt | None) -> str:
    if works is not None:
        return (
            f"The learning rate is too high: at {works.rate:.2g} the loss falls from "
            f"{works.losses[0]:.3g} to {works.loss:.2g} in {len(works.losses)} steps. Take "
            f"`learning_rate={works.rate:.2g}`."
        )
    if not math.isfinite(own.losses[0]):
        return (
            "The very first loss is not a number. Look at the checks of the input and the "
            "initial loss."
        )
    return (
        "It also diverges at a hundredth of the learning rate. Look at the scaling of the input, "
        "the initial weights and any loss or layer of your own."
    )


def _still(attempts: Sequence[Attempt], works: Attempt | None) -> str:
    own, rates = attempts[0], [one.rate for one in attempts]
    tried = f"No learning rate from {min(rates):.2g} to {max(rates):.2g} helps"
    if works is not None:
        which = "low" if works.rate > own.rate else "high"
        return (
            f"The learning rate is too {which}: at {works.rate:.2g} the loss falls to "
            f"{works.loss:.2g} in {len(works.losses)} steps. Take "
            f"`learning_rate={works.rate:.2g}`."
        )
    if own.unmoved:
        names = ", ".join(own.unmoved[:MOST]) + (" and more" if own.unmoved[MOST:] else "")
        return (
            f"{tried}: no gradient reaches {names}. The units after them are dead (ReLU that is "
            "always 0) or saturated. Look at initial weights and biases, and at the checks of the "
            "initial loss and the signals."
        )
    return (
        f"{tried}, though every layer gets gradients. Does the loss fit these labels, and does the "
        "network see its input (check of the initial loss)?"
    )


def _other_rate(own: Attempt, works: Attempt) -> str:
    which = "low" if works.rate > own.rate else "high"
    return (
        f"The learning rate is rather {which}: at {works.rate:.2g} all are recognized after "
        f"{works.reached} steps. Try `learning_rate={works.rate:.2g}`."
    )


_STUCK = (
    "Another learning rate does not help. Is the network large enough (more filters, a dense "
    "layer)? Are most of its layers frozen? Do images of two classes look alike?"
)
_SLOW = (
    "To see whether it gets there, call kit.checks.tiny_subset with steps=2000 and seconds=60. A "
    "higher learning rate makes it faster, and in a deep network batch normalization."
)
