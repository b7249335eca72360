"""Blocks against numbers counted by hand, and what they do against NumPy."""

import keras
import numpy as np
import pytest

from kit import architectures
from kit.architectures.backbones.weightless import without_weights
from kit.architectures.basic_cnn import block
from kit.architectures.inception import inception
from kit.architectures.network_in_network import mlpconv
from kit.architectures.parts.assembling import Block
from kit.architectures.parts.blocks import convolution, stem_block
from kit.architectures.parts.heads import output
from kit.architectures.parts.kernels import penalty
from kit.architectures.parts.traits import Traits
from kit.architectures.pointwise import reduce_channels

PLAIN = {"traits": Traits(normalization="none")}


def model_of(function, shape, *args, **settings) -> keras.Model:
    return Block(function, *args, name="tried", **settings).as_layer(shape)


def test_ten_filters_of_5x5_on_three_channels_have_760_parameters():
    model = model_of(convolution, (32, 32, 3), 10, 5, **PLAIN)
    assert model.count_params() == 10 * (5 * 5 * 3 + 1) == 760
    assert model.output_shape == (None, 32, 32, 10)


def test_a_pointwise_convolution_of_three_channels_has_12_parameters():
    model = model_of(reduce_channels, (4, 4, 3), 3, **PLAIN)
    assert model.count_params() == 3 * 3 + 3 == 12
    assert model.output_shape == (None, 4, 4, 3)


def test_reduce_channels_is_a_matrix_at_every_pixel():
    model = model_of(reduce_channels, (4, 5, 6), 2, **PLAIN)
    x = np.random.default_rng(0).normal(size=(3, 4, 5, 6)).astype("float32")
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model(x), np.maximum(x @ kernel[0, 0] + bias, 0), atol=1e-5)


def test_a_network_in_network_answers_each_pixel_by_itself():
    model = model_of(mlpconv, (6, 7, 3), (5, 5, 5), kernel_size=1)
    x = np.random.default_rng(0).normal(size=(1, 6, 7, 3)).astype("float32")
    turned = x[:, ::-1, ::-1]
    assert model.output_shape == (None, 6, 7, 5)
    np.testing.assert_allclose(model(turned), np.asarray(model(x))[:, ::-1, ::-1], atol=1e-5)


def test_a_network_in_network_counts_as_by_hand():
    model = model_of(mlpconv, (8, 8, 3), (10, 10, 10), kernel_size=5, **PLAIN)
    assert model.count_params() == 760 + 2 * (10 * 10 + 10)


def test_the_inception_module_of_the_homework_has_96_channels():
    filters = {"one": 16, "three": (16, 32), "five": (16, 32), "pooled": 16}
    model = model_of(inception, (16, 16, 64), **filters)
    assert model.output_shape == (None, 16, 16, 16 + 32 + 32 + 16)
    kernels = 4 * 64 * 16 + 3 * 3 * 16 * 32 + 5 * 5 * 16 * 32
    norms = 4 * (4 * 16 + 2 * 32)  # four numbers for each filter
    assert model.count_params() == kernels + norms == 22_016


def test_the_homeworks_network_is_a_row_of_settings_and_counts_as_by_hand():
    settings = {"stem": "pooled", "stem_filters": 64, "modules": [1], "five": [16, 32]}
    settings |= {"normalization": "after", "features": "flatten", "dense": [18]}
    model = without_weights(lambda: architectures.build("inception", (32, 32, 3), 18, **settings))
    stem, module = (27 + 1) * 64, 22_016 + 4 * 16 + 2 * 32  # kernels, norms; and biases
    classifier = (16 * 16 * 96 + 1) * 18 + (18 + 1) * 18
    assert model.count_params() == stem + 4 * 64 + module + classifier == 466_920
    # The listing has no normalization behind the stem and the 3x3 convolution, and one twice.
    assert model.count_params() - 4 * 64 - 4 * 32 + 4 * 16 == 466_600


