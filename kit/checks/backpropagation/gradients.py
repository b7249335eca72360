"""Does backpropagation give the slopes that the loss really has? Needs TensorFlow."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kit.checks.backpropagation.double_precision import precise
from kit.checks.backpropagation.layer_by_layer import wrong_layers
from kit.checks.backpropagation.slopes import (
    FINE,
    FINE_SINGLE,
    HAPPY,
    WRONG,
    Slope,
    measured_slopes,
)
from kit.checks.image_sample import Sample
from kit.checks.recording import leaves
from kit.checks.twins import MakeModel
from kit.checks.verdicts import Check, Verdict

NAME = "gradients"


def judge_gradients(
    slopes: Sequence[Slope],
    *,
    single: Sequence[str] = (),
    frozen: int = 0,
    blamed: Sequence[str] = (),
) -> Check:
    """Judge slopes.

    Args:
        slopes: Of some weights of every layer.
        single: Layers that compute in float32: the bands are wider.
        frozen: Layers whose weights are not trained, and not in ``slopes``.
        blamed: Layers whose own derivative is wrong, where that was looked at.
    """
    fine = FINE_SINGLE if single else FINE
    compared = [one for one in slopes if one.state(fine) == "compared"]
    kinks = sum(one.state(fine) == "kink" for one in slopes)
    small = sum(one.state(fine) == "small" for one in slopes)
    expected = f"below {fine:g}; backpropagation and (L(w + h) - L(w - h)) / 2h give the same slope"
    numbers: dict[str, Any] = {
        "slopes": [
            [s.layer, s.weight, s.analytic, s.numerical, s.error, s.state(fine)] for s in slopes
        ],
        "kinks": kinks,
        "small": small,
        "frozen": frozen,
        "single": list(single),
        "blamed": list(blamed),
        "fine": fine,
    }
    if not compared:
        why = "no layer is trainable" if not slopes else f"{len(slopes)} slopes, all near 0"
        advice = (
            "" if not slopes else "No gradient reaches the weights; see the check of the signals."
        )
        return Check(
            NAME, "warning" if slopes else "not applicable", why, expected, advice, numbers
        )
    worst = max(compared, key=lambda one: one.error)
    numbers["worst"] = worst.error
    layers = len({one.layer for one in compared})
    happy = ", the limit of its precision" if worst.error < HAPPY else ""
    measured = (
        f"relative error up to {worst.error:.1e} at {worst.layer}/{worst.weight}, median "
        f"{np.median([one.error for one in compared]):.0e}, of {len(compared)} weights in {layers} "
        f"layer{'s' if layers > 1 else ''}{happy}{_left_out(kinks, small, frozen, single)}"
    )
    if worst.error <= fine:
        return Check(NAME, "ok", measured, expected, "", numbers)
    verdict: Verdict = "failed" if worst.error > WRONG else "warning"
    return Check(NAME, verdict, measured, expected, _advice(compared, fine, blamed), numbers)


def gradients(
    make_model: MakeModel,
    sample: Sample,
    *,
    images: int = 4,
    weights: int = 8,
    max_seconds: float = 6,
    seed: int = 0,
) -> Check:
    """Compare gradients of weights of every layer with centred differences in float64.

    The model is called as in training, without dropout, noise and penalties. Half of the weights
    are those with the steepest slopes of their layer, half are drawn. Needs TensorFlow.

    Args:
        make_model: Gives the model.
        sample: The first images of it are used.
        images: How many.
        weights: Of each layer, at most.
        max_seconds: After it no more weights are looked at, but two of each layer are.
        seed: Draws them.
    """
    model = make_model()
    if len(model.outputs) > 1 or isinstance(model.loss, (list, tuple, dict)):
        return Check(NAME, "not applicable", "several outputs or losses", "one of each")
    few = sample.first(images)
    ready = precise(model, few.images, few.labels)
    at_start = float(ready.total())
    if not np.isfinite(at_start):
        advice = "Look for a logarithm or a division by 0, and for NaN in the images and weights."
        return Check(NAME, "failed", f"the loss is {at_start}", "a loss that is a number", advice)
    slopes = measured_slopes(ready, weights, max_seconds, np.random.default_rng(seed))
    trained = {one.layer for one in slopes}
    frozen = sum(bool(one.weights) and name not in trained for name, one in leaves(ready.model))
    found = judge_gradients(slopes, single=ready.single, frozen=frozen)
    if found.verdict == "ok" or not slopes:
        return found
    return judge_gradients(
        slopes, single=ready.single, frozen=frozen, blamed=wrong_layers(ready, seed)
    )


def _left_out(kinks: int, small: int, frozen: int, single: Sequence[str]) -> str:
    parts = []
    if kinks:
        parts.append(f"{kinks} more at a kink")
    if small:
        parts.append(f"{small} more with almost no slope")
    if frozen:
        parts.append(f"{frozen} layer{'s are' if frozen > 1 else ' is'} frozen")
    if single:
        parts.append(f"{', '.join(single)} in float32")
    return f"; {', '.join(parts)}" if parts else ""


def _advice(compared: Sequence[Slope], fine: float, blamed: Sequence[str]) -> str:
    wrong = list(dict.fromkeys(one.layer for one in compared if one.error > fine))
    if blamed:
        return (
            f"The gradient of {' and of '.join(blamed)} does not match its output. Look at its "
            "custom gradient, and for operations that break the gradient (NumPy, stop_gradient, "
            "casts to integers)."
        )
    return (
        "Each layer by itself is right, but these have wrong slopes in the network: "
        f"{', '.join(wrong)}. Look at the layers after them, and at terms added to the loss."
    )
