"""Residual networks against the paper's tables, published counts and keras.applications."""

import math
from collections import Counter
from functools import partial
from typing import get_args

import example_networks
import keras
import numpy as np
import pytest

from kit import architectures, description
from kit.architectures import residual
from kit.architectures.backbones.weightless import without_weights
from kit.architectures.parts.assembling import Block
from kit.errors import SettingError

IMAGENET, CIFAR = (224, 224, 3), (32, 32, 3)


outline = partial(example_networks.outline, "residual")


def trained_numbers(model: keras.Model) -> int:
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


LARGE = ("34", "101", "152", "44", "56", "110")  # shown by ``make proofs``


def marked(configuration: str, *values: object) -> object:
    marks = pytest.mark.proof if configuration in LARGE else ()
    return pytest.param(configuration, *values, marks=marks)


@pytest.mark.parametrize(
    ("configuration", "numbers"),
    [
        # torchvision.models.resnet18 to resnet152, whose convolutions have no biases either.
        marked("18", 11_689_512),
        marked("34", 21_797_672),
        marked("50", 25_557_032),
        marked("101", 44_549_160),
        marked("152", 60_192_808),
    ],
)
def test_the_networks_for_imagenet_have_the_published_numbers_of_parameters(configuration, numbers):
    model = outline(IMAGENET, 1000, configuration=configuration)
    assert trained_numbers(model) == numbers
    assert model.get_layer("features").input.shape[1:3] == (7, 7)  # table 1
    check_layers(model, int(configuration))


@pytest.mark.parametrize(
    ("configuration", "millions"),
    [
        *(marked("20", "0.27"), marked("32", "0.46"), marked("44", "0.66")),
        *(marked("56", "0.85"), marked("110", "1.7")),
    ],
)
def test_the_networks_for_cifar_10_have_the_published_numbers_of_parameters(
    configuration, millions
):
    # He et al. 2016, table 6, and by hand: kernels and two numbers for each filter.
    model = outline(CIFAR, 10, configuration=configuration)
    n = (int(configuration) - 2) // 6
    first = 9 * 3 * 16 + 32 + 2 * n * (9 * 16 * 16 + 32)
    second = 9 * 16 * 32 + 64 + (2 * n - 1) * (9 * 32 * 32 + 64)
    third = 9 * 32 * 64 + 128 + (2 * n - 1) * (9 * 64 * 64 + 128)
    numbers = trained_numbers(model)
    assert numbers == first + second + third + 64 * 10 + 10
    assert f"{numbers / 1e6:.{len(millions) - 2}f}" == millions
    assert model.get_layer("features").input.shape[1:] == (8, 8, 64)
    check_layers(model, int(configuration))


def check_layers(model: keras.Model, number: int) -> None:
    kernels = [layer for layer in model.layers if hasattr(layer, "kernel")]
    assert len([layer for layer in kernels if "shortcut" not in layer.name]) == number


def test_the_small_network_counts_as_by_hand():
    kernels = 25 * 3 * 48 + 2 * 9 * 48 * 48
    kernels += sum(9 * a * b + 9 * b * b + a * b for a, b in [(48, 96), (96, 192), (192, 256)])
    norms = 2 * (48 + 2 * 48 + 3 * (96 + 192 + 256))
    assert trained_numbers(outline((96, 96, 3), 2)) == kernels + norms + 256 * 2 + 2 == 1_775_602


def test_every_configuration_is_in_the_table():
    assert set(get_args(residual.Configuration)) == set(residual.CONFIGURATIONS)


def test_a_number_of_a_yaml_file_names_a_configuration():
    small = {"filters": (4, 8), "blocks": (1, 1)}
    number = architectures.build("residual", (8, 8, 3), 2, configuration=20, **small)
    text = architectures.build("residual", (8, 8, 3), 2, configuration="20", **small)
    assert description.layer_table(number) == description.layer_table(text)
    with pytest.raises(SettingError, match='configuration must be one of "small", "18"'):
        architectures.build("residual", (8, 8, 3), 2, configuration=19)


@pytest.mark.parametrize(
    ("shape", "configuration", "stem"),
    [
        ((128, 96, 3), "50", "imagenet"),
        ((128, 96, 3), "small", "strided"),
        ((128, 95, 3), "50", "halved"),
        ((48, 60, 3), "small", "halved"),
        ((47, 60, 3), "small", "cifar"),
        ((32, 32, 3), "20", "cifar"),
    ],
)
def test_the_size_of_the_images_chooses_the_stem(shape, configuration, stem):
    short = {"configuration": configuration, "filters": (4,), "blocks": (1,)}
    automatic, chosen = outline(shape, 2, **short), outline(shape, 2, **short, stem=stem)
    assert description.layer_table(automatic) == description.layer_table(chosen)
    shrinks = residual.STEMS[stem].shrinks
    assert min(automatic.get_layer("group1_block1_add").output.shape[1:3]) == (
        math.ceil(min(shape[:2]) / shrinks)
    )


def test_filters_and_blocks_replace_those_of_the_configuration():
    model = outline(CIFAR, 2, configuration="50", filters=(8, 24), blocks=(1, 2))
    names = [layer.name for layer in model.layers if layer.name.endswith("_add")]
    assert names == ["group1_block1_add", "group2_block1_add", "group2_block2_add"]
    assert model.get_layer("features").input.shape[1:] == (16, 16, 4 * 24)


def test_as_many_filters_as_blocks_are_asked_for():
    with pytest.raises(SettingError, match="filters has 2 and blocks has 4\\. Give both"):
        architectures.build("residual", CIFAR, 2, filters=(8, 16))


