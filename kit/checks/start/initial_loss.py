"""Does an untrained network guess, and does it see its input?"""

import math
from typing import Any

import keras
import numpy as np

from kit.checks.answers import (
    answers,
    blank_loss,
    data_loss,
    guarded,
    kernels,
    quiet_twin,
    right,
)
from kit.checks.image_sample import Sample
from kit.checks.recording import leaves, recorded
from kit.checks.start.initial_loss_judged import BLIND, NAME, Sight, Start, judge_initial_loss
from kit.checks.twins import MakeModel
from kit.checks.verdicts import Check
from kit.errors import SettingError


@guarded(NAME)
def initial_loss(make_model: MakeModel, sample: Sample, *, count: int = 64) -> Check:
    """Compare the loss before training with that of guessing, and see whether images matter.

    Penalties on weights, dropout and noise are left out. Batch normalization uses the statistics of
    these images, as in the first step of training: those it stores are 0 and 1 at the start, with
    which a deep network's answers may be of any size. Label smoothing changes nothing: of equal
    answers it gives the same loss. Where a bias of the last layer makes the first answers unequal,
    as in a start from the classes' shares, the loss of that bias alone is expected.

    Args:
        make_model: Gives a compiled model, not trained yet; its backbone may be.
        sample: Images and labels.
        count: Images, at most.

    Raises:
        SettingError: The model has several inputs or outputs, or no layer with a kernel.
    """
    sample = sample.first(count)
    copy = quiet_twin(make_model())
    working = kernels(copy, sample.images)
    if not working:
        raise SettingError("The model has no layer with a kernel, so there is nothing to train.")
    head = working[-1]
    with recorded(copy, {head}) as recording:
        given = answers(copy, sample.images, training=True)
    features = _flat(recording.inputs[head])
    loss = data_loss(copy, sample, given)
    blank, answer = blank_loss(copy, sample, head)
    start = Start(
        loss=loss,
        expected=blank,
        why=guess(blank, answer, head),
        error=_error(copy, sample, given),
        images=len(sample),
        hits=int(right(given, sample).sum()),
        largest=int(np.bincount(sample.classes).max()),
    )
    return judge_initial_loss(start, _sight(copy, sample, working, features, given))


def guess(blank: float, answer: Any, head: str) -> str:
    """Return why the loss of a network that only guesses is what it is.

    Args:
        blank: The loss of what the last layer's bias alone answers.
        answer: That answer, ``(outputs,)``.
        head: The last layer's name.
    """
    if np.ptp(answer) > 1e-6 or (len(answer) == 1 and min(abs(answer - 0.5), abs(answer)) > 1e-6):
        return f'the loss of the bias of "{head}" alone'
    outputs = max(len(answer), 2)
    known = {  # cross-entropy, binary cross-entropy, and the multi-class hinge and its square
        f"ln {outputs}": math.log(outputs),
        "ln 2": math.log(2),
        f"{outputs} - 1": outputs - 1.0,
    }
    equal = (why for why, loss in known.items() if math.isclose(blank, loss, rel_tol=1e-5))
    return next(equal, "the loss of equal answers for all classes")


def _flat(values: Any) -> Any:
    rows = np.asarray(keras.ops.convert_to_numpy(values), np.float64)
    return rows.reshape(len(rows), -1)


def _rms(values: Any) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if np.size(values) else 0.0


def _sight(
    copy: keras.Model, sample: Sample, working: list[str], features: Any, given: Any
) -> Sight:
    layers, outputs = dict(leaves(copy)), given.shape[-1]
    sizes = {
        name: max(float(np.abs(one).max()) for one in layers[name].get_weights() if one.ndim > 1)
        for name in working
    }
    last = [one for one in layers[working[-1]].get_weights() if one.ndim > 1]
    if outputs > 1:
        last = [one - one.mean(axis=-1, keepdims=True) for one in last]
    size, spread = _rms(features), _rms(features.std(axis=0))
    sick = not np.isfinite(spread) or spread <= BLIND * size
    return Sight(
        head=working[-1],
        size=size,
        spread=spread,
        kernel=max(float(np.abs(one).max()) for one in last),
        answers=_rms(given.std(axis=0)),
        blank=tuple(name for name in working[:-1] if sizes[name] == 0),
        dead=_first_constant(copy, sample, working) if sick else "",
        gain=max(_rms(one) * math.sqrt(math.prod(one.shape[:-1])) for one in last),
    )


def _first_constant(copy: keras.Model, sample: Sample, working: list[str]) -> str:
    for name in working:
        with recorded(copy, {name}) as recording:
            answers(copy, sample.images, training=True)
        values = _flat(recording.inputs[name])
        if not _rms(values.std(axis=0)) > BLIND * _rms(values):
            return name
    return ""


def _error(copy: keras.Model, sample: Sample, given: Any) -> float:
    """Return the standard error of the mean loss, from the losses of up to 16 equal parts."""
    parts = [part for part in np.array_split(np.arange(len(sample)), 16) if len(part)]
    losses = [
        data_loss(
            copy,
            Sample(sample.images[p], sample.labels[p], sample.classes[p], sample.names),
            given[p],
        )
        for p in parts
    ]
    return float(np.std(losses, ddof=1) / math.sqrt(len(losses))) if len(losses) > 1 else 0.0
