"""Auxiliary classifiers: small ones in the middle of a network, which help it in training only.

Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, section 5: the gradient has a long way
to the first layers of a deep network; a classifier halfway shortens it. Its loss counts for 0.3 of
the last one's, and it is thrown away after the training.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers

from kit.architectures.googlenet import AUXILIARY
from kit.errors import SettingError

WINDOW, STEP = 5, 3  # pixels, of the mean pooling that a head begins with


def with_auxiliary(
    model: keras.Model,
    after: Sequence[str] = AUXILIARY,
    *,
    weight: float = 0.3,
    filters: int = 128,
    units: int = 1024,
    dropout: float = 0.7,
) -> keras.Model:
    """Return a model to compile and fit in place of ``model``, whose layers it trains.

    Each head is a 5x5 mean pooling of stride 3 (smaller on smaller maps), a 1x1 convolution, a
    dense layer, dropout and an output like the model's. The training loss has the heads in it; in
    all else (answers, metrics, validation loss, weights, what is saved) the returned model is
    ``model``, which is trained with it and needs nothing of it afterwards.

    Args:
        model: In the Functional style, for example ``architectures.build("googlenet", ...)``, whose
            last layer is a dense one.
        after: Names of the layers that a head follows, of maps ``(batch, height, width,
            channels)``.
        weight: Of the loss of each head; that of the output has 1.
        filters: Of the 1x1 convolution.
        units: Of the dense layer.
        dropout: Share of its result set to 0 in training.

    Raises:
        SettingError: The model is Sequential, or has no such layers.
    """
    if isinstance(model, keras.Sequential):
        raise SettingError(
            "Auxiliary classifiers branch off in the middle of a network, but a Sequential model "
            f'is one chain. Build {model.name} with style="functional".'
        )
    maps = [_map(model, name) for name in after]
    heads = [
        _head(x, model.layers[-1], filters, units, dropout, name=f"auxiliary{number}")
        for number, x in enumerate(maps, start=1)
    ]
    return _Assisted(model, keras.Model(model.input, [model.output, *heads]), weight)


class _Assisted(keras.Model):
    """A model that learns with the heads and is the plain one in all else."""

    def __init__(self, plain: keras.Model, assisted: keras.Model, weight: float) -> None:
        super().__init__(name=plain.name)
        self.plain, self.assisted, self.weight = plain, assisted, weight

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Compile, with the same loss at each head."""
        super().compile(*args, **kwargs)
        heads = len(self.assisted.outputs) - 1
        self.assisted.compile(
            loss=[self.loss] * (1 + heads), loss_weights=[1.0] + [self.weight] * heads
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the answers of the network, in training those of the heads behind them."""
        return self.assisted(inputs, training=True) if training else self.plain(inputs)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the loss of all outputs in training, and of the network alone in validation."""
        if not isinstance(y_pred, list | tuple):
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        weights = None if sample_weight is None else [sample_weight] * len(y_pred)
        return self.assisted.compute_loss(x, [y] * len(y_pred), list(y_pred), weights, training)

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Measure the answers of the network."""
        answers = y_pred[0] if isinstance(y_pred, list | tuple) else y_pred
        return super().compute_metrics(x, y, answers, sample_weight)

    @property
    def losses(self) -> Any:
        """Return the penalties of the network."""
        return self.plain.losses

    @property
    def output_shape(self) -> Any:
        """Return the shape of its answers."""
        return self.plain.output_shape

    def get_weights(self) -> Any:
        """Return its weights, without those of the heads."""
        return self.plain.get_weights()

    def set_weights(self, weights: Any) -> None:
        """Set its weights."""
        self.plain.set_weights(weights)

    def get_config(self) -> Any:
        """Return what the network is made of."""
        return self.plain.get_config()

    @classmethod
    def from_config(cls, config: Any, custom_objects: Any = None) -> Any:
        """Return a network without heads."""
        return keras.Model.from_config(config, custom_objects)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the network without heads."""
        self.plain.save(*args, **kwargs)


def _map(model: keras.Model, name: str) -> Any:
    """Return the result of a layer that a head can follow."""
    found = [layer for layer in model.layers if layer.name == name]
    if not found or len(found[0].output.shape) != 4:
        raise SettingError(
            f"{model.name} has no layer {name} with a feature map (batch, height, width, channels) "
            "for an auxiliary classifier. The architecture googlenet has the published ones; for "
            "another network, name its layers."
        )
    return found[0].output


def _head(x: Any, last: Any, filters: int, units: int, dropout: float, name: str) -> Any:
    window = tuple(min(WINDOW, side) for side in x.shape[1:3])
    penalty = last.kernel_regularizer
    x = layers.AveragePooling2D(window, strides=STEP, name=f"{name}_pool")(x)
    x = layers.Conv2D(
        filters, 1, activation="relu", kernel_regularizer=penalty, name=f"{name}_conv"
    )(x)
    x = layers.Flatten(name=f"{name}_flat")(x)
    x = layers.Dense(units, activation="relu", kernel_regularizer=penalty, name=f"{name}_dense")(x)
    x = layers.Dropout(dropout, name=f"{name}_dropout")(x)
    return type(last).from_config({**last.get_config(), "name": f"{name}_{last.name}"})(x)
