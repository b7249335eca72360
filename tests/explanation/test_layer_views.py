"""Filters are the weights of the first layer; feature maps are what the layers give."""

import keras
import numpy as np
import pytest
from example_networks import build_example, pictures

from kit import architectures, explanation
from kit.errors import SettingError


def test_filters_are_the_weights_of_the_first_convolution() -> None:
    model = build_example("basic_cnn")
    first = next(layer for layer in model.layers if layer.weights)

    np.testing.assert_array_equal(explanation.filters(model), first.kernel)


def test_filters_of_a_linear_network_are_templates_of_its_classes() -> None:
    model = architectures.build("linear", (4, 6, 3), 5)
    image = pictures((4, 6, 3), 1)
    bias = model.layers[-1].bias.numpy()

    templates = explanation.filters(model)

    assert templates.shape == (4, 6, 3, 5)
    scores = np.exp(np.tensordot(image[0], templates, axes=3) / 255 + bias)
    np.testing.assert_allclose(scores / scores.sum(), model(image)[0], atol=1e-5)


def test_a_network_that_starts_with_something_else_has_no_filters() -> None:
    stages = [keras.Input((4, 4, 3)), keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)]

    with pytest.raises(SettingError, match="no filters that can be drawn"):
        explanation.filters(keras.Sequential(stages))


def test_feature_maps_are_the_last_outputs_of_each_size() -> None:
    model = build_example("basic_cnn")
    [image] = pictures(model.input_shape[1:], 1)

    maps = explanation.feature_maps(model, image)

    sizes = [values.shape[:2] for values in maps.values()]
    assert len(sizes) >= 2
    assert sizes == sorted(set(sizes), reverse=True)
    for name, values in maps.items():
        before = keras.Model(model.inputs[0], model.get_layer(name).output)
        np.testing.assert_allclose(values, before(image[None], training=False)[0], atol=1e-6)


def test_a_sequential_network_has_the_filters_and_maps_of_the_functional_one() -> None:
    model, twin = build_example("basic_cnn"), build_example("basic_cnn", style="sequential")
    twin.set_weights(model.get_weights())
    [image] = pictures(model.input_shape[1:], 1)

    np.testing.assert_array_equal(explanation.filters(twin), explanation.filters(model))
    found = [explanation.feature_maps(one, image).values() for one in (twin, model)]
    for own, expected in zip(*found, strict=True):
        np.testing.assert_allclose(own, expected, atol=1e-6)


def test_padding_is_no_map_of_its_own() -> None:
    stages = [
        keras.Input((4, 4, 3)),
        keras.layers.Conv2D(2, 1, name="conv"),
        keras.layers.ZeroPadding2D(1, name="padding"),
        keras.layers.Conv2D(2, 3, strides=2, name="smaller"),
        keras.layers.Flatten(),
        keras.layers.Dense(2),
    ]

    maps = explanation.feature_maps(keras.Sequential(stages), np.zeros((4, 4, 3)))

    assert {name: values.shape for name, values in maps.items()} == {
        "conv": (4, 4, 2),
        "smaller": (2, 2, 2),
    }


def test_a_network_without_convolutions_has_no_feature_maps() -> None:
    model = architectures.build("linear", (4, 4, 3), 2)

    assert explanation.feature_maps(model, np.zeros((4, 4, 3))) == {}
