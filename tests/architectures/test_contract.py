"""What holds for every architecture, in both styles."""

import math
from types import MappingProxyType

import keras
import numpy as np
import pytest

from kit import architectures

# Both ends of what the defaults are for: scikit-learn's digits and large photos.
SIZES = ((8, 8, 1), (95, 120, 3), (256, 256, 3))


def test_both_styles_are_one_function(name, small, images):
    one, other = small(name, style="functional"), small(name, style="sequential")
    keras.utils.set_random_seed(5)
    weights = [np.random.default_rng(5).uniform(0.1, 0.5, w.shape) for w in one.get_weights()]
    one.set_weights(weights)  # random normalization too: its initial values hide mistakes
    other.set_weights(weights)
    batch = images(one.input_shape[1:])
    assert type(one) is keras.Model or type(one).__name__ == "Functional"
    assert isinstance(other, keras.Sequential)
    np.testing.assert_allclose(one(batch), other(batch), rtol=1e-5)


def test_both_styles_have_the_same_layers(name, small):
    one, other = small(name, style="functional"), small(name, style="sequential")
    assert one.count_params() == other.count_params()
    assert architectures.layer_table(one) == architectures.layer_table(other)
    assert architectures.graph(one) == architectures.graph(other)
    assert [w.path.split("/")[-2:] for w in one.weights] == [
        w.path.split("/")[-2:] for w in other.weights
    ]


def test_layer_names_are_unique_and_the_fixed_ones_are_there(name, style, small):
    model = small(name, style=style)
    names = [row.name for row in architectures.layer_table(model)]
    assert len(names) == len(set(names))
    assert {"image", "scale", "features", "dropout", "probabilities"} <= set(names)
    assert len({w.path for w in model.weights}) == len(model.weights)


def test_the_model_is_named_after_its_architecture(name, style, small):
    assert small(name, style=style).name == name


def test_rows_are_probabilities(name, style, small, images):
    model = small(name, 5, style)
    answers = np.asarray(model(images(model.input_shape[1:], 6), training=False))
    assert answers.shape == (6, 5)
    assert answers.min() >= 0
    np.testing.assert_allclose(answers.sum(axis=1), 1, rtol=1e-5)


def test_a_sigmoid_head_gives_one_probability(name, style, small, images):
    model = small(name, 2, style, head="sigmoid")
    answers = np.asarray(model(images(model.input_shape[1:], 6), training=False))
    assert answers.shape == (6, 1)
    assert np.all((answers > 0) & (answers < 1))


@pytest.mark.parametrize("num_classes", [2, 10, 100])
def test_the_initial_loss_is_that_of_guessing(name, style, num_classes, small, images):
    model = small(name, num_classes, style)
    labels = np.random.default_rng(3).integers(num_classes, size=64)
    answers = np.asarray(model(images(model.input_shape[1:], 64), training=False))
    loss = -np.mean(np.log(answers[np.arange(64), labels]))
    assert loss == pytest.approx(math.log(num_classes), rel=0.1)
    # Small networks come near it by other ways; large ones need the small weights.
    kernel = model.get_layer("probabilities").get_weights()[0]
    assert np.std(kernel) == pytest.approx(0.01, rel=0.5)
    # Dead units would give the same loss: the answers must come from the images.
    assert np.ptp(answers, axis=0).max() > 1e-5


def test_a_saved_model_loads_without_kit(name, style, loaded_elsewhere):
    answers = loaded_elsewhere[name, style]
    np.testing.assert_allclose(answers.there, answers.here, rtol=1e-5)


def test_a_training_step_lowers_the_loss_and_reaches_every_weight(name, style, small, images):
    model = small(name, 2, style)
    model.compile(keras.optimizers.SGD(0.05), "categorical_crossentropy", run_eagerly=True)
    batch = images(model.input_shape[1:])
    labels = np.eye(2)[np.arange(len(batch)) % 2]
    before = [np.array(weight) for weight in model.trainable_weights]
    loss = model.train_on_batch(batch, labels)
    still = [
        weight.path
        for old, weight in zip(before, model.trainable_weights, strict=True)
        if np.array_equal(old, weight)
    ]
    assert still == []
    assert model.train_on_batch(batch, labels) < loss


def test_l2_adds_the_squares_of_all_kernels(name, style, small):
    model = small(name, style=style, l2=0.01)
    kernels = [w for w in model.trainable_weights if w.path.endswith("kernel")]
    expected = 0.01 * sum(float(np.sum(np.square(kernel))) for kernel in kernels)
    assert len(model.losses) == len(kernels) > 1
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


def test_answers_are_float32_under_mixed_precision(name, style, small, images):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = small(name, style=style)
        answers = model(images(model.input_shape[1:]), training=False)
    finally:
        keras.config.set_dtype_policy(policy)
    assert model.get_layer("features").compute_dtype == "bfloat16"
    assert keras.backend.standardize_dtype(answers.dtype) == "float32"
    np.testing.assert_allclose(np.sum(answers, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_the_defaults_fit_small_and_large_images(name, shape):
    model = architectures.build(name, shape, 10, "sequential")
    assert model.output_shape == (None, 10)
    assert min(model.get_layer("features").input.shape[1:3]) >= 1


@pytest.mark.parametrize("activation", ["leaky_relu", "tanh"])
def test_another_activation_is_used_everywhere(name, activation, small):
    kinds = architectures.layer_table(small(name, activation=activation))
    assert not [row.name for row in kinds if row.name.endswith("_relu") and activation == "tanh"]
    assert [row.name for row in kinds if row.name.endswith(f"_{activation}")]


@pytest.mark.parametrize(("scale", "low", "high"), [("unit", 0, 1), ("symmetric", -1, 1)])
def test_pixels_are_scaled_inside_the_model(name, scale, low, high, small):
    layer = small(name, scale=scale).get_layer("scale")
    np.testing.assert_allclose(layer(np.array([0.0, 255.0])), [low, high], atol=1e-6)


def test_the_settings_are_those_of_the_signature(name):
    settings = architectures.settings(name)
    assert isinstance(settings, MappingProxyType)
    assert {"dropout", "l2", "head", "features", "scale", "activation"} <= set(settings)
    # The defaults must pass the rules that a user's values must pass.
    assert architectures.build(name, (32, 32, 3), 2, **settings).output_shape == (None, 2)


@pytest.mark.parametrize("name", ["basic_cnn", "pointwise"])
def test_block_dropout_stands_in_every_gap_between_blocks(name, small):
    rows = architectures.layer_table(small(name, block_dropout=0.25))
    plain = architectures.layer_table(small(name))
    added = [row.name for row in rows if row not in plain]
    assert added == [row.name for row in rows if row.kind == "Dropout" and row.name != "dropout"]
    assert len(added) == len(rows) - len(plain) > 0