def test_the_first_module_of_googlenet_has_the_published_size():
    # Szegedy et al. 2015, table 1, inception (3a): 192 channels in; "159K" are the kernels in Ki.
    filters = {"one": 64, "three": (96, 128), "five": (16, 32), "pooled": 32}
    model = model_of(inception, (28, 28, 192), **filters, **PLAIN)
    biases = 64 + 96 + 128 + 16 + 32 + 32
    assert model.output_shape == (None, 28, 28, 256)
    assert (model.count_params() - biases) // 1024 == 159


def test_the_branches_of_a_module_are_joined_in_the_order_of_its_settings():
    filters = {"one": 1, "three": (1, 2), "five": (1, 3), "pooled": 4}
    model = model_of(inception, (5, 5, 2), **filters)
    x = np.random.default_rng(0).normal(size=(1, 5, 5, 2)).astype("float32")
    ends = ["tried_one_relu", "tried_three_relu", "tried_five_relu", "tried_pooled_relu"]
    branches = keras.Model(model.input, [model.get_layer(end).output for end in ends])(x)
    np.testing.assert_array_equal(model(x), np.concatenate(branches, axis=-1))


@pytest.mark.parametrize("downsampling", ["max", "mean"])
def test_a_block_pools_as_numpy_does(downsampling):
    model = model_of(block, (4, 6, 3), 2, kernel_size=1, downsampling=downsampling, **PLAIN)
    kernel, bias = model.get_weights()
    x = np.random.default_rng(0).normal(size=(2, 4, 6, 3)).astype("float32")
    maps = np.maximum(x @ kernel[0, 0] + bias, 0).reshape(2, 2, 2, 3, 2, 2)
    pooled = maps.max(axis=(2, 4)) if downsampling == "max" else maps.mean(axis=(2, 4))
    np.testing.assert_allclose(model(x), pooled, atol=1e-5)


