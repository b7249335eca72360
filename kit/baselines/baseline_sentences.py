"""What was chosen, from what, and at which cost, in plain words."""

from kit.baselines.asking import Answers
from kit.baselines.choosing import Baseline

__all__ = ["sentences"]


def sentences(baseline: Baseline, answers: Answers) -> list[str]:
    """Say how a baseline's settings were chosen and what its answers cost.

    Args:
        baseline: From :func:`kit.baselines.fit`.
        answers: From :func:`kit.baselines.answer`.
    """
    return [line for line in (_chosen(baseline), _edge(baseline), _cost(baseline, answers)) if line]


def _chosen(baseline: Baseline) -> str:
    best = baseline.search["accuracy"].to_numpy().argmax()
    row = baseline.search.iloc[int(best)]
    which = "all" if baseline.tuned_on == baseline.images else f"{baseline.tuned_on} of the"
    return (
        f"{baseline.title}: {_said(baseline)} of {len(baseline.search)} settings, by cross-"
        f"validation on {which} {baseline.images} training images: {row['accuracy']:.3f}, "
        f"{row['spread']:.3f} standard deviation between folds"
    )


def _edge(baseline: Baseline) -> str:
    """A best value at the edge of its range may not be the best there is."""
    name = "k" if "k" in baseline.settings else "C"
    value, tried = baseline.settings[name], baseline.search[name]
    if name == "k" and value == 1:  # there are no fewer neighbours than one
        return ""
    if value not in (tried.min(), tried.max()):
        return ""
    side = "smallest" if value == tried.min() else "largest"
    return f"The chosen {name} is the {side} that was tried; the best may lie beyond."


def _cost(baseline: Baseline, answers: Answers) -> str:
    cost = f"{1000 * answers.seconds_per_image:.3g} ms to answer for an image"
    if baseline.method == "knn":
        cost += (
            f", which is compared with all {baseline.images} training images: twice as many images "
            "take twice the time"
        )
    return f"{baseline.seconds:.1f} s to choose and fit; {cost}"


def _said(baseline: Baseline) -> str:
    return ", ".join(f"{name} = {value}" for name, value in baseline.settings.items())
