"""Copies of a model to experiment on, so that the caller's is never touched."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import keras

from kit import architectures
from kit.errors import SettingError

MakeModel = Callable[[], keras.Model]  # gives a compiled model to spoil, another at each call

NOISE = {"rate": ("Dropout", "SpatialDropout", "AlphaDropout", "GaussianDropout"),
         "stddev": ("GaussianNoise",)}  # fmt: skip


def from_model(model: keras.Model) -> MakeModel:
    """Return what the checks take: a function whose models are copies of a compiled one.

    They have its present weights, loss and optimizer (in its initial state). The model itself is
    never trained or changed.

    Args:
        model: Functional or Sequential, compiled.

    Raises:
        SettingError: It is not compiled, or cannot be copied.
    """
    compiled_like(twin(model), model)  # to say at once what is wrong with it

    def make_model() -> keras.Model:
        return compiled_like(twin(model), model)

    return make_model


def twin(
    model: keras.Model,
    *,
    quiet: bool = False,
    dtype: str | None = None,
    keep: Collection[str] = (),
) -> keras.Model:
    """Return an uncompiled copy of a Functional or Sequential model.

    Args:
        model: What to copy, with any nested models in it.
        quiet: Without dropout, noise and penalties on weights.
        dtype: Compute in this precision, ``"float64"`` for example, and hold the weights in it.
        keep: Names of layers that stay in their own precision, as ``leaves`` gives them.

    Raises:
        SettingError: The model is a subclass of its own, or a layer cannot be made from its
            configuration.
    """

    def copied(layer: Any) -> Any:
        if isinstance(layer, keras.Model):
            return _clone(layer, copied)
        if not isinstance(layer, keras.Layer):
            return layer
        own = any(name.rpartition("/")[2] == layer.name for name in keep)
        config = _changed(layer.get_config(), type(layer).__name__, quiet, None if own else dtype)
        try:
            return type(layer).from_config(config)
        except Exception as error:
            raise SettingError(
                f'The layer "{layer.name}" ({type(layer).__name__}) cannot be rebuilt from its '
                f"get_config(): {error}. It must return every argument of __init__."
            ) from error

    other = _clone(model, copied)
    architectures.copy_weights(model, other)  # with the statistics of a Normalization
    return other


def compiled_like(copy: keras.Model, model: keras.Model, **instead: Any) -> keras.Model:
    """Compile a twin as its original is, but with what ``instead`` says, and return it.

    Raises:
        SettingError: The original is not compiled.
    """
    if not model.compiled:
        raise SettingError(
            "The model must be compiled, because its loss and optimizer are checked too."
        )
    settings: dict[str, Any] = {
        "loss": model.loss,
        "metrics": ["accuracy"],
        "jit_compile": model.jit_compile,
        **instead,
    }
    if "optimizer" not in settings:
        settings["optimizer"] = optimizer_like(model, copy)
    copy.compile(**settings)
    return copy


def optimizer_like(
    model: keras.Model, copy: keras.Model, **changes: Any
) -> keras.optimizers.Optimizer:
    """Return an optimizer as a model's, in its initial state, for a copy of the model.

    What is excluded from weight decay stays so, which ``get_config()`` does not tell. The weights
    are in the same order; ``changes`` take the place of the original's settings.
    """
    own = model.optimizer
    other = type(own).from_config(own.get_config() | changes)
    pairs = zip(model.weights, copy.weights, strict=True)
    spared = [twin for mine, twin in pairs if not _plain(own)._use_weight_decay(mine)]
    _plain(other).exclude_from_weight_decay(var_list=spared)
    return other


def _plain(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return the optimizer within one that scales losses."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _clone(model: keras.Model, copied: Any) -> keras.Model:
    if not isinstance(model, keras.Sequential) and not hasattr(model, "operations"):
        raise SettingError(
            f"{type(model).__name__} is a subclassed model, whose layers cannot be found reliably. "
            "Write it as a Functional or a Sequential model to check it."
        )
    if isinstance(model, keras.Sequential):
        layers = [keras.Input(model.input_shape[1:]), *map(copied, model.layers)]
        return keras.Sequential(layers, name=model.name)
    # Of the compiled model itself clone_model would copy the compile state, custom metrics and all.
    outputs = model.outputs if len(model.outputs) > 1 else model.outputs[0]
    inputs = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    plain = keras.Model(inputs, outputs, name=model.name)
    return keras.models.clone_model(plain, clone_function=copied)


def _changed(
    config: Mapping[str, Any], kind: str, quiet: bool, dtype: str | None
) -> dict[str, Any]:
    """Return a layer's configuration without noise and penalties, and in another precision."""
    changed = dict(config)
    if dtype is not None and "dtype" in changed:
        changed["dtype"] = dtype
    if quiet:
        changed |= {name: None for name in config if name.endswith("_regularizer")}
        for name, kinds in NOISE.items():
            if name in config and kind.rstrip("123D").startswith(kinds):
                changed[name] = 0.0
    return changed
