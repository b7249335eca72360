import keras
import numpy as np
import pytest
import tensorflow as tf

from kit import architectures, checks, training
from kit.checks.backpropagation.gradients import judge_gradients
from kit.checks.backpropagation.slopes import Slope, relative_error

layers = keras.layers


class ScaledBackwards(layers.Layer):
    """ReLU whose derivative is multiplied by a factor."""

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}

    def call(self, x):
        @tf.custom_gradient
        def relu(x):
            return tf.nn.relu(x), lambda d: self.factor * d * tf.cast(x > 0, x.dtype)

        return relu(x)


class OnlyFloat32(layers.Layer):
    def call(self, x):
        return tf.sin(x * tf.constant(0.5))  # refuses float64


class RoundsInside(layers.Layer):
    def call(self, x):
        return tf.cast(tf.sin(tf.cast(x, "float32")), x.dtype)


def network(middle, loss="categorical_crossentropy", end="softmax", outputs=3):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, name="conv1"),
            middle,
            layers.BatchNormalization(name="norm"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(6, "tanh", kernel_regularizer="l2", name="dense"),
            layers.Dense(outputs, end, name="answer"),
        ]
    )
    model.compile("sgd", loss)
    return model


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (12, 8, 8, 3)).astype("float32")
    return checks.from_arrays(images, np.eye(3, dtype="float32")[np.arange(12) % 3])


def slope(analytic, numerical, spread=0.0, noise=0.0, layer="conv"):
    return Slope(layer, "kernel[0]", analytic, numerical, spread, noise)


def test_relative_error_is_of_the_larger() -> None:
    assert relative_error(1.0, 2.0) == 0.5
    assert relative_error(-1.0, 1.0) == 2.0
    assert relative_error(0.0, 0.0) == 0.0


@pytest.mark.parametrize(
    ("error", "verdict"),
    [(0.0, "ok"), (5e-5, "ok"), (2e-4, "warning"), (9e-3, "warning"), (2e-2, "failed")],
)
def test_the_bands_of_the_course_notes_divide_right_from_wrong(error, verdict) -> None:
    assert judge_gradients([slope(1.0, 1.0), slope(1.0, 1 - error)]).verdict == verdict


def test_single_precision_has_a_wider_band() -> None:
    assert judge_gradients([slope(1.0, 1 - 5e-4)], single=["mine"]).verdict == "ok"
    assert judge_gradients([slope(1.0, 1 - 5e-3)], single=["mine"]).verdict == "warning"


def test_a_slope_at_a_kink_is_left_out_and_counted() -> None:
    found = judge_gradients([slope(1.0, 1.0), slope(1.0, 0.5, spread=1.0)])

    assert (found.verdict, found.numbers["kinks"]) == ("ok", 1)
    assert judge_gradients([slope(1.0, 0.5, spread=1e-3)]).verdict == "failed"


def test_a_slope_that_rounding_hides_is_left_out_and_counted() -> None:
    found = judge_gradients([slope(1.0, 1.0), slope(1e-9, 2e-9, noise=1e-10)])

    assert (found.verdict, found.numbers["small"]) == ("ok", 1)
    assert judge_gradients([slope(1e-9, 2e-9, noise=1e-10)]).verdict == "warning"


def test_a_frozen_network_has_nothing_to_compare() -> None:
    assert judge_gradients([], frozen=4).verdict == "not applicable"


def test_a_right_network_is_right_to_double_precision(sample) -> None:
    found = checks.gradients(checks.from_model(network(layers.ReLU())), sample)

    assert found.verdict == "ok", found
    assert found.numbers["worst"] < 1e-6
    assert {row[0] for row in found.numbers["slopes"]} == {"conv1", "norm", "dense", "answer"}


@pytest.mark.parametrize(("factor", "verdict"), [(1.002, "warning"), (2.0, "failed")])
def test_a_wrong_derivative_is_found_and_its_layer_named(sample, factor, verdict) -> None:
    model = network(ScaledBackwards(factor, name="mine"))
    found = checks.gradients(checks.from_model(model), sample)

    assert found.verdict == verdict, found
    assert found.numbers["blamed"] == ["mine"]
    assert "mine" in found.advice
    right = [row[4] for row in found.numbers["slopes"] if row[0] != "conv1" and row[5] != "small"]
    assert max(right) < 1e-4  # what comes after a wrong layer is not blamed


def test_a_wrong_loss_is_named(sample) -> None:
    @tf.custom_gradient
    def wrong(predicted):
        return tf.square(predicted), lambda d: d * predicted  # without the 2

    model = network(layers.ReLU(), lambda true, answer: tf.reduce_sum(wrong(true - answer), -1))
    found = checks.gradients(checks.from_model(model), sample)

    assert (found.verdict, found.numbers["blamed"]) == ("failed", ["the loss"])


@pytest.mark.parametrize("kind", [OnlyFloat32, RoundsInside])
def test_a_layer_that_cannot_compute_in_float64_is_named(sample, kind) -> None:
    model = network(kind(name="mine"))
    found = checks.gradients(checks.from_model(model), sample)

    assert found.verdict == "ok", found
    assert found.numbers["single"] == ["mine"]
    assert "mine in float32" in found.measured
    assert any(row[0] == "conv1" and row[5] == "compared" for row in found.numbers["slopes"])


def test_one_sigmoid_unit_and_a_loss_object_work() -> None:
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (8, 8, 8, 3)).astype("float32")
    pairs = checks.from_arrays(images, (np.arange(8) % 2).astype("float32")[:, None])
    model = network(layers.ReLU(), keras.losses.BinaryCrossentropy(), "sigmoid", 1)
    found = checks.gradients(checks.from_model(model), pairs)

    assert found.verdict == "ok", found


def test_hinge_and_nested_blocks_work_and_the_model_is_not_touched() -> None:
    model = architectures.build("basic_cnn", (8, 8, 1), 3, filters=(4,), head="scores")
    training.compile_model(model)
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (6, 8, 8, 1)).astype("float32")
    labels = np.eye(3, dtype="float32")[np.arange(6) % 3]
    before = model.get_weights()
    found = checks.gradients(checks.from_model(model), checks.from_arrays(images, labels))

    assert found.verdict == "ok", found
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_loss_that_is_no_number_fails(sample) -> None:
    model = network(layers.ReLU())
    model.get_layer("dense").kernel.assign(model.get_layer("dense").kernel * np.nan)

    assert checks.gradients(checks.from_model(model), sample).verdict == "failed"
