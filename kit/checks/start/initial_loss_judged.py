"""What an untrained network answers: judged on a few numbers."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from scipy import stats

from kit.checks.verdicts import Check

NAME = "initial loss"

# Scores of standard deviation s raise the loss of equal ones by about s^2 (1 - 1/C) / 2: 10 % of
# ln 10 is s = 0.7, where one class is already guessed e^1.4 = 4 times as often as another.
BAND = 0.10
# The course's rule for a run that has failed: a loss above 3 times that of guessing. Keras' default
# for the last layer starts at 2.7 to 5.0 for ten classes, which is bad and trains all the same.
FAR = 3.0
CHANCE = 1e-4  # how rarely guessing may do as well, before the network is called a trained one
# Features of images as a share of their size. What is constant differs by rounding: 1e-7 to 1e-6 in
# float32. The least of the healthy networks here: 7e-4, AlexNet with its biases of 1 at 32 pixels.
BLIND = 1e-5
DIM = 1e-4
# Spread of features before the last layer. Healthy networks here: 0.02 to 0.7, AlexNet 0.0008 to
# 0.005; pixels divided by 255 twice, without batch normalization: 0.0002 to 0.001.
FAINT = 2e-3
SMALL_GAIN = 0.06  # of the last layer: the start that is advised has 0.05


@dataclass(frozen=True)
class Start:
    """The loss at the start.

    Attributes:
        loss: Mean data loss of the images, without penalties.
        expected: Of a network that answers alike for every image.
        why: The formula: ``"ln 10"``.
        error: Standard error of ``loss`` over the images.
        images: How many.
        hits: How many of them are recognised.
        largest: How many are of the most frequent class.
    """

    loss: float
    expected: float
    why: str
    error: float
    images: int
    hits: int
    largest: int


@dataclass(frozen=True)
class Sight:
    """How far the network tells images apart before its last layer.

    Attributes:
        head: The last layer with a kernel.
        size: Root mean square of the features that enter it.
        spread: Root mean square, over the features, of their standard deviation over the images.
        kernel: Greatest weight of the last layer, less what its outputs have in common; 0 is a
            legitimate start.
        answers: As ``spread``, of the model's answers.
        blank: Layers with a kernel of zeros alone, the last one left out.
        dead: The first layer with a kernel that is given the same for all images; "" for none.
        gain: By what the last layer multiplies the size of its features: the root mean square of
            its weights times the root of the number of its inputs.
    """

    head: str
    size: float
    spread: float
    kernel: float
    answers: float
    blank: tuple[str, ...] = ()
    dead: str = ""
    gain: float = 1.0

    @property
    def relative(self) -> float:
        """Return the spread as a share of the size; 0 where there is nothing."""
        return self.spread / self.size if self.size > 0 else 0.0


def judge_initial_loss(start: Start, sight: Sight) -> Check:
    """Judge what an untrained network answers.

    Its answers should be about equal for all classes, since it knows none, and its features should
    differ between images. The loss alone is not enough: a network that sees nothing guesses
    perfectly (Karpathy, "A Recipe for Training Neural Networks", 2019, on both).
    """
    room = max(BAND * abs(start.expected), 3 * start.error)
    numbers = asdict(start) | asdict(sight) | {"room": room, "relative": sight.relative}
    expected = (
        f"{start.expected:.4g} = {start.why}, within {room:.2g}; features that differ between "
        "images"
    )

    def found(verdict: Any, measured: str, advice: str = "") -> Check:
        return Check(NAME, verdict, measured, expected, advice, numbers)

    loss = f"{start.loss:.4g}"
    if not math.isfinite(start.loss):
        return found("failed", f"{loss}: not a number", _NOT_FINITE)
    if _is_trained(start):
        told = f"{loss} and {start.hits} of {start.images} images recognized: already trained"
        return found("not applicable", told)
    seen = f"{loss}; features before {sight.head} differ by {sight.relative:.2g} of their size"
    if sight.relative < BLIND:
        same = "0" if sight.size == 0 else "the same for all images"
        return found(
            "failed",
            f"{loss}, but the network does not see its input: the input of {sight.head} is {same}",
            _blind(sight),
        )
    if sight.kernel > 0 and sight.answers <= 0:
        told = f"{loss}, but the answers are the same for all images although the features differ"
        return found("failed", told, _SATURATED)
    if start.loss > FAR * start.expected + room:
        told = f"{seen}; the loss is {start.loss / start.expected:.0f} times that of guessing"
        return found("failed", told, _far(sight))
    if abs(start.loss - start.expected) > room:
        return found("warning", seen, _off(start, sight))
    if sight.relative < DIM or sight.spread < FAINT:
        told = f"{loss}; features before {sight.head} differ by only {sight.spread:.2g}"
        return found("warning", told, _FAINT)
    if sight.kernel == 0:
        seen += "; its kernel is zero, a good start for a last layer"
    return found("ok", seen)


def _is_trained(start: Start) -> bool:
    if start.loss >= start.expected or start.hits <= start.largest:
        return False
    share = start.largest / start.images
    tested = stats.binomtest(start.hits, start.images, share, alternative="greater")
    return bool(tested.pvalue < CHANCE)


def _blind(sight: Sight) -> str:
    if sight.blank:
        return (
            f"The kernel of {sight.blank[0]} is zero. Only the last layer may start like that. "
            "Take kernel_initializer='he_normal', or leave it out."
        )
    if not sight.dead:
        return "The images, or the layers before the last one, are constant. Look at both."
    return (
        f"The input of {sight.dead} is already the same for all images. Do the images differ? Is "
        "the scaling before it right? Are ReLUs before it dead (biases far below 0: "
        "bias_initializer='zeros') or units saturated?"
    )


def _far(sight: Sight) -> str:
    if sight.size > 10:  # features of healthy networks are of size 0.2 to 1.3 here
        return (
            f"The input of {sight.head} has size {sight.size:.3g}: features explode. Is the "
            "scaling the first layer (Rescaling(1/255)), and do weights start with he_normal?"
        )
    small = "" if sight.gain <= SMALL_GAIN else f"Give {sight.head} {_SMALL}. "
    return (
        f"The answers are far too confident. {small}Check that the loss gets what it expects: "
        "probabilities, or scores with from_logits=True."
    )


def _off(start: Start, sight: Sight) -> str:
    if start.loss < start.expected:
        return (
            "An untrained network cannot beat guessing. The loss is not what its name says, or the "
            "model is already trained."
        )
    cure = f"Give {sight.head} {_SMALL}."
    if sight.gain <= SMALL_GAIN:  # as it has already
        cure = (
            f"{sight.head} already starts small, so the cause is its input of size "
            f"{sight.size:.3g}: normalize it, or start the layers before with smaller weights."
        )
    return (
        "The first answers prefer some classes, and the first epochs are spent on unlearning that. "
        + cure
    )


_SMALL = "kernel_initializer=VarianceScaling(0.0025), 0.05 over the square root of its inputs"
_NOT_FINITE = (
    "Are there NaN among the pixels (see the input check)? Is there a logarithm or a division by 0 "
    "in a layer or loss of your own?"
)
_SATURATED = (
    "The last activation is saturated, or it has nothing to choose from. Softmax over one unit is "
    "always 1 (take sigmoid), and ReLU does not belong after the last layer."
)
_FAINT = (
    "Images hardly differ at the last layer. Are pixels divided by 255 twice, or are initial "
    "weights too small for this depth? Try he_normal, or batch normalization."
)
