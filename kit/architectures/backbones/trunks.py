"""A trained network up to where its features are taken: the backbone of another one.

The last layer tells the classes of the old images apart; what comes before it has learnt to see.
Replacing that layer and freezing the rest is the first step of transfer learning (Yosinski et al.,
"How transferable are features in deep neural networks?", NeurIPS 2014).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from kit.architectures.backbones.model_files import load_file
from kit.architectures.parts.assembling import Tensor
from kit.errors import SettingError

AUTO = "auto"


def saved(path: Path, input_shape: tuple[int, int, int], cut: str) -> keras.Model:
    """Return a saved network up to a layer, called "backbone".

    Args:
        path: The ``.keras`` file of a network of this package.
        input_shape: ``(height, width, channels)`` of the images.
        cut: The last layer that is kept; "auto": all before the last one with weights.

    Raises:
        SettingError: The file cannot be used, is for other images, or has no such layer.
    """
    if not path.is_file():
        raise SettingError(f"backbone: there is no file {path}.")
    model = load_file(path)
    if not hasattr(model, "_nodes_by_depth") and not isinstance(model, keras.Sequential):
        raise SettingError(
            f"backbone: {path} is not a network of this package whose layers form a chain."
        )
    if tuple(model.input_shape[1:]) != tuple(input_shape):
        there, here = (" x ".join(map(str, s)) for s in (model.input_shape[1:], input_shape))
        raise SettingError(
            f"backbone: {path} takes images of {there} (height, width, channels), not {here}. Use "
            "its image size and color."
        )
    return up_to(model, cut)


def up_to(model: keras.Model, cut: str) -> keras.Model:
    """Return a network up to a layer, called "backbone"; the arguments are those of :func:`saved`.

    Raises:
        SettingError: It has no such layer, or one that gives neither a map nor a vector.
    """
    # A Sequential model keeps its graph inside; a layer's own output may be of another graph.
    calls = getattr(model, "_functional", model)._nodes_by_depth.values()
    nodes = {node.operation: node for of_depth in calls for node in of_depth}
    if cut == AUTO:
        end = _before_the_last(model, nodes)
    else:
        named = {layer.name: layer for layer in model.layers[:-1]}
        if cut not in named:
            raise SettingError(
                f"cut: the backbone cannot end at a layer {cut!r}. Its last layers are "
                f"{', '.join(list(named)[-8:])}."
            )
        end = nodes[named[cut]].output_tensors[0]
    if len(end.shape) not in (2, 4):
        raise SettingError(
            f"cut: the output of {cut} must be a map or a vector; its shape is {end.shape[1:]}."
        )
    return keras.Model(model.inputs[0], end, name="backbone")


def _before_the_last(model: keras.Model, nodes: Mapping[Any, Any]) -> Tensor:
    """Return what enters the last layer with weights, without the dropout before it."""
    last = next((layer for layer in reversed(model.layers) if layer.weights), None)
    if last is None or not nodes[last].input_tensors:
        raise SettingError("backbone: the network has no layer with weights.")
    end = nodes[last].input_tensors[0]
    while isinstance(end._keras_history.operation, keras.layers.Dropout):
        end = nodes[end._keras_history.operation].input_tensors[0]
    return end
