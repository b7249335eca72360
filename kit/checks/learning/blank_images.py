"""Do real images teach the network more than grey ones?"""

import time
from typing import Any

import numpy as np
import numpy.typing as npt

from kit.checks.answers import answers, guarded, quiet_twin, right
from kit.checks.image_sample import Sample
from kit.checks.twins import MakeModel
from kit.checks.verdicts import Check, Verdict

NAME = "blank images"

LOOKS = (5, 10, 20, 40)  # steps after which is looked
LEVEL = 0.01 / len(LOOKS)  # of all looks together 1 %: how often this is ok by luck
SHUFFLES = 3999
ENOUGH = 24  # images
BATCH = 32


def judge_blank_images(hits: int, images: int, largest: int, chances: float, steps: int) -> Check:
    """Judge whether real images are told apart better than grey ones could be.

    Every grey image is the same image, so that any network gives them all one answer, which is
    right for the images of one class: no training on them is needed to know that. (The baseline is
    Karpathy's, "A Recipe for Training Neural Networks", 2019.)

    Args:
        hits: Real images recognised.
        images: How many there are.
        largest: Images of the most frequent class: what grey ones reach at best.
        chances: How often shuffled labels fit the answers as well, see :func:`chance`.
        steps: Of training.
    """
    expected = (
        f"at most {LEVEL:.2%}; on gray images, all alike, at most {largest} of {images} can be "
        "right"
    )
    numbers: dict[str, Any] = {
        "hits": hits,
        "images": images,
        "largest": largest,
        "chance": chances,
        "steps": steps,
    }
    told = (
        f"{hits} of {images} images recognized after {steps} steps; shuffled labels fit as well "
        f"with probability {chances:.2%}"
    )
    verdict: Verdict = "not applicable"
    if largest == images:
        told = "there is only one class"
    elif images < ENOUGH:
        told = f"{images} images are too few to tell"
    elif steps < LOOKS[0]:
        told = f"too little time for even {LOOKS[0]} steps"
    else:
        verdict = "ok" if chances <= LEVEL else "warning"
    return Check(NAME, verdict, told, expected, _ADVICE * (verdict == "warning"), numbers)


@guarded(NAME)
def blank_images(
    make_model: MakeModel, sample: Sample, *, count: int = 64, seconds: float = 10.0
) -> Check:
    """Train a quiet twin for a few steps and compare its answers with those for grey images.

    The images that were learnt are scored: whether the network generalises is another question.
    It stops as soon as the answers fit the labels better than chance allows.

    Args:
        make_model: Gives a compiled model.
        sample: Images and labels.
        count: Images, at most.
        seconds: Time limit, from when the twin has been compiled.

    Raises:
        SettingError: The model has several inputs or outputs.
    """
    sample = sample.first(count)
    largest = int(np.bincount(sample.classes).max())
    if len(sample) < ENOUGH or largest == len(sample):
        return judge_blank_images(0, len(sample), largest, 1.0, 0)
    copy = quiet_twin(make_model())
    rng = np.random.default_rng(0)
    order = rng.permutation(len(sample))
    batches = [order[i : i + BATCH] for i in range(0, len(order) - BATCH // 2, BATCH)]
    until: float | None = None
    step, looked, likely, hits = 0, 0, 1.0, 0
    while step < LOOKS[-1] and (until is None or time.monotonic() < until):
        batch = batches[step % len(batches)]
        copy.train_on_batch(sample.images[batch], sample.labels[batch])
        until = until or time.monotonic() + seconds
        step += 1
        if step in LOOKS:
            given = answers(copy, sample.images, training=True)
            likely, hits = chance(given, sample.classes, rng), int(right(given, sample).sum())
            looked = step
            if likely <= LEVEL:
                break
    return judge_blank_images(hits, len(sample), largest, likely, looked)


def chance(
    given: npt.NDArray[Any], classes: npt.NDArray[np.int64], rng: np.random.Generator
) -> float:
    """Return how often answers fit shuffled labels at least as well as the true ones.

    A permutation test: where the answers do not depend on the images, all orders of the labels are
    equally likely (Fisher, "The Design of Experiments", 1935).

    Args:
        given: Answers ``(n, outputs)``: probabilities or scores, larger for the answer.
        classes: Class numbers ``(n,)``.
        rng: Shuffles.

    Returns:
        From 1 / 4000 to 1.
    """
    scores = np.hstack([-given, given]) if given.shape[-1] == 1 else given
    if not np.isfinite(scores).all():
        return 1.0
    rows = np.arange(len(classes))
    shuffled = rng.permuted(np.tile(classes, (SHUFFLES, 1)), axis=1)
    true, others = scores[rows, classes].sum(), scores[rows, shuffled].sum(axis=1)
    as_well = others >= true - 1e-9 * np.abs(scores).sum()
    return float((1 + as_well.sum()) / (1 + SHUFFLES))


_ADVICE = (
    "Real images are no better than gray ones so far. Does the network see its input (check of the "
    "initial loss)? Is the learning rate high enough (tiny subset)? Do the labels belong to the "
    "images? Hard images may only need more steps."
)