def test_a_stride_replaces_the_pooling():
    model = model_of(block, (8, 8, 3), 4, convolutions=2, downsampling="stride")
    strides = [layer.strides for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    assert strides == [(1, 1), (2, 2)]
    assert model.output_shape == (None, 4, 4, 4)
    assert "tried_pool" not in [layer.name for layer in model.layers]


@pytest.mark.parametrize(
    ("normalization", "kinds", "per_filter"),
    [
        ("before", ["Conv2D", "BatchNormalization", "Activation"], 27 + 4),
        ("after", ["Conv2D", "Activation", "BatchNormalization"], 27 + 1 + 4),
        ("none", ["Conv2D", "Activation"], 27 + 1),
    ],
)
def test_normalization_stands_where_it_is_asked_for(normalization, kinds, per_filter):
    model = model_of(convolution, (4, 4, 3), 2, 3, traits=Traits(normalization=normalization))
    assert [type(layer).__name__ for layer in model.layers[1:]] == kinds
    assert model.count_params() == 2 * per_filter


@pytest.mark.parametrize(("kind", "divisor"), [("strided", 4), ("pooled", 2), ("plain", 1)])
def test_a_stem_divides_the_sides_rounding_up(kind, divisor):
    model = model_of(stem_block, (29, 32, 3), 2, kind=kind)
    assert model.output_shape == (None, -(-29 // divisor), 32 // divisor, 2)


def test_leaky_relu_has_the_slope_of_its_paper():
    leaky = Traits(normalization="none", activation="leaky_relu")
    model = model_of(convolution, (1, 1, 1), 1, 1, traits=leaky)
    model.set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    x = np.array([-2.0, 3.0], dtype="float32").reshape(2, 1, 1, 1)
    np.testing.assert_allclose(np.ravel(model(x)), [-0.02, 3.0], rtol=1e-6)


@pytest.mark.parametrize("activation", ["relu", "prelu", "maxout", "gelu"])
def test_initial_weights_keep_the_scale_of_a_signal(activation):
    keras.utils.set_random_seed(0)
    x = keras.Input((1, 1, 400))
    y = x
    for number in range(8):
        traits = Traits(normalization="none", activation=activation)
        y = convolution(y, 400, 1, traits=traits, name=f"layer{number}")
    signal = np.random.default_rng(0).normal(size=(50, 1, 1, 400)).astype("float32")
    spread = float(np.sqrt(np.mean(np.square(keras.Model(x, y)(signal)))))
    assert 0.2 < spread < 5  # the ten-layer experiments of the course end at 0 or at infinity


def test_selu_keeps_mean_0_and_variance_1_as_its_paper_says():
    keras.utils.set_random_seed(0)
    x = y = keras.Input((1, 1, 400))
    for number in range(20):
        traits = Traits(normalization="none", activation="selu")
        y = convolution(y, 400, 1, traits=traits, name=f"layer{number}")
    signal = np.random.default_rng(0).normal(size=(50, 1, 1, 400)).astype("float32")
    answers = np.asarray(keras.Model(x, y)(signal))
    assert np.mean(answers) == pytest.approx(0, abs=0.1)
    assert np.std(answers) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("choice", "deviation"),
    [
        *[("small_gaussian", 0.01), ("glorot_uniform", (2 / 400) ** 0.5), ("he_normal", 0.1)],
        *[("lecun_normal", 0.005**0.5), (0.0001, 0.0001), (0.3, 0.3)],
    ],
)
def test_initial_weights_by_name_are_as_wide_as_their_papers_say(choice, deviation):
    keras.utils.set_random_seed(0)
    traits = Traits(normalization="none", initialization=choice)
    model = model_of(convolution, (1, 1, 200), 200, 1, traits=traits)
    kernel, _ = model.get_weights()
    assert np.mean(kernel) == pytest.approx(0, abs=0.01 * deviation + 1e-3)
    assert np.std(kernel) == pytest.approx(deviation, rel=0.02)


@pytest.mark.parametrize(
    ("head", "classes", "name", "units", "activation"),
    [
        ("softmax", 3, "probabilities", 3, "softmax"),
        ("sigmoid", 2, "probabilities", 1, "sigmoid"),
        ("scores", 3, "scores", 3, "linear"),
        ("scores", 2, "scores", 2, "linear"),
    ],
)
def test_the_output_is_named_after_what_it_gives(head, classes, name, units, activation):
    layer = output(classes, Traits(head=head))
    assert (layer.name, layer.units) == (name, units)
    assert layer.activation.__name__ == activation


def test_the_head_of_a_model_is_known_from_its_last_layer():
    for head in ("softmax", "sigmoid", "scores"):
        for style in ("functional", "sequential"):
            model = architectures.build("mlp", (2, 2, 1), 2, style, head=head)
            assert architectures.head(model) == head


def test_the_elastic_net_is_both_penalties():
    kernel = np.array([[1.0, -2.0]])
    assert penalty(0.0) is None
    assert float(penalty(0.5)(kernel)) == pytest.approx(0.5 * 5)
    assert float(penalty(0.5, 0.1)(kernel)) == pytest.approx(0.5 * 5 + 0.1 * 3)
    assert float(penalty(0.0, 0.1)(kernel)) == pytest.approx(0.1 * 3)


@pytest.mark.parametrize(
    ("normalization", "order"),
    [
        ("before", ["Conv2D", "MaxPooling2D", "BatchNormalization", "ReLU"]),
        ("after", ["Conv2D", "ReLU", "BatchNormalization", "MaxPooling2D"]),
        ("none", ["Conv2D", "ReLU", "MaxPooling2D"]),
    ],
)
@pytest.mark.parametrize("made", [block, stem_block])
def test_a_normalization_before_the_activation_works_on_what_the_pooling_leaves(
    made, normalization, order
):
    traits = Traits(normalization=normalization)
    _, *found = model_of(made, (12, 12, 3), 4, traits=traits).layers
    assert [type(layer).__name__.replace("Activation", "ReLU") for layer in found] == order
