"""What every layer of a model answers, also within nested models, in the order of their work."""

import contextlib
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from typing import Any

import keras


@dataclass
class Recording:
    """Outputs of layers by name, ``"backbone/conv1"`` within a nested model, and the inputs."""

    outputs: dict[str, Any] = field(default_factory=dict)
    inputs: dict[str, Any] = field(default_factory=dict)


def leaves(model: keras.Model, inside: str = "") -> Iterator[tuple[str, keras.Layer]]:
    """Yield every layer that is no model itself, with its name below the models it is in."""
    for layer in model.layers:
        name = f"{inside}{layer.name}"
        if isinstance(layer, keras.Model):
            yield from leaves(layer, f"{name}/")
        elif not isinstance(layer, keras.layers.InputLayer):
            yield name, layer


@contextlib.contextmanager
def recorded(model: keras.Model, only: Container[str] | None = None) -> Iterator[Recording]:
    """Note what each layer takes and gives while the model is called eagerly: ``model(images)``.

    In both styles of models and in nested ones, where ``layer.output`` is not connected to the
    outermost input. A layer that is called twice is noted once, the last time.

    Args:
        model: A twin (:func:`kit.checks.twins.twin`): its layers' ``call`` is wrapped meanwhile.
        only: Names of the layers to note; None for all, which keeps every map in memory.
    """
    recording = Recording()
    wrapped = []
    for name, layer in leaves(model):
        if only is not None and name not in only:
            continue
        original = layer.call

        def call(*args: Any, _name: str = name, _original: Any = original, **kwargs: Any) -> Any:
            given = _original(*args, **kwargs)
            recording.inputs[_name] = args[0] if args else None
            recording.outputs[_name] = given
            return given

        object.__setattr__(layer, "call", call)
        wrapped.append(layer)
    try:
        yield recording
    finally:
        for layer in wrapped:
            object.__delattr__(layer, "call")
