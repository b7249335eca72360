"""Optimizer, loss and metrics for a model."""

import inspect
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kit import architectures
from kit.choices import Optimizer
from kit.errors import SettingError
from kit.settings import Optimization
from kit.training import losses
from kit.training.losses import Head
from kit.training.metrics import BalancedAccuracy, DataLoss

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
    weight_decay: float | None = None,
    momentum: float = 0.9,
    nesterov: bool = True,
    loss: str | Callable[..., Any] | None = None,
    label_smoothing: float | None = None,
) -> keras.Model:
    """Compile a classifier in place and return it.

    Args:
        model: Outputs of shape (batch, classes), or (batch, 1) for one sigmoid unit. They are
            scores where the last layer is called so, else probabilities.
        optimizer: Name of the update rule.
        learning_rate: Peak of the schedule; by default what suits the optimizer.
        weight_decay: Decoupled decay of kernels per step and unit of rate (Loshchilov & Hutter,
            ICLR 2019); biases, normalization and what activations learn are left out. Other than
            L2, it does not pass through an adaptive optimizer's scaling. By default 0.05 for
            ``adamw``, else none.
        momentum: For ``sgd``.
        nesterov: For ``sgd`` with momentum: Nesterov's look-ahead.
        loss: See :func:`kit.training.losses.get`; by default "crossentropy" for probabilities and
            "multiclass_hinge" for scores.
        label_smoothing: Share of a label that is spread over all classes; by default 0.1 for
            "crossentropy", which alone can take it.

    Raises:
        SettingError: A name that does not exist or a number out of its range.
    """
    head = architectures.head(model)
    loss = losses.default(head) if loss is None else loss
    decay = default_decay(optimizer) if weight_decay is None else weight_decay
    smoothing = default_smoothing(loss) if label_smoothing is None else label_smoothing
    model.compile(
        optimizer=_optimizer(optimizer, learning_rate, decay, momentum, nesterov),
        loss=losses.get(loss, smoothing, head),
        metrics=_metrics(model),
        jit_compile=_compiler(),
    )
    return model


def measure_data_loss(model: keras.Model) -> None:
    """Compile a model anew so that the loss without penalties is measured, as ``data_loss``.

    Its metrics are this and those of :func:`compile_model`, whatever they were.
    """
    model.compile(
        optimizer=model.optimizer,
        loss=model.loss,
        metrics=[*_metrics(model), DataLoss(model.loss)],
        run_eagerly=model.run_eagerly,
        jit_compile=model.jit_compile,
    )


def default_rate(optimizer: str) -> float:
    """Return the learning rate used where none is given."""
    return RATES.get(optimizer.lower(), 3e-3)


def default_decay(optimizer: str) -> float:
    """Return the weight decay used where none is given."""
    return 0.05 if optimizer == "adamw" else 0.0


def default_smoothing(loss: object) -> float:
    """Return the label smoothing used where none is given."""
    return 0.1 if loss == "crossentropy" else 0.0


def check_compile(head: Head = "softmax", **settings: Any) -> None:
    """Check settings of :func:`compile_model` before there is a model with this head.

    Raises:
        SettingError: As :func:`compile_model`.
    """
    name = "scores" if head == "scores" else "probabilities"
    outputs = 1 if head == "sigmoid" else 3
    layers = [keras.Input((1,)), keras.layers.Dense(outputs, activation="sigmoid", name=name)]
    compile_model(keras.Sequential(layers), **settings)


def learning_rate(model: keras.Model) -> float:
    """Return the learning rate that a model is compiled with, in the digits it was given in."""
    rate = np.float32(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    return float(str(rate))


def _metrics(model: keras.Model) -> list[keras.metrics.Metric]:
    outputs = model.output_shape[-1]
    return [
        keras.metrics.BinaryAccuracy("accuracy")
        if outputs == 1
        else keras.metrics.CategoricalAccuracy("accuracy"),
        BalancedAccuracy(max(outputs, 2)),
    ]


def _optimizer(
    name: str, rate: float | None, weight_decay: float, momentum: float, nesterov: bool
) -> keras.optimizers.Optimizer:
    Optimization(learning_rate=rate, weight_decay=weight_decay, momentum=momentum).verify()
    if name not in OPTIMIZERS:
        raise SettingError(f"There is no optimizer {name!r}. Choose from {', '.join(OPTIMIZERS)}.")
    kind = OPTIMIZERS[name]
    given = {
        "learning_rate": default_rate(name) if rate is None else rate,
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
        optimizer.exclude_from_weight_decay(var_names=["alpha", "bias", "gamma", "beta"])
    return optimizer


def _compiler() -> str | bool:
    """Return Keras' choice, but no XLA for TensorFlow on a CPU.

    There XLA needs 1.3 to 1.8 times the processor time of oneDNN (docs/benchmarks.md).
    """
    other = keras.backend.backend() != "tensorflow"
    return "auto" if other or on_graphics_card() else False


def on_graphics_card() -> bool:
    """Tell whether TensorFlow sees a graphics card, in whose memory a training then happens."""
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