def test_an_image_too_small_for_the_groups_is_refused_by_one_pixel():
    with pytest.raises(SettingError, match="at least 29 pixels, but the images are 28x40"):
        architectures.build("residual", (28, 40, 3), 2, stem="imagenet")
    few = {"filters": (4,) * 4, "blocks": (1,) * 4}
    assert outline((29, 40, 3), 2, stem="imagenet", **few).output_shape == (None, 2)


def test_the_padded_shortcut_takes_every_second_pixel_and_adds_channels_of_zeros():
    block = Block(residual.basic, 5, strides=2, shortcut="padded", name="tried")
    model = block.as_layer((5, 6, 3))
    for layer in model.layers:  # what is added is 0: what passes is left
        if layer.name == "tried_2_norm":
            layer.set_weights([np.zeros(5), np.zeros(5), np.zeros(5), np.ones(5)])
    x = np.random.default_rng(0).uniform(size=(2, 5, 6, 3)).astype("float32")
    expected = np.concatenate([x[:, ::2, ::2], np.zeros((2, 3, 3, 2))], axis=-1)
    np.testing.assert_allclose(model(x), expected, atol=1e-6)
    assert not [layer for layer in model.layers if layer.name == "tried_shortcut_conv"]


def test_a_block_adds_to_its_input():
    model = Block(residual.basic, 3, name="tried").as_layer((4, 4, 3))
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    branch = keras.Model(model.input, model.get_layer("tried_2_norm").output)
    np.testing.assert_allclose(model(x), np.maximum(x + branch(x), 0), atol=1e-6)


@pytest.mark.parametrize("side", [6, 7])
def test_a_strided_convolution_looks_around_the_pixels_that_the_shortcut_passes(side):
    model = Block(residual.basic, 1, strides=2, name="tried").as_layer((side, side, 1))
    first = keras.Model(model.input, model.get_layer("tried_1_conv").output)
    centre = np.zeros((3, 3, 1, 1))
    centre[1, 1] = 1
    first.set_weights([centre])
    x = np.random.default_rng(0).normal(size=(1, side, side, 1)).astype("float32")
    np.testing.assert_allclose(first(x), x[:, ::2, ::2], rtol=1e-6)


def random_weights(model: keras.Model) -> None:
    """Set every weight at random, statistics too, such that 16 sums do not run away."""
    random = np.random.default_rng(0)
    for layer in model.layers:
        values = []
        for weight in layer.weights:
            if weight.name == "kernel":
                spread = math.sqrt(2 / math.prod(weight.shape[:-1]))
                values.append(random.normal(0, spread, weight.shape))
            elif weight.name in ("gamma", "moving_variance"):
                low = 0.1 if layer.name.endswith("_3_bn") else 0.5
                values.append(random.uniform(low, 3 * low, weight.shape))
            else:
                values.append(random.normal(0, 0.1, weight.shape))
        layer.set_weights(values)


@pytest.fixture(scope="module")
def resnet50() -> keras.Model:
    model = keras.applications.ResNet50(weights=None, input_shape=(64, 64, 3), classes=7)
    random_weights(model)
    return model


@pytest.mark.proof
def test_resnet_50_is_that_of_keras_applications(resnet50, images):
    settings = {"configuration": "50", "stem": "imagenet"}
    model = architectures.build("residual", (64, 64, 3), 7, **settings)
    residual.take_weights(model, resnet50)
    batch = images((64, 64, 3), 2)
    expected = np.asarray(resnet50(batch / 255))
    assert np.ptp(expected, axis=0).max() > 0.05  # the answers come from the images
    np.testing.assert_allclose(model(batch), expected, atol=1e-5)


@pytest.mark.proof
def test_for_other_classes_only_the_last_layer_is_not_that_of_keras(resnet50, images):
    settings = {"configuration": "50", "stem": "imagenet"}
    model = architectures.build("residual", (64, 64, 3), 3, "sequential", **settings)
    before = model.layers[-1].get_weights()
    residual.take_weights(model, resnet50)
    batch = images((64, 64, 3), 2)
    features = keras.Model(model.inputs[0], model.get_layer("features").output)(batch)
    theirs = keras.Model(resnet50.inputs[0], resnet50.get_layer("avg_pool").output)(batch / 255)
    np.testing.assert_allclose(features, theirs, atol=1e-5 * np.max(theirs))
    np.testing.assert_array_equal(model.layers[-1].get_weights()[0], before[0])


def convolutions(model: keras.Model) -> Counter:
    found = (layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
    return Counter((layer.kernel.shape, layer.strides, layer.output.shape) for layer in found)


@pytest.mark.proof
def test_resnet_152_has_the_convolutions_of_keras_applications():
    theirs = without_weights(lambda: keras.applications.ResNet152(weights=None))
    assert convolutions(outline(IMAGENET, 1000, configuration="152")) == convolutions(theirs)


@pytest.mark.parametrize(
    ("source", "settings"),
    [
        pytest.param("ResNet50", {"configuration": "101"}, marks=pytest.mark.proof),
        pytest.param("ResNet50V2", {"configuration": "50"}, marks=pytest.mark.proof),
        ("VGG16", {"configuration": "18"}),
    ],
)
def test_weights_of_another_network_are_refused(source, settings):
    theirs = without_weights(lambda: getattr(keras.applications, source)(weights=None))
    with pytest.raises(SettingError, match="take_weights copies from ResNet50"):
        residual.take_weights(outline(IMAGENET, 1000, **settings), theirs)
