"""Weights of the residual networks of ``keras.applications`` for ours."""

import re

import keras

from kit.errors import SettingError


def take_weights(model: keras.Model, source: keras.Model) -> None:
    """Set the weights of ``model`` to those of a ResNet of ``keras.applications``.

    From behind the layer ``scale`` on the two are then the same function. The source has biases in
    its convolutions; a normalization follows each, so they go into its moving mean. The source
    was trained on what ``keras.applications.resnet.preprocess_input`` makes of an image (blue,
    green, red, each less its mean), not on what ``scale`` makes of it.

    Args:
        model: The architecture ``residual``, in either style, of configuration "50", "101" or
            "152" with ``stem="imagenet"`` and 3 channels.
        source: ``keras.applications.ResNet50``, ``ResNet101`` or ``ResNet152``. If it has an output
            layer for as many classes as ``model``, that is taken too; otherwise the last layer
            stays as it is.

    Raises:
        SettingError: The two have not the same convolutions; the model is not changed.
    """
    ours = {
        layer.name: layer for stage in model.layers for layer in getattr(stage, "layers", [stage])
    }
    theirs = {layer.name: layer for layer in source.layers}
    names = {_own_name(name): name.removesuffix("_conv") for name in theirs if _is_kernel(name)}
    if {f"{name}_conv" for name in names} != {name for name in ours if _is_kernel(name)}:
        raise _not_alike(model, source)
    values = []
    for own, name in names.items():
        if f"{name}_bn" not in theirs:
            raise _not_alike(model, source)
        kernel, *bias = theirs[f"{name}_conv"].get_weights()
        gamma, beta, mean, variance = theirs[f"{name}_bn"].get_weights()
        values.append((ours[f"{own}_conv"], [kernel]))
        values.append((ours[f"{own}_norm"], [gamma, beta, mean - sum(bias), variance]))
    if any(layer.kernel.shape != given[0].shape for layer, given in values[::2]):
        raise _not_alike(model, source)
    top = theirs.get("predictions")
    if top is not None and top.kernel.shape == model.layers[-1].kernel.shape:
        values.append((model.layers[-1], top.get_weights()))
    for layer, given in values:
        layer.set_weights(given)


def _is_kernel(name: str) -> bool:
    return name.endswith("_conv")


def _own_name(name: str) -> str:
    """Translate ``conv3_block1_0_conv`` to ``group2_block1_shortcut``; ``conv1`` is the stem."""
    found = re.fullmatch(r"conv(\d+)_(block\d+)_(\d)_conv", name)
    if not found:
        return "stem" if name == "conv1_conv" else name
    group, block, part = found.groups()
    return f"group{int(group) - 1}_{block}_{'shortcut' if part == '0' else part}"


def _not_alike(model: keras.Model, source: keras.Model) -> SettingError:
    return SettingError(
        f"The weights of {source.name} do not fit {model.name}. take_weights copies from ResNet50, "
        "ResNet101 or ResNet152 of keras.applications to the architecture residual with "
        'stem="imagenet", 3 channels and the matching configuration, for example "50".'
    )
