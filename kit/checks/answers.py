"""What the checks of answers and losses share: quiet twins, what they answer, what that costs."""

import functools
import random
from collections.abc import Callable
from typing import Any, ParamSpec

import keras
import numpy as np
import numpy.typing as npt

from kit.checks.image_sample import Sample
from kit.checks.recording import leaves, recorded
from kit.checks.twins import compiled_like, twin
from kit.checks.verdicts import Check
from kit.errors import KitError, SettingError

P = ParamSpec("P")
Floats = npt.NDArray[np.float64]


def guarded(name: str) -> Callable[[Callable[P, Check]], Callable[P, Check]]:
    """Return a decorator: a model that cannot be run is a finding, not an error of ours.

    Python's and NumPy's public random states, from which Keras draws the seeds of initial weights,
    are afterwards as they were.
    """

    def decorate(shell: Callable[P, Check]) -> Callable[P, Check]:
        @functools.wraps(shell)
        def run(*args: P.args, **kwargs: P.kwargs) -> Check:
            states = random.getstate(), np.random.get_state()
            try:
                return shell(*args, **kwargs)
            except KitError:
                raise
            except Exception as error:  # of any kind: layers and losses may be anybody's
                if isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__:
                    told = "too little memory for this check; a training uses smaller batches"
                    return Check(name, "not applicable", told, "a loss for these images and labels")
                first = next(iter(str(error).strip().splitlines()), "")
                return Check(
                    name,
                    "failed",
                    f"the model cannot be run: {type(error).__name__}: {first[:200]}",
                    "a loss for these images and labels",
                    "Compare the shapes of images and labels with the model's input and output, "
                    "and try model.evaluate on a few of them.",
                )
            finally:
                random.setstate(states[0])
                np.random.set_state(states[1])

        return run

    return decorate


def quiet_twin(model: keras.Model, **instead: Any) -> keras.Model:
    """Return a compiled twin without dropout, noise and penalties on weights.

    Raises:
        SettingError: The model has several inputs or outputs.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise SettingError(
            "The checks need a model with one input and one output; this one has "
            f"{len(model.inputs)} and {len(model.outputs)}."
        )
    return compiled_like(twin(model, quiet=True), model, metrics=None, **instead)


def answers(copy: keras.Model, images: Any, *, training: bool = False) -> Floats:
    """Return what a twin answers to images in one batch, ``(n, outputs)``.

    Args:
        copy: It is run eagerly, so that nothing is compiled.
        images: As it takes them.
        training: Whether batch normalization uses the statistics of these very images, as in a
            step of training. Of an untrained network the stored ones, 0 and 1, mean nothing yet.
    """
    given = copy(keras.ops.convert_to_tensor(images), training=training)
    return np.asarray(keras.ops.convert_to_numpy(given), np.float64)


def data_loss(copy: keras.Model, sample: Sample, given: Floats) -> float:
    """Return the mean loss of answers by the compiled loss, without penalties."""
    kind = given.astype(copy.compute_dtype if copy.compute_dtype == "float64" else "float32")
    found = copy.compute_loss(
        y=keras.ops.convert_to_tensor(sample.labels), y_pred=keras.ops.convert_to_tensor(kind)
    )
    return float(keras.ops.convert_to_numpy(found - sum(copy.losses)))


def blank_loss(copy: keras.Model, sample: Sample, head: str) -> tuple[float, Floats]:
    """Return the loss and the one answer of a twin whose last kernel is zero: it sees no image.

    Args:
        copy: Its weights are as before afterwards.
        sample: Only two of the images are looked at; the labels count.
        head: The last layer with a kernel, as :func:`kernels` gives it.
    """
    layer = dict(leaves(copy))[head]
    before = layer.get_weights()
    layer.set_weights([np.zeros_like(one) if one.ndim > 1 else one for one in before])
    try:
        answer = answers(copy, np.nan_to_num(sample.images[:2]))[:1]  # 0 times NaN is NaN
    finally:
        layer.set_weights(before)
    return data_loss(copy, sample, np.repeat(answer, len(sample), axis=0)), answer[0]


def right(given: Floats, sample: Sample) -> npt.NDArray[np.bool_]:
    """Tell which images are recognised; one column is a probability, or a score if any is not."""
    if given.shape[-1] == 1:
        score = bool(np.any((given < 0) | (given > 1)))
        return np.asarray((given[:, 0] > (0.0 if score else 0.5)) == (sample.classes == 1))
    return np.asarray(given.argmax(axis=-1) == sample.classes)


def kernels(copy: keras.Model, images: Any) -> list[str]:
    """Return the names of the layers with a kernel, in the order in which they work.

    Normalization is none of them: its weights are vectors, or statistics.
    """
    held = {name for name, layer in leaves(copy) if weighted(layer)}
    with recorded(copy, held) as recording:
        answers(copy, images[:2])
    return list(recording.inputs)


def weighted(layer: keras.Layer) -> bool:
    """Tell whether a layer multiplies by learnt weights of two or more axes."""
    kinds: tuple[Any, ...] = (
        keras.layers.Normalization,
        keras.layers.BatchNormalization,
        keras.layers.LayerNormalization,
        keras.layers.GroupNormalization,
        keras.layers.RMSNormalization,
        keras.layers.PReLU,
    )
    return not isinstance(layer, kinds) and any(len(one.shape) > 1 for one in layer.weights)
