"""Which learning rates move the loss: judged on the losses of a sweep alone."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kit.checks.verdicts import Check, Verdict

NAME = "learning rate"
SMOOTHING = 0.8  # share of the past in the running mean, over about 5 steps: half a decade
DIVERGED = 4.0  # times the lowest smoothed loss so far (fastai's finder), but above the first ...
ABOVE_START = 3.0  # ... or times the first: the course's
TOO_LOW = 100.0  # times below the suggestion: barely moves the loss
# Times the rate at which the loss rises above its start, or explodes. The sweep meets high rates
# without warm-up or decay. Set so that SGD's default of 0.05, the peak of a schedule, does not fail
# where basic_cnn explodes from 0.037 on photos; that this training is healthy was not measured.
TOO_HIGH = 3.0
FALL = 0.02  # of the first loss, that the loss must fall by at some rate
EDGE = 0.1  # share of the whole fall, at which it begins and is nearly done
LEAST = 10  # steps from which a curve says anything


@dataclass(frozen=True)
class Sweep:
    """What a sweep says.

    Attributes:
        suggestion: A rate to train with; None where no rate lowers the loss.
        low: The lowest rate that moves the loss: where its fall begins.
        high: The rate where 90 % of the fall is done.
        rises: The rate from which the loss stays above its start; None where it does not.
        diverges: The rate from which the loss explodes; None where it does not up to the highest.
    """

    suggestion: float | None
    low: float | None
    high: float | None
    rises: float | None
    diverges: float | None


def smoothed(losses: Sequence[float]) -> NDArray[np.float64]:
    """Return the running mean of losses, corrected for its start at 0 as Adam's moments are."""
    mean, means = 0.0, []
    for step, loss in enumerate(losses, start=1):
        mean = SMOOTHING * mean + (1 - SMOOTHING) * loss
        means.append(mean / (1 - SMOOTHING**step))
    return np.array(means)


def suggest(rates: Sequence[float], losses: Sequence[float]) -> Sweep:
    """Return what rates to train with.

    The suggestion is the geometric mean of two rules of fastai's finder: the rate where the
    smoothed loss falls most steeply, and a tenth of the rate where 90 % of the fall is done. Chosen
    on digits (basic_cnn, one seed), where either alone was further off for SGD; not confirmed on
    other data.

    Args:
        rates: Of each step, rising.
        losses: Of each step before its update; the last may be infinite or NaN.
    """
    given = np.asarray(losses, np.float64)
    finite = int(np.isfinite(given).argmin()) if not np.isfinite(given).all() else len(given)
    diverges = float(rates[finite]) if finite < len(given) else None
    if finite < LEAST:
        return Sweep(None, None, None, None, diverges)
    means = smoothed(given[:finite].tolist())
    over = diverging(means)
    if over is not None:
        diverges = float(rates[over])
        means = means[: over + 1]
    used = np.asarray(rates, np.float64)[: len(means)]
    still = max(LEAST, len(means) // 4)  # steps whose rates are too low to move anything
    first, lowest = float(np.median(means[:still])), int(means.argmin())
    fall = first - float(means[lowest])
    if fall < FALL * abs(first):
        return Sweep(None, None, None, None, diverges)
    # Noise moves the loss before the rates do: the fall begins after it was last near its start.
    moved = int(np.flatnonzero(means[: lowest + 1] >= first - EDGE * fall)[-1])
    down = int((means[: lowest + 1] <= means[lowest] + EDGE * fall).argmax())
    slope = np.gradient(means, np.log(used))
    steepest = float(used[moved + slope[moved : max(down, moved) + 1].argmin()])
    highest = float(used[down])
    above = means > means[0]
    rises = float(used[len(above) - int((~above)[::-1].argmax())]) if above[-1] else None
    return Sweep(
        _short(math.sqrt(steepest * highest / 10)),
        _short(used[moved]),
        _short(highest),
        rises,
        diverges,
    )


def judge_learning_rate(
    rates: Sequence[float], losses: Sequence[float], rate: float | None = None
) -> Check:
    """Judge a model's learning rate by a sweep.

    Args:
        rates: Of each step, rising.
        losses: Of each step before its update.
        rate: What the model is compiled with; None where that is no single number.
    """
    found = suggest(rates, losses)
    numbers: dict[str, Any] = asdict(found) | {
        "rates": [float(one) for one in rates],
        "losses": [float(one) if math.isfinite(one) else None for one in losses],
        "smoothed": [float(one) for one in smoothed(losses) if math.isfinite(one)],
        "rate": rate,
    }
    if found.suggestion is None:
        measured = f"no learning rate from {rates[0]:.0e} to {rates[-1]:.0e} lowers the loss"
        advice = (
            "The learning rate is not the problem. Look at the checks of the gradients, the "
            "signals at the start and the tiny subset, and whether any layer is trainable."
        )
        if found.diverges is not None and found.diverges < 100 * rates[0]:
            measured = f"the loss explodes already at a learning rate of {found.diverges:.0e}"
            advice = "Scale the inputs to [0, 1], or give the weights smaller initial values."
        elif found.diverges is not None:
            # One step at each rate is little for a head on features: rates move the loss all right.
            advice = "With so few steps this can happen: see whether the tiny subset is learned."
            return Check(
                NAME, "warning", measured, "a learning rate that lowers the loss", advice, numbers
            )
        return Check(
            NAME, "failed", measured, "a learning rate that lowers the loss", advice, numbers
        )
    explodes = "" if found.diverges is None else f", explodes from {found.diverges:.2g}"
    expected = (
        f"near {found.suggestion:g}; the loss starts to fall at {found.low:g} and has completed "
        f"{100 * (1 - EDGE):.0f} % of its fall at {found.high:g}{explodes}"
    )
    if rate is None:
        return Check(
            NAME, "ok", f"a schedule; {found.suggestion:g} suggested", expected, "", numbers
        )
    verdict: Verdict = "ok"
    advice = ""
    if found.diverges is not None and rate >= TOO_HIGH * found.diverges:
        verdict = "failed"
        advice = (
            f"The loss explodes at this learning rate. Try `learning_rate={found.suggestion:g}`."
        )
    elif found.rises is not None and rate >= TOO_HIGH * found.rises:
        verdict = "warning"
        advice = (
            "At this learning rate the loss rises above its start. Try "
            f"`learning_rate={found.suggestion:g}`."
        )
    elif rate < found.suggestion / TOO_LOW:
        verdict = "warning"
        advice = (
            f"At this learning rate the loss barely moves: it needs {found.suggestion / rate:.0f} "
            f"times as many steps as necessary. Try `learning_rate={found.suggestion:g}`."
        )
    return Check(NAME, verdict, f"{rate:g}", expected, advice, numbers)


def diverging(means: NDArray[np.float64]) -> int | None:
    """Return the first step whose smoothed loss is far above the lowest before it, or none."""
    lowest = np.minimum.accumulate(means)
    limit = np.minimum(np.maximum(DIVERGED * lowest, means[0]), ABOVE_START * means[0])
    over = means > limit
    over[:LEAST] = False
    return int(over.argmax()) if over.any() else None


def _short(rate: float) -> float:
    return float(f"{rate:.2g}")
