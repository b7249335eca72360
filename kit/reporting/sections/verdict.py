"""The verdict: how good, how sure, what to do next."""

from typing import Any

import numpy as np

from kit import evaluation
from kit.progress import clean
from kit.reporting.page import percent
from kit.reporting.run_files import Part, RunFiles

TITLE = "In short"


def values(run: RunFiles) -> dict[str, Any]:
    """Return three sentences."""
    if not run.parts:
        good = "Nothing shows how good this network is: no images were set apart to score it."
        if not run.saved.facts.get("finished", True):
            good = "This training was interrupted, so nothing shows how good its network is."
        return {"sentences": [good, _next(run)]}
    part = run.parts[0]
    return {"sentences": [_good(part), _sure(part, run), _next(run)]}


def _good(part: Part) -> str:
    scores = part.scores
    right = int(np.diagonal(scores.confusion).sum())
    text = (
        f"The network classifies {right:,} of {scores.images:,} {part.words} images correctly "
        f"({percent(scores.accuracy)}) and {scores.images - right:,} wrongly."
    )
    if doubt := evaluation.against_majority(scores):
        return f"{text} {doubt}"
    largest = clean(scores.class_names[int(scores.confusion.sum(axis=1).argmax())])
    always = percent(scores.majority_baseline)
    return f'{text} Always answering "{largest}" would be correct for {always}.'


def _sure(part: Part, run: RunFiles) -> str:
    low, high = part.scores.accuracy_low, part.scores.accuracy_high
    text = (
        f"Of many more such images, it would probably classify {percent(low)} to {percent(high)} "
        f"correctly (95 % interval, from {part.scores.images:,} images)."
    )
    if part.name == "validation" and run.saved.settings.get("last_epoch") is None:
        return f"{text} It may be somewhat fewer, because these images also chose the epoch."
    return text


def _next(run: RunFiles) -> str:
    steps = run.diagnosis.get("next_steps", [])
    if steps:
        return f"Next: {steps[0]['text']}"
    if run.parts and len(run.parts[0].wrong):
        return "Next: look at the mistakes below, and try the network on photos of your own."
    return "Next: try the network on photos of your own."
