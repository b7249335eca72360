"""Draw the pictures of docs/checks: healthy and sick starts, measured here and now.

python docs/checks/start.py docs/pictures/checks
"""

import sys
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from kit import architectures, checks, data, plots, training
from kit.data import samples

TARGET = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures/checks")


class HalfReLU(keras.layers.Layer):
    """ReLU whose author forgot half of its derivative."""

    def call(self, x):
        @tf.custom_gradient
        def half(x):
            return tf.nn.relu(x), lambda d: 0.5 * d * tf.cast(x > 0, x.dtype)

        return half(x)


def with_relu(relu):
    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Rescaling(1 / 255), layers.Conv2D(8, 3, name="conv1"),
        layers.ReLU(name="relu1"), layers.Conv2D(16, 3, name="conv2"), relu,
        layers.Flatten(), layers.Dense(32, "relu", name="dense1"),
        layers.Dense(10, "softmax", name="probabilities"),
    ])  # fmt: skip
    model.compile("adam", "categorical_crossentropy")
    return model


def ten_layers(std):
    keras.utils.set_random_seed(1)
    start = keras.initializers.RandomNormal(stddev=std)
    model = keras.Sequential(
        [keras.Input((500,))]
        + [keras.layers.Dense(500, "tanh", kernel_initializer=start, name=f"dense{n}")
           for n in range(1, 11)]
        + [keras.layers.Dense(10, "softmax", name="probabilities")]
    )  # fmt: skip
    model.compile("sgd", "categorical_crossentropy")
    return model


def basic(rate, shape=(8, 8, 1)):
    keras.utils.set_random_seed(1)
    return training.compile_model(architectures.build("basic_cnn", shape, 10), learning_rate=rate)


def show(name, check, draw):
    print(checks.panel([check]), flush=True)
    plots.save(draw(check.numbers), TARGET / f"{name}.png", dpi=80)


class Slow:
    """Batches that someone decodes while the model waits."""

    def __init__(self, batches, seconds):
        self.batches, self.seconds = batches, seconds

    def __iter__(self):
        for batch in self.batches:
            time.sleep(self.seconds)
            yield batch


TARGET.mkdir(parents=True, exist_ok=True)
splits = data.load(samples.digits(), image_size=(8, 8))
digits = checks.sample(splits, basic(None))
gauss = checks.from_arrays(
    np.random.default_rng(0).standard_normal((1000, 500)).astype("float32"),
    np.eye(10, dtype="float32")[np.arange(1000) % 10],
    count=1000,
)
for name, relu in (("gradients", keras.layers.ReLU(name="relu2")),
                   ("gradients_wrong", HalfReLU(name="relu2"))):  # fmt: skip
    found = checks.gradients(checks.from_model(with_relu(relu)), digits)
    show(name, found, plots.gradient_errors)
for name, std in (("signals", 500**-0.5), ("signals_vanishing", 0.01), ("signals_saturated", 1.0)):
    found = checks.units(checks.from_model(ten_layers(std)), gauss, images=1000)
    show(name, found, plots.signals)
for name, rate in (("learning_rate", None), ("learning_rate_high", 10.0)):
    found = checks.learning_rate(checks.from_model(basic(rate)), digits)
    show(name, found, plots.learning_rates)
make = checks.from_model(basic(None))
show("waiting", checks.pipeline(make, splits), plots.waiting)
batches = data.ordered_batches(splits, "train", "categorical")
show("waiting_long", checks.pipeline(make, Slow(batches, 0.2)), plots.waiting)
