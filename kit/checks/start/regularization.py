"""Do penalties on weights raise the loss, by what their formula says?"""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from kit.checks.answers import answers, data_loss, guarded, quiet_twin, weighted
from kit.checks.image_sample import Sample
from kit.checks.recording import leaves, recorded
from kit.checks.start.regularization_judged import NAME, Penalty, judge_regularization
from kit.checks.twins import MakeModel, compiled_like, twin
from kit.checks.verdicts import Check


@guarded(NAME)
def regularization(make_model: MakeModel, sample: Sample, *, count: int = 16) -> Check:
    """Compare the loss with and without penalties to what their formulas give, layer by layer.

    Keras' ``L2(0.01)`` adds 0.01 times the sum of squares; books often write lambda / 2 times that
    sum, so that their lambda is twice Keras'. Penalties of layers that are not trained do not
    count. What a layer adds by ``add_loss`` is in both losses and stays out.

    Args:
        make_model: Gives a compiled model.
        sample: Images and labels.
        count: Images, at most: penalties on weights do not depend on them.

    Raises:
        SettingError: The model has several inputs or outputs.
    """
    sample = sample.first(count)
    model = make_model()
    quiet = quiet_twin(model)
    full = compiled_like(twin(model), model, metrics=None)
    held = [
        (name, layer)
        for name, layer in leaves(full)
        if getattr(layer, "activity_regularizer", None) is not None
    ]
    with recorded(full, {name for name, _ in held}) as recording:
        given = answers(full, sample.images)
    loud = full.compute_loss(
        y=keras.ops.convert_to_tensor(sample.labels),
        y_pred=keras.ops.convert_to_tensor(given.astype("float32")),
    )
    plain = data_loss(quiet, sample, answers(quiet, sample.images))
    penalties = _of_weights(full) + [
        _of_output(name, layer, recording.outputs[name])
        for name, layer in held
        if name in recording.outputs
    ]
    return judge_regularization(
        penalties,
        float(keras.ops.convert_to_numpy(loud)) - plain,
        plain,
        without=_without(full),
        frozen=_frozen(full),
        decay=float(getattr(model.optimizer, "weight_decay", None) or 0.0),
    )


def _of_weights(model: keras.Model) -> list[Penalty]:
    found, seen = [], set()
    for name, layer in leaves(model):
        for variable in layer.trainable_weights:
            if variable.regularizer is None or id(variable) in seen:
                continue
            seen.add(id(variable))
            said = float(keras.ops.convert_to_numpy(variable.regularizer(variable)))
            formula, due = _formula(variable.regularizer, _values(variable))
            found.append(Penalty(name, variable.name, formula, said if due is None else due, said))
    return found


def _of_output(name: str, layer: keras.Layer, output: Any) -> Penalty:
    """Return the penalty on what a layer gives, which Keras divides by the number of images."""
    values = _values(output)
    said = float(keras.ops.convert_to_numpy(layer.activity_regularizer(output))) / len(values)
    formula, due = _formula(layer.activity_regularizer, values)
    expected = said if due is None else due / len(values)
    return Penalty(name, "output", f"{formula} per image", expected, said)


def _formula(regularizer: Any, values: npt.NDArray[np.float64]) -> tuple[str, float | None]:
    kind = type(regularizer)  # a subclass may compute anything
    kinds = (keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2)
    if kind not in kinds:
        return kind.__name__, None
    parts, due = [], 0.0
    for strength, power, words in (("l1", 1, "absolute values"), ("l2", 2, "squares")):
        factor = float(getattr(regularizer, strength, 0.0))
        if factor:
            parts.append(f"{factor:g} x sum of {words}")
            due += factor * float(np.sum(np.abs(values) ** power))
    return " + ".join(parts) or "0", due


def _values(tensor: Any) -> npt.NDArray[np.float64]:
    return np.asarray(keras.ops.convert_to_numpy(tensor), np.float64)


def _without(model: keras.Model) -> list[str]:
    kernels = [
        (name, variable)
        for name, layer in leaves(model)
        if weighted(layer)
        for variable in layer.trainable_weights
        if len(variable.shape) > 1
    ]
    if all(variable.regularizer is None for _, variable in kernels):
        return []  # penalties on biases or outputs only are a choice
    return list(dict.fromkeys(name for name, one in kernels if one.regularizer is None))


def _frozen(model: keras.Model) -> list[str]:
    found = [
        name
        for name, layer in leaves(model)
        for variable in layer.weights
        if getattr(variable, "regularizer", None) is not None
        and not any(variable is one for one in layer.trainable_weights)
    ]
    return list(dict.fromkeys(found))
