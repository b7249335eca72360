"""Perceptrons against numbers counted by hand, and the course's ten layers."""

import keras
import numpy as np
import pytest

from kit import architectures, description


def build(shape=(32, 32, 3), num_classes=10, **settings) -> keras.Model:
    keras.utils.set_random_seed(0)
    return architectures.build("mlp", shape, num_classes, **settings)


def test_the_network_of_the_first_steps_counts_as_by_hand():
    assert build().count_params() == (3072 + 1) * 50 + (50 + 1) * 10 == 154_160


def test_a_growing_row_of_layers_counts_as_by_hand():
    model = build((1, 5, 1), 5, dense=(32, 64))
    assert model.count_params() == (5 + 1) * 32 + (32 + 1) * 64 + (64 + 1) * 5 == 2_629


def test_without_a_hidden_layer_it_is_the_linear_classifier():
    linear = architectures.build("linear", (32, 32, 3), 10)
    assert build(dense=()).count_params() == linear.count_params()


@pytest.mark.parametrize(
    ("normalization", "kinds"),
    [
        ("before", ["Dense", "BatchNormalization", "Activation"]),
        ("after", ["Dense", "Activation", "BatchNormalization"]),
        ("none", ["Dense", "Activation"]),
    ],
)
def test_normalization_and_dropout_stand_behind_each_hidden_layer(normalization, kinds):
    model = build(dense=(8, 4), normalization=normalization, dropout=0.5)
    rows = description.layer_table(model)
    found = [row.kind for row in rows[3:]]
    assert found == [*kinds, "Dropout", *kinds, "Dropout", "Dense"]
    dropped = [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    assert dropped == [0.5, 0.5]
    with_bias = 0 if normalization == "before" else 8
    assert rows[3].parameters == 3072 * 8 + with_bias


@pytest.mark.parametrize(
    ("activation", "initialization", "first", "last"),
    [
        ("tanh", "small_gaussian", 0.213, 0.0),  # the signal vanishes
        ("tanh", "lecun", 0.628, 0.228),
        ("relu", "lecun", 0.582, 0.026),  # it dies out
        ("relu", "he", 0.825, 0.845),
    ],
)
def test_ten_layers_of_500_units_spread_as_in_the_course(activation, initialization, first, last):
    # Standard deviations of the first and the last layer on unit Gaussian input.
    settings = {"activation": activation, "initialization": initialization}
    model = build((1, 500, 1), dense=(500,) * 10, **settings)
    names = [f"dense{number}_{activation}" for number in (1, 10)]
    ends = [model.get_layer(name).output for name in names]
    signal = np.random.default_rng(0).normal(size=(1000, 1, 500, 1)) * 255  # scaled to 1 inside
    spreads = [np.std(values) for values in keras.Model(model.inputs[0], ends)(signal)]
    assert spreads == pytest.approx([first, last], rel=0.15, abs=0.001)
