"""A thawed network in two: the foot, which stays as it is, and what learns on the maps it gives."""

from typing import Any

import keras

from kit.training.transfer.frozen_features import flat


def divided(model: keras.Model) -> tuple[keras.Model, keras.Model] | None:
    """Return the foot of a network, and all above it as a network of the foot's maps.

    The foot ends with the last tensor before the layers that learn through which everything goes.
    Both share the network's layers: it has what they learn.

    Args:
        model: With a layer "backbone" whose last layers are thawed.

    Returns:
        Images to maps, and maps to answers; None where that tensor is the image.
    """
    backbone = model.get_layer("backbone")
    cut = _last_cut(_calls(backbone))
    frozen = keras.Model(backbone.inputs[0], cut)
    if not frozen.weights:
        return None
    call = next(one for one in _calls(model) if one.operation is backbone)
    foot = frozen(call.input_tensors[0])
    maps = keras.Input(cut.shape[1:])
    block = keras.Model(cut, backbone.outputs[0])
    # Its name says what the answers are.
    head = keras.Model(call.output_tensors[0], model.outputs[0], name=model.layers[-1].name)
    answers = head(block(maps))
    return keras.Model(model.inputs[0], foot), keras.Model(maps, answers, name=model.name)


def _calls(model: keras.Model) -> list[Any]:
    """Return the calls of a network's layers, each behind those whose results it reads."""
    by_depth = getattr(model, "_functional", model)._nodes_by_depth
    return [call for _, calls in sorted(by_depth.items(), reverse=True) for call in calls]


def _last_cut(calls: list[Any]) -> Any:
    """Return the last tensor before what learns that all later calls can be computed from."""
    last_read = {id(one): place for place, call in enumerate(calls) for one in call.input_tensors}
    needed: dict[int, Any] = {}  # of what was computed so far
    cut = None
    for place, call in enumerate(calls):
        parts = flat(call.operation) if hasattr(call.operation, "layers") else [call.operation]
        if any(getattr(part, "trainable_variables", ()) for part in parts):
            break
        needed |= {id(one): one for one in call.output_tensors}
        needed = {key: one for key, one in needed.items() if last_read.get(key, 0) > place}
        if len(needed) == 1:
            (cut,) = needed.values()
    return cut
