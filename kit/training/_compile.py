"""Optimizer, loss and metrics for a model."""

import inspect
from collections.abc import Callable
from typing import Any, get_args

import keras

from kit.choices import Optimizer
from kit.errors import SettingError
from kit.training import _losses
from kit.training._metrics import BalancedAccuracy

__all__ = ["compile_model", "learning_rate"]

OPTIMIZERS: dict[str, type[keras.optimizers.Optimizer]] = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "sgd": keras.optimizers.SGD,
    "rmsprop": keras.optimizers.RMSprop,
    "adagrad": keras.optimizers.Adagrad,
    "adadelta": keras.optimizers.Adadelta,
    "adamax": keras.optimizers.Adamax,
}
RATES = {  # where no rate is given
    "sgd": 0.05,
    "rmsprop": 1e-3,
    "adagrad": 1e-2,
    "adadelta": 1.0,
}


def compile_model(
    model: keras.Model,
    *,
    optimizer: Optimizer = "adamw",
    learning_rate: float | None = None,
    weight_decay: float = 0.0,
    momentum: float = 0.9,
    nesterov: bool = True,
    loss: str | Callable[..., Any] = "crossentropy",
    label_smoothing: float = 0.0,
) -> keras.Model:
    """Compile a classifier in place and return it.

    Args:
        model: Outputs of shape (batch, classes), or (batch, 1) for one sigmoid unit.
        optimizer: Name of the update rule.
        learning_rate: Peak of the schedule; by default what suits the optimizer.
        weight_decay: Decoupled decay of kernels per step and unit of rate (Loshchilov & Hutter,
            ICLR 2019); biases and normalization are left out. Other than L2, it does not pass
            through an adaptive optimizer's scaling.
        momentum: For ``sgd`` and ``rmsprop``.
        nesterov: For ``sgd`` with momentum: Nesterov's look-ahead.
        loss: See :func:`kit.training._losses.get`.
        label_smoothing: For cross-entropies.

    Raises:
        SettingError: A name that does not exist or a number out of its range.
    """
    outputs = model.output_shape[-1]
    _check_range("learning_rate", learning_rate, low=0, open_low=True)
    _check_range("weight_decay", weight_decay, low=0)
    _check_range("momentum", momentum, low=0, high=1)
    model.compile(
        optimizer=_optimizer(optimizer, learning_rate, weight_decay, momentum, nesterov),
        loss=_losses.get(loss, label_smoothing, sigmoid=outputs == 1),
        metrics=[
            keras.metrics.BinaryAccuracy("accuracy")
            if outputs == 1
            else keras.metrics.CategoricalAccuracy("accuracy"),
            BalancedAccuracy(max(outputs, 2)),
        ],
        jit_compile=_compiler(),
    )
    return model


def learning_rate(model: keras.Model) -> float:
    """Return the learning rate that a model is compiled with."""
    return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))


def _optimizer(
    name: str, rate: float | None, weight_decay: float, momentum: float, nesterov: bool
) -> keras.optimizers.Optimizer:
    if name not in OPTIMIZERS:
        raise SettingError(f"There is no optimizer {name!r}; there are {', '.join(OPTIMIZERS)}.")
    kind = OPTIMIZERS[name]
    given = {
        "learning_rate": RATES.get(name, 3e-3) if rate is None else rate,
        "weight_decay": weight_decay or None,
        "momentum": float(momentum),
        "nesterov": nesterov and momentum > 0,
    }
    if kind is keras.optimizers.AdamW:
        given["weight_decay"] = weight_decay  # its default is 0.004, not none
    if kind is keras.optimizers.RMSprop:
        given["momentum"] = 0.0  # momentum on top of its scaling diverges at ordinary rates
    takes = inspect.signature(kind.__init__).parameters
    optimizer = kind(**{key: value for key, value in given.items() if key in takes})
    if weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _compiler() -> str | bool:
    """Return Keras' choice, but no XLA for TensorFlow on a CPU.

    There XLA's convolutions need 1.6 times the processor time of oneDNN's (docs/benchmarks.md).
    """
    if keras.backend.backend() != "tensorflow":
        return "auto"
    import tensorflow as tf

    return "auto" if tf.config.list_physical_devices("GPU") else False


def _check_range(
    name: str, value: float | None, low: float, high: float = float("inf"), open_low: bool = False
) -> None:
    if value is None:
        return
    if not (low < value if open_low else low <= value) or not value <= high:
        bound = f"above {low}" if open_low else f"from {low}"
        raise SettingError(f"{name} must be {bound} up to {high}, not {value}.")


if set(get_args(Optimizer)) != set(OPTIMIZERS):
    raise AssertionError("the optimizers' names and their table differ")
