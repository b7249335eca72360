"""The network in network against the published definition and NumPy."""

from functools import partial

import example_networks
import keras
import numpy as np
import pytest

from kit import architectures, description
from kit.architectures import network_in_network
from kit.architectures.parts.assembling import Block
from kit.errors import SettingError

SMALL = {"block1": (4,), "block2": (4,), "block3": (4,), "stem": "none"}


outline = partial(example_networks.outline, "network_in_network")


def test_the_network_for_cifar_10_counts_as_by_hand():
    # kernel height x width, channels in, filters, one bias for each filter
    convolutions = [(5, 3, 192), (1, 192, 160), (1, 160, 96)]
    convolutions += [(5, 96, 192), (1, 192, 192), (1, 192, 192)]
    convolutions += [(3, 192, 192), (1, 192, 192), (1, 192, 10)]
    by_hand = sum(side * side * before * after + after for side, before, after in convolutions)
    model = outline((32, 32, 3), 10)
    kernels = [layer.kernel.shape for layer in model.layers if hasattr(layer, "kernel")]
    assert kernels == [(side, side, before, after) for side, before, after in convolutions]
    assert model.count_params() == by_hand == 966_986


def test_the_maps_have_the_published_sides():
    # As in the authors' definition, whose poolings of 32 and 16 pixels give 16 and 8.
    model = outline((32, 32, 3), 10)
    shapes = [model.get_layer(name).output.shape[1:] for name in ("pool1", "pool2", "class_maps")]
    assert shapes == [(16, 16, 96), (8, 8, 192), (8, 8, 10)]
    assert isinstance(model.get_layer("pool1"), keras.layers.MaxPooling2D)
    assert isinstance(model.get_layer("pool2"), keras.layers.AveragePooling2D)


def test_both_poolings_are_followed_by_the_published_dropout():
    rows = description.layer_table(outline((32, 32, 3), 10))
    names = [row.name for row in rows]
    dropped = [row.name for row in rows if row.kind == "Dropout"]
    assert [names[names.index(name) - 1] for name in dropped] == ["pool1", "pool2"]
    assert [outline((32, 32, 3), 10).get_layer(name).rate for name in dropped] == [0.5, 0.5]


def test_a_score_is_the_mean_of_the_map_of_its_class(images):
    model = architectures.build("network_in_network", (8, 9, 3), 5, **SMALL)
    batch = images((8, 9, 3))
    wanted = [model.get_layer("class_maps").output, model.output]
    maps, answers = keras.Model(model.inputs[0], wanted)(batch)
    scores = np.exp(np.asarray(maps).mean(axis=(1, 2)))
    np.testing.assert_allclose(answers, scores / scores.sum(axis=1, keepdims=True), rtol=1e-5)
    assert np.min(maps) < 0 < np.max(maps)  # no rectifier: a map can say no


def test_for_two_classes_one_map_is_enough(images):
    model = architectures.build("network_in_network", (8, 9, 3), 2, head="sigmoid", **SMALL)
    batch = images((8, 9, 3))
    maps = keras.Model(model.inputs[0], model.get_layer("class_maps").output)(batch)
    assert maps.shape[-1] == 1
    mean = np.asarray(maps).mean(axis=(1, 2))
    np.testing.assert_allclose(model(batch), 1 / (1 + np.exp(-mean)), rtol=1e-5)


def test_scores_are_the_means_themselves(images):
    settings = SMALL | {"head": "scores"}
    model = architectures.build("network_in_network", (8, 9, 3), 3, **settings)
    assert model.layers[-1].name == "scores"
    batch = images((8, 9, 3))
    means = keras.Model(model.inputs[0], model.get_layer("features").output)(batch)
    np.testing.assert_array_equal(model(batch), means)


def test_a_block_is_a_small_network_at_every_pixel():
    settings = {"kernel_size": 1, "name": "tried"}
    model = Block(network_in_network.mlpconv, (5, 4, 2), **settings).as_layer((3, 4, 3))
    x = expected = np.random.default_rng(0).normal(size=(2, 3, 4, 3)).astype("float32")
    weights = model.get_weights()
    for kernel, bias in zip(weights[::2], weights[1::2], strict=True):
        expected = np.maximum(expected @ kernel[0, 0] + bias, 0)
    assert expected.shape == (2, 3, 4, 2)
    np.testing.assert_allclose(model(x), expected, atol=1e-5)


@pytest.mark.parametrize(("stem", "smallest"), [("none", 4), ("strided", 13)])
def test_an_image_too_small_for_the_poolings_is_refused_by_one_pixel(stem, smallest):
    settings = SMALL | {"stem": stem}
    with pytest.raises(SettingError, match=f"at least {smallest} pixels, but the images are"):
        architectures.build("network_in_network", (smallest - 1, 40, 3), 2, **settings)
    model = architectures.build("network_in_network", (smallest, 40, 3), 2, **settings)
    assert model.output_shape == (None, 2)


def test_a_photo_is_shrunk_first():
    model = outline((96, 128, 3), 2)
    assert model.get_layer("block1_spatial_conv").input.shape[1:3] == (24, 32)
