"""Does the processor wait for data, or the data for the processor?"""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from kit import data
from kit.checks.twins import MakeModel, compiled_like, twin
from kit.checks.verdicts import Check, Verdict
from kit.errors import SettingError

NAME = "waiting for data"
SOME, MUCH = 0.2, 0.3  # share of a step; below the first a busy machine gives as much by chance
HEAVY = 0.5  # share of the time of a batch that augmentation takes, from which it is named
WARM = 2  # batches and steps before the clock starts: tracing, opening files


def judge_pipeline(
    data_seconds: float,
    model_seconds: float,
    both_seconds: float,
    plain_seconds: float | None = None,
) -> Check:
    """Judge the times of a step.

    Args:
        data_seconds: For one batch, without a model.
        model_seconds: For one step on a batch that is there already.
        both_seconds: For one step with its batch, as in training.
        plain_seconds: For one batch that is neither augmented nor mixed.
    """
    # No step waits for longer than its batch takes: the rest is other programs' doing.
    lost = max(0.0, min(both_seconds - model_seconds, data_seconds))
    waiting = lost / both_seconds if both_seconds > 0 else 0.0
    numbers = {
        "data": data_seconds,
        "model": model_seconds,
        "both": both_seconds,
        "plain": plain_seconds,
        "waiting": waiting,
    }
    measured = (
        f"{waiting:.0%} of a step; {1000 * both_seconds:.0f} ms, of which the model alone takes "
        f"{1000 * model_seconds:.0f} ms and the batch alone {1000 * data_seconds:.0f} ms"
    )
    expected = f"below {SOME:.0%}; batches are prepared while the model computes"
    verdict: Verdict = "ok" if waiting < SOME else "warning"
    advice = ""
    if verdict != "ok":
        much = "Most of the time" if waiting >= 0.5 else "Much time" if waiting >= MUCH else "Time"
        advice = f"{much} is spent waiting. {_help(data_seconds, model_seconds, plain_seconds)}"
    return Check(NAME, verdict, measured, expected, advice, numbers)


def pipeline(
    make_model: MakeModel,
    batches: data.Splits | Iterable[Any],
    *,
    steps: int = 8,
    max_seconds: float = 5,
) -> Check:
    """Time batches alone, a model on one batch that stays, and both together.

    Args:
        make_model: Gives the model; a twin of it is trained.
        batches: The data, or batches ``(images, labels)`` as ``fit`` takes them, a
            ``tf.data.Dataset`` for example; it is begun anew for each timing.
        steps: Of each timing.
        max_seconds: For each timing; two steps are always taken.

    Raises:
        SettingError: There is no batch.
    """
    model = make_model()
    copy = compiled_like(twin(model), model, metrics=None)
    plain: Iterable[Any] | None = None
    stream: Iterable[Any]
    if not isinstance(batches, data.Splits):
        stream = batches
    else:
        labels = "binary" if model.output_shape[-1] == 1 else "categorical"
        if batches.augmentation != "none" or batches.augment or batches.mix is not None:
            unchanged = replace(batches, augmentation="none", augment=(), mix=None)
            plain = data.training_batches(unchanged, labels)
        stream = data.training_batches(batches, labels)
    one = next(iter(stream), None)
    if one is None:
        raise SettingError("There is no batch to time.")

    def step(batch: Any) -> None:
        copy.train_on_batch(*batch[:2])

    def nothing(batch: Any) -> None:
        np.asarray(batch[0])

    limits = (steps, max_seconds)
    return judge_pipeline(
        _timed(_endless(stream), nothing, *limits),
        _timed(itertools.repeat(one), step, *limits),
        _timed(_endless(stream), step, *limits),
        None if plain is None else _timed(_endless(plain), nothing, *limits),
    )


def _timed(
    batches: Iterator[Any], work: Callable[[Any], None], steps: int, max_seconds: float
) -> float:
    """Return the seconds of a step with the getting of its batch, the median of some."""
    for batch in itertools.islice(batches, WARM):
        work(batch)
    taken: list[float] = []
    while len(taken) < 2 or (len(taken) < steps and sum(taken) < max_seconds):
        start = time.perf_counter()
        work(next(batches))
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def _endless(batches: Iterable[Any]) -> Iterator[Any]:
    while True:
        empty = True
        for batch in batches:
            empty = False
            yield batch
        if empty:
            raise SettingError("The batches can be read only once; pass a tf.data.Dataset.")


def _help(data_seconds: float, model_seconds: float, plain_seconds: float | None) -> str:
    if plain_seconds is not None and data_seconds - plain_seconds > HEAVY * data_seconds:
        share = 1 - plain_seconds / data_seconds
        return (
            f"Augmentation takes {share:.0%} of a batch. Use less (`augmentation=light` or none), "
            "or a larger network, which then costs no extra time."
        )
    if data_seconds < model_seconds:
        return (
            "The batches are fast enough, but are not prepared while the model computes, or they "
            "compete for the same cores. Put .prefetch(2) at the end of a dataset of your own (the "
            "kit's has it), and close other programs."
        )
    return (
        "Reading takes the time. Keep decoded images (do not pass `cache=False`; in a dataset of "
        "your own put .cache() before anything random), or make them smaller (`image_size`)."
    )
