"""Activations with learned shapes against their formulas, values and slopes, and in files."""

from typing import get_args

import keras
import numpy as np
import pytest

from kit import architectures, description
from kit.architectures.parts.activations import activated
from kit.architectures.parts.assembling import Block
from kit.architectures.parts.rules import Activation

X = np.array([-30.0, -3.0, -0.7, -0.01, 0.0, 0.01, 0.7, 3.0, 30.0])


def flexible_sigmoid(x, a):
    return 2 * abs(a) / (1 + np.exp(-2 * abs(a) * x))


def flexible_tanh(x, a):
    if abs(a) < 1e-4:  # its series: the formula divides rounding errors by a
        return x - a**2 * x**3 / 3
    z = np.exp(-2 * abs(a) * x)
    return (1 - z) / (abs(a) * (1 + z))


def rbf(x, b):
    return np.exp(-(x**2) / abs(b))


FORMULAS = {"flexible_sigmoid": flexible_sigmoid, "flexible_tanh": flexible_tanh, "rbf": rbf}
STARTS = {"flexible_sigmoid": 0.5, "flexible_tanh": 1.0, "rbf": 1.0}


def applied(activation: str, shape: tuple[int, ...] = (1,)) -> keras.Model:
    image = keras.Input(shape, name="image")
    return keras.Model(image, activated(activation, name="bent")(image))


def slopes(model: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the slope at each x, and that of the learned number for each x."""
    import tensorflow as tf

    inputs = tf.constant(x[:, None], tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(inputs)
        answers = model(inputs)
        each = [answers[row, 0] for row in range(len(x))]
    learned = [tape.gradient(answer, model.trainable_variables[0])[0] for answer in each]
    return np.ravel(tape.gradient(answers, inputs)), np.array(learned)


@pytest.mark.parametrize("number", [2.0, -2.0, 0.3])
@pytest.mark.parametrize("activation", FORMULAS)
def test_a_learned_shape_follows_its_formula_in_value_and_slope(activation, number):
    formula, step = FORMULAS[activation], 1e-5
    x = X[1:-1]
    model = applied(activation)
    model.set_weights([np.array([number])])
    np.testing.assert_allclose(model(x[:, None])[:, 0], formula(x, number), rtol=2e-5, atol=1e-7)
    by_x, by_number = slopes(model, x)
    expected = (formula(x + step, number) - formula(x - step, number)) / (2 * step)
    np.testing.assert_allclose(by_x, expected, rtol=1e-4, atol=1e-5)
    expected = (formula(x, number + step) - formula(x, number - step)) / (2 * step)
    np.testing.assert_allclose(by_number, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("activation", FORMULAS)
@pytest.mark.parametrize("number", [0.0, 1e-5, 1e4])
def test_a_learned_shape_is_finite_for_any_number(activation, number):
    model = applied(activation)
    model.set_weights([np.array([number])])
    by_x, by_number = slopes(model, X)
    for values in (np.asarray(model(X[:, None])), by_x, by_number):
        assert np.isfinite(values).all()


def test_flexible_tanh_becomes_the_identity_as_a_goes_to_0():
    model = applied("flexible_tanh")
    for number in (1e-3, 1e-5, 0.0):
        model.set_weights([np.array([number])])
        x = X[1:-1]
        np.testing.assert_allclose(model(x[:, None])[:, 0], flexible_tanh(x, number), rtol=1e-5)
        by_x, by_number = slopes(model, x)
        np.testing.assert_allclose(by_x, 1, atol=1e-4)
        np.testing.assert_allclose(by_number, -2 * number * x**3 / 3, atol=2e-2)


def test_flexible_sigmoid_vanishes_with_a_at_slope_1():
    model = applied("flexible_sigmoid")
    model.set_weights([np.array([0.0])])
    by_x, by_number = slopes(model, X)
    np.testing.assert_array_equal(model(X[:, None]), 0)
    np.testing.assert_array_equal(by_x, 0)
    np.testing.assert_allclose(by_number, 1)  # from above: 2 sigmoid(0)


@pytest.mark.parametrize(
    ("activation", "plain"),
    [
        ("flexible_sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("flexible_tanh", np.tanh),
        ("rbf", lambda x: np.exp(-np.square(x))),
        ("prelu", lambda x: np.where(x > 0, x, 0.25 * x)),
        ("leaky_relu", lambda x: np.where(x > 0, x, 0.01 * x)),
    ],
)
def test_shapes_start_as_the_plain_function(activation, plain):
    np.testing.assert_allclose(
        applied(activation)(X[:, None])[:, 0], plain(X), rtol=2e-6, atol=1e-6
    )


@pytest.mark.parametrize("activation", [*FORMULAS, "prelu"])
def test_each_channel_learns_one_number_wherever_it_is(activation):
    model = applied(activation, (3, 4, 2))
    (weight,) = model.trainable_weights
    assert weight.path.endswith("alpha")
    assert np.size(weight) == 2
    model.set_weights([np.reshape([0.5, 2.0], weight.shape)])
    vector = applied(activation, (2,))
    vector.set_weights([np.array([0.5, 2.0])])
    x = np.random.default_rng(0).normal(size=(5, 3, 4, 2)).astype("float32")
    answers = np.reshape(vector(x.reshape(-1, 2)), x.shape)
    np.testing.assert_allclose(model(x), answers, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(5,), (3, 4, 5)])
def test_maxout_is_the_larger_of_two_affine_maps(shape):
    model = applied("maxout", shape)
    random = np.random.default_rng(0)
    model.set_weights([random.normal(size=w.shape) for w in model.get_weights()])
    one, first, other, second = model.get_weights()
    x = random.normal(size=(6, *shape)).astype("float32")
    expected = np.maximum(x @ one + first, x @ other + second)
    np.testing.assert_allclose(model(x), expected, rtol=1e-4, atol=1e-5)
    assert one.shape == (5, 5)


@pytest.mark.parametrize("activation", get_args(Activation))
def test_every_activation_keeps_the_shape_and_answers_with_finite_numbers(activation):
    answers = np.asarray(applied(activation, (4, 2, 2))(np.resize(X, (1, 4, 2, 2))))
    assert answers.shape == (1, 4, 2, 2)
    assert np.isfinite(answers).all()
    assert np.ptp(answers) > 0


@pytest.mark.parametrize("activation", [*FORMULAS, "maxout", "prelu"])
def test_a_learned_activation_is_one_function_in_both_styles_and_in_a_file(activation, tmp_path):
    settings = {"dense": (4,), "activation": activation, "dropout": 0.0}
    styles = ("functional", "sequential")
    one, other = (architectures.build("mlp", (3, 4, 1), 3, s, **settings) for s in styles)
    random = np.random.default_rng(0)
    one.set_weights([random.normal(size=w.shape) for w in one.get_weights()])
    other.set_weights(one.get_weights())
    images = random.uniform(0, 255, (5, 3, 4, 1)).astype("float32")
    answers = np.asarray(one(images))
    assert np.ptp(answers) > 0
    np.testing.assert_allclose(other(images), answers, rtol=1e-5)
    assert description.layer_table(one) == description.layer_table(other)
    other.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(images), other(images))


def test_the_layers_of_a_learned_shape_are_named_after_their_stage():
    for activation in ("flexible_tanh", "maxout", "rbf", "prelu"):
        stage = activated(activation, name="bent")
        assert isinstance(stage, Block)
        model = stage.as_layer((2, 2, 3))
        assert all(step.name.startswith("bent_") for step in model.operations)
        assert all(type(step).__module__.startswith("keras.") for step in model.operations)
