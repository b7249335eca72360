"""What a model's layers say in numbers: kernels, dead units, what the first of them sees."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from kit.checks.answers import weighted
from kit.checks.image_sample import Sample
from kit.checks.recording import leaves, recorded
from kit.monitoring.measures import norm, used_units

BATCH = 64  # images that are looked at together
PIXELS = BATCH * 128 * 128  # of the images that are looked at together, but 4 batches at most
GRADIENT = 32  # images of the batch whose gradient is measured
DYING = ("relu", "relu6")  # activations whose gradient is 0 where they answer 0


def kernels(model: keras.Model) -> dict[str, list[Any]]:
    """Return the kernels of each layer that has some, frozen ones too."""
    # Keras' trainer for JAX keeps the weights to itself during an epoch.
    getattr(model, "jax_state_sync", lambda: None)()
    return {
        name: [array(one) for one in layer.weights if len(one.shape) > 1]
        for name, layer in leaves(model)
        if weighted(layer)
    }


def looked_into(
    model: keras.Model, images: Any
) -> tuple[list[Any], dict[str, float], dict[str, float]]:
    """Return a model's answers to images, and what happens within.

    The maps of all layers are in memory at once, so large images are shown in turn.

    Returns:
        The answers in batches; the share of dead units of each layer that ends in a ReLU; and
        :attr:`kit.monitoring.Monitor.inputs`.
    """
    outputs, seen = [], []
    alive: dict[str, Any] = {}
    can_die = [name for name, layer in leaves(model) if _can_die(layer)]
    first = next((name for name, layer in leaves(model) if weighted(layer)), None)
    for batch in batches(images):
        with recorded(model) as recording:
            outputs.append(answered(model, batch))
        for name in can_die:
            if name in recording.outputs:
                units = used_units(array(recording.outputs[name]))
                alive[name] = units | alive.get(name, False)
        if first is not None:
            seen.append(array(recording.inputs[first]))
    dead = {name: float(np.mean(~units)) for name, units in alive.items()}
    return outputs, dead, _statistics(np.concatenate(seen)) if seen else {}


def _can_die(layer: keras.Layer) -> bool:
    if isinstance(layer, keras.layers.ReLU):
        return not layer.negative_slope
    return getattr(getattr(layer, "activation", None), "__name__", "") in DYING


def _statistics(seen: Any) -> dict[str, float]:
    finite = np.isfinite(seen)
    usable = seen[finite] if finite.any() else np.zeros(1)
    return {
        "least": float(usable.min()),
        "greatest": float(usable.max()),
        "mean": float(usable.mean()),
        "deviation": float(usable.std()),
        "finite": float(finite.mean()),
    }


def in_batches(model: keras.Model, images: Any) -> list[Any]:
    """Return the model's answers, batch by batch."""
    return [answered(model, batch) for batch in batches(images)]


def batches(images: Any) -> Iterator[Any]:
    """Divide images so that a batch holds so many pixels at most."""
    pixels = max(int(np.prod(np.shape(images)[1:3])), 1)
    size = min(max(PIXELS // pixels, 1), 4 * BATCH)
    for start in range(0, len(images), size):
        yield images[start : start + size]


def answered(model: keras.Model, images: Any) -> Any:
    """Return the model's answers at inference."""
    return array(model(keras.ops.convert_to_tensor(images, "float32"), training=False))


def loss(model: keras.Model, labels: Any, outputs: Any) -> float:
    """Return the compiled loss of outputs, without penalties."""
    function = keras.losses.get(model.loss)
    values = function(keras.ops.convert_to_tensor(labels), keras.ops.convert_to_tensor(outputs))
    return float(np.mean(array(values)))


def gradient_norm(copy: keras.Model, sample: Sample) -> float:
    """Return the norm of the gradient of all trainable weights, read from one plain step.

    Args:
        copy: A twin that is compiled with SGD of rate 1; it takes the step.
        sample: Its first images make the batch.
    """
    if not copy.trainable_weights:
        return 0.0
    before = [array(weight) for weight in copy.trainable_weights]
    batch = sample.first(GRADIENT)
    copy.train_on_batch(batch.images.astype(np.float32), batch.labels)
    after = map(array, copy.trainable_weights)
    with np.errstate(invalid="ignore", over="ignore"):
        return norm([a - b for a, b in zip(after, before, strict=True)])


def array(tensor: Any) -> Any:
    """Return a tensor of any backend and precision as an array that NumPy computes with."""
    given = keras.ops.convert_to_numpy(tensor)
    return np.asarray(given, np.float32) if given.dtype.name == "bfloat16" else np.asarray(given)
