"""Causes that lie in the weights before the first step, and in what may move."""

from collections.abc import Mapping

from kit.diagnosis import thresholds as limits
from kit.diagnosis.curve_reading import Curves
from kit.diagnosis.finding import Finding
from kit.diagnosis.outcome import poor, spoilt
from kit.diagnosis.training_evidence import Evidence
from kit.progress import some

EXTREME = 1.5  # first loss over that of knowing nothing
STILL = 0.1  # of the way to a loss of 0: less is as good as none


def bad_weights(seen: Evidence, curves: Curves) -> Finding | None:
    """Weights that start at 0, too large or too small. The head may start small."""
    hidden = dict(list(seen.scales.items())[:-1])
    if not hidden or seen.facts.pretrained:
        return None
    zero = [name for name, scale in hidden.items() if scale == 0]
    if zero:
        return Finding(
            "weights start at 0",
            "failed",
            f"The weights of {_named(zero)} start at 0, so all units of such a layer give the same "
            "answer and get the same gradient, or none.",
            "initial weights of size 0; expected about 1 times He's",
            {"layers": zero},
        )
    extreme = curves.first_loss > EXTREME * curves.nothing
    largest = max(hidden, key=lambda name: hidden[name])
    if hidden[largest] > limits.SCALE_HIGH:
        return Finding(
            "weights start too large",
            spoilt(curves),
            f'The weights of "{largest}" start too large, so steps of the usual size hardly '
            "change them"
            + (", and answers are extreme before anything is learned." if extreme else "."),
            f"{hidden[largest]:.3g} times He's size; expected below {limits.SCALE_HIGH:g}; first "
            f"loss {curves.first_loss:.3g}, while guessing gives {curves.nothing:.3g}",
            {"layer": largest, "scale": hidden[largest]},
        )
    least = min(hidden, key=lambda name: hidden[name])
    if hidden[least] < limits.SCALE_LOW:
        waited = curves.plateau > 1 or curves.learned < STILL
        wait = f"; the loss did not move for {curves.plateau} epochs" if curves.plateau > 1 else ""
        return Finding(
            "weights start too small",
            spoilt(curves),
            f'The weights of "{least}" start so small that the signal fades from layer to layer'
            + (": the loss does not move at first and falls late, if at all." if waited else "."),
            f"{hidden[least]:.2g} times He's size; expected above {limits.SCALE_LOW:g}{wait}",
            {"layer": least, "scale": hidden[least], "plateau": curves.plateau},
        )
    return None


def tiny_network(seen: Evidence, curves: Curves) -> Finding | None:
    """A network of so few weights that it cannot hold the classes apart."""
    size = seen.facts.parameters / max(seen.facts.classes, 1)
    if not 0 < size < limits.TINY or not curves.trained < limits.POOR:
        return None
    return Finding(
        "network too small",
        "failed",
        f"A network of {seen.facts.parameters} weights is too small to separate "
        f"{seen.facts.classes} classes.",
        f"{size:.0f} weights for each class; expected {limits.TINY:g} or more; {curves.measure} "
        f"{curves.trained:.2f} on training images",
        {"parameters": seen.facts.parameters, "trained": curves.trained},
    )


def dead_units(seen: Evidence, curves: Curves) -> Finding | None:
    """ReLU layers that answered 0 to everything before the first step already."""
    first = {
        str(row["layer"]): float(row["dead_share"])
        for row in seen.layers
        if row["epoch"] == 0 and row.get("dead_share") is not None
    }
    dead = [name for name, share in first.items() if share > limits.DEAD]
    if not dead and not seen.before.get("dead_share", 0.0) > limits.DEAD:
        return None
    share = max(first.values(), default=seen.before.get("dead_share", 1.0))
    return Finding(
        "dead units",
        spoilt(curves),
        f"Nearly all ReLU units of {_named(dead) if dead else 'a layer'} are dead from the start: "
        "they output 0 for every sampled image, and no gradient passes through them.",
        f"{100 * share:.0f} % of the units are 0 for all sampled images before training; expected "
        f"below {100 * limits.DEAD:.0f} %",
        {"layers": dead, "share": share},
    )


def frozen_layers(seen: Evidence, curves: Curves) -> Finding | None:
    """Layers that do not move, in a network whose weights are random."""
    peaks = peak_updates(seen)
    still = [name for name, peak in peaks.items() if peak < limits.STILL]
    share = seen.facts.frozen_share
    every = bool(peaks) and len(still) == len(peaks)
    if seen.facts.pretrained and not every:
        return None
    if share < limits.FROZEN and not still:
        return None
    if share == 0 and not every:
        return None  # no gradient reaches them: another cause's symptom
    which = "all layers" if every else _named(still) if still else "many layers"
    moved = f"{len(still)} of {len(peaks)} layers have an update of 0, and " if peaks else ""
    return Finding(
        "frozen layers",
        spoilt(curves),
        f"The weights of {which} do not move"
        + (", and nothing shows that they are pretrained." if not every else "."),
        moved + f"{100 * share:.0f} % of the weights are not trainable; expected none without "
        "pretrained weights",
        {"layers": still, "frozen_share": share},
    )


def penalty(seen: Evidence, curves: Curves) -> Finding | None:
    """A penalty on weights that is larger than the loss it accompanies."""
    first = seen.before.get("penalty", 0.0)
    if not first or first <= limits.PENALTY * curves.first_loss:
        return None
    return Finding(
        "penalty too strong",
        spoilt(curves),
        "At the start, the penalty on weights outweighs the loss"
        + (": training reduces the weights, not the errors." if poor(curves) else "."),
        f"penalty {first:.3g} beside a loss of {curves.first_loss:.3g} before training; expected "
        f"well below {limits.PENALTY:g} times the loss",
        {"penalty": first, "loss": curves.first_loss},
    )


def strong_dropout(seen: Evidence, curves: Curves) -> Finding | None:
    """Dropout that leaves too little to learn with."""
    if seen.facts.dropout < limits.DROPOUT or not curves.running < limits.POOR:
        return None
    learned = curves.trained >= limits.POOR
    return Finding(
        "dropout too strong",
        "failed" if curves.validated < limits.POOR else "warning",
        f"A dropout of {seen.facts.dropout:g} {'may leave' if learned else 'leaves'} too little of "
        "the network to learn with.",
        f"{curves.measure} {curves.running:.2f} while training"
        + (
            f", {curves.trained:.2f} on training images without augmentation"
            if curves.sampled
            else ""
        )
        + f"; expected a dropout below {limits.DROPOUT:g}",
        {"dropout": seen.facts.dropout, "running": curves.running, "trained": curves.trained},
    )


def peak_updates(seen: Evidence) -> Mapping[str, float]:
    """Return the highest update / weights of each layer over the epochs."""
    peaks: dict[str, float] = {}
    for row in seen.layers:
        value = row.get("update_ratio")
        if value is not None and value == value:
            peaks[str(row["layer"])] = max(peaks.get(str(row["layer"]), 0.0), float(value))
    return peaks


def _named(layers: list[str], most: int = 3) -> str:
    return some((f'"{name}"' for name in layers), most)
