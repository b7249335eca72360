"""Do the signals live through the depth of the network at its start? Needs TensorFlow."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from kit.checks.image_sample import Sample
from kit.checks.start.signal_statistics import Units, unit_statistics
from kit.checks.twins import MakeModel, twin
from kit.checks.verdicts import Check, Verdict

NAME = "signals at the start"
# Ten layers of 500 units (CS231n, lecture on training, "Weight initialization"): the course calls
# 0.4 of the first layer's size healthy (tanh, Xavier), 0.04 dying out (ReLU, Xavier).
# Size of a layer's outputs relative to the largest before, but to 1 at most: raw pixels of 100 may
# become ordinary numbers. Warned, failed.
FADED, LOST = 0.1, 1e-3  # GoogLeNet, initialised as published, starts with 0.015
GROWN, EXPLODED = 100.0, 1e4  # relative to the first layer: He's start keeps 1
SATURATED = 0.5  # share of a layer's outputs at the flat ends: 0.9 for 1.0 * randn, 0.01 for Xavier
# Share of a layer's units that are 0 for every image, warned and failed. GoogLeNet's thin branches
# start with up to 0.5, plain networks with He's start with 0 to 0.15.
DYING, DEAD = 0.6, 0.9
BACK = 1e-4  # slope of the loss by the first layer's outputs relative to the last one's
XAVIER, HE, LECUN = "glorot_normal", "he_normal", "lecun_normal"
SUITS = {"tanh": XAVIER, "sigmoid": XAVIER, "hard_sigmoid": XAVIER, "softsign": XAVIER,
         "linear": XAVIER, "selu": LECUN}  # the others bend like ReLU: He's  # fmt: skip


def judge_units(rows: Sequence[Units]) -> Check:
    """Tell healthy from vanishing, exploding, saturated and dead starts, layer by layer."""
    expected = (
        f"sizes within {FADED:g} to {GROWN:g} times through the layers; at most {SATURATED:.0%} "
        f"saturated and {DYING:.0%} dead, or no gradient comes back"
    )
    numbers: dict[str, Any] = {"layers": [asdict(one) | {"size": one.size} for one in rows]}
    if not rows:
        return Check(NAME, "not applicable", "no hidden layer", expected, "", numbers)
    kind, verdict, place, measured = _worst(rows)
    numbers |= {"kind": kind, "where": rows[place].layer}
    advice = "" if verdict == "ok" else _advice(kind, rows, place)
    return Check(NAME, verdict, measured, expected, advice, numbers)


def units(make_model: MakeModel, sample: Sample, *, images: int = 32) -> Check:
    """Measure outputs and slopes of every hidden layer of a model as it is.

    Needs TensorFlow.

    Args:
        make_model: Gives the model.
        sample: The first images of it are used.
        images: How many; fewer where they are larger than 128x128 pixels, for memory.
    """
    model = make_model()
    if len(model.outputs) > 1 or isinstance(model.loss, (list, tuple, dict)):
        return Check(NAME, "not applicable", "several outputs or losses", "one of each")
    area = math.prod(sample.images.shape[1:3]) if sample.images.ndim == 4 else 1
    few = sample.first(max(8, min(images, images * 128**2 // area)))
    copy = twin(model, quiet=True)
    return judge_units(unit_statistics(copy, few.images, few.labels, model.loss))


def _worst(rows: Sequence[Units]) -> tuple[str, Verdict, int, str]:
    """Return what is wrong, how bad, at which row it begins, and its numbers."""
    sizes = [one.size for one in rows]
    largest = np.maximum.accumulate(sizes)
    ratios = np.array(sizes) / np.where(largest > 0, np.minimum(largest, 1), 1)
    for number, one in enumerate(rows):
        if not all(map(math.isfinite, (one.size, one.gradient))):
            return "exploding", "failed", number, f"{one.layer} returns numbers that are not finite"
        if one.dead > DYING:
            what = f"{one.dead:.0%} of the units of {one.layer} are 0 for every image"
            return "dead", "failed" if one.dead > DEAD else "warning", number, what
        if one.saturated > SATURATED:
            what = f"{one.saturated:.0%} of the outputs of {one.layer} are at the ends of "
            return "saturated", "failed", number, what + one.activation
        if one.size == 0 or ratios[number] < FADED:
            low = int(ratios.argmin())
            first = _begin(sizes, number)
            what = (
                f"outputs shrink from {largest[low]:.2g} to {sizes[low]:.2g} "
                f"({rows[first].layer} to {rows[low].layer})"
            )
            bad = sizes[low] == 0 or ratios[low] < LOST
            return "vanishing", "failed" if bad else "warning", first, what
        if sizes[number] > GROWN * sizes[0]:
            high = int(np.argmax(sizes))
            first = _begin([-size for size in sizes], number)
            what = f"outputs grow from {sizes[0]:.2g} to {sizes[high]:.2g} ({rows[high].layer})"
            bad = sizes[high] > EXPLODED * sizes[0]
            return "exploding", "failed" if bad else "warning", first, what
    last = rows[-1].gradient
    if rows[0].gradient < BACK * last:
        what = (
            f"gradients shrink from {last:.1e} ({rows[-1].layer}) to {rows[0].gradient:.1e} "
            f"({rows[0].layer}) on the way back"
        )
        place = next(n for n in reversed(range(len(rows))) if rows[n].gradient < BACK * last)
        return "vanishing gradient", "warning", place, what
    what = (
        f"outputs of {min(sizes):.2g} to {max(sizes):.2g} in {len(rows)} "
        f"layer{'s' if len(rows) > 1 else ''}; at most {max(r.dead for r in rows):.0%} dead, "
        f"{max(r.saturated for r in rows):.0%} saturated"
    )
    return "healthy", "ok", 0, what


def _begin(sizes: Sequence[float], place: int) -> int:
    """Return where the fall that is seen at ``place`` began."""
    while place > 0 and sizes[place - 1] > sizes[place]:
        place -= 1
    return min(place, len(sizes) - 1)


def _advice(kind: str, rows: Sequence[Units], place: int) -> str:
    row = rows[place]
    start = SUITS.get(row.activation, HE)
    normalize = "put batch normalization before the activations (`settings=normalization=before`)"
    if kind == "vanishing gradient":
        return (
            f"Take relu instead of {row.activation} (`settings=activation=relu`), or {normalize}."
        )
    which = row.weights if kind == "dead" else f"the layers from {row.weights} on"
    has = "".join(part.capitalize() for part in start.split("_")) == row.initializer
    mend = (
        f"If {start} is already used, the inputs have the wrong size: scale them, or {normalize}"
        if has
        else f'Give {which} kernel_initializer="{start}", or {normalize}'
    )
    if kind == "dead":
        return (
            f"{mend}; a bias that starts at 0.01 keeps ReLUs alive, a strongly negative one "
            "does not."
        )
    return f"{mend}."
