"""The pattern of convolutional networks: sides and parameters of a course's two networks."""

import keras
import numpy as np
import pytest

from kit import architectures, description
from kit.architectures.convnet import EMNIST, FILTERS, MNIST, block
from kit.errors import SettingError

GRAY = (28, 28, 1)


def build(shape=(32, 32, 3), num_classes=10, **settings) -> keras.Model:
    return architectures.build("convnet", shape, num_classes, **settings)


def sides(model: keras.Model) -> list[int]:
    """Return the sides of the maps, of those that follow each other and are equal only one."""
    rows = [row for row in description.layer_table(model) if len(row.output_shape) == 3]
    kept = [row for row in rows if row.kind != "ZeroPadding2D"]
    every = [row.output_shape[0] for row in kept]
    return [side for place, side in enumerate(every) if place == 0 or side != every[place - 1]]


def parameters(model: keras.Model) -> dict[str, int]:
    rows = description.layer_table(model)
    return {row.name: row.parameters for row in rows if row.parameters}


def test_the_network_for_mnist_is_the_course_s():
    model = build(GRAY, 10, **MNIST)
    assert sides(model) == [28, 26, 13, 11, 5]
    assert model.get_layer("features").output.shape == (None, 500)
    assert parameters(model) == {
        "block1_1_conv": (5 * 5 * 1 + 1) * 10,
        "block2_1_conv": (5 * 5 * 10 + 1) * 20,
        "dense1": (500 + 1) * 50,
        "probabilities": (50 + 1) * 10,
    }
    assert model.count_params() == 30_840


def test_the_network_for_letters_is_the_course_s():
    model = build(GRAY, 26, **EMNIST)
    assert sides(model) == [28, 14, 7]
    assert model.get_layer("features").output.shape == (None, 294)
    assert parameters(model) == {
        "block1_1_conv": (3 * 3 * 1 + 1) * 6,
        "block1_1_norm": 4 * 6,
        "block2_1_conv": (3 * 3 * 6 + 1) * 6,
        "block2_1_norm": 4 * 6,
        "dense1": (294 + 1) * 50,
        "probabilities": (50 + 1) * 26,
    }
    assert model.count_params() == 16_514
    kinds = [row.kind for row in description.layer_table(model)]
    assert kinds[2:6] == ["Conv2D", "MaxPooling2D", "BatchNormalization", "LeakyReLU"]
    assert kinds[6:10] == kinds[2:6]


def test_the_pattern_repeats_convolutions_blocks_and_dense_layers():
    model = build(filters=(4, 8), convolutions=3, dense=(16, 12))
    kinds = [row.kind for row in description.layer_table(model)]
    one = ["Conv2D", "Activation"] * 3 + ["MaxPooling2D"]
    two = ["Dense", "Activation", "Dropout"] * 2
    assert kinds == ["Input", "Rescaling", *one, *one, "Flatten", *two, "Dense"]


@pytest.mark.parametrize(
    ("normalization", "kinds", "per_filter"),
    [
        ("before", ["Conv2D", "BatchNormalization", "Activation", "MaxPooling2D"], 27 + 4),
        ("after", ["Conv2D", "Activation", "BatchNormalization", "MaxPooling2D"], 28 + 4),
        ("after_pooling", ["Conv2D", "MaxPooling2D", "BatchNormalization", "Activation"], 28 + 4),
    ],
)
def test_normalization_stands_where_it_is_asked_for(normalization, kinds, per_filter):
    model = build(filters=(4,), convolutions=1, normalization=normalization)
    rows = description.layer_table(model)
    assert [row.kind for row in rows[2:-4]] == [*kinds, "Flatten"]
    assert sum(row.parameters for row in rows[2:-4]) == 4 * per_filter


@pytest.mark.parametrize(
    ("shape", "settings", "expected"),
    [  # (W - F + 2P) / S + 1
        ((32, 32, 3), {"kernel_size": 5, "padding": 2}, 32),
        ((32, 32, 3), {"kernel_size": 5, "padding": "same"}, 32),
        ((32, 32, 3), {"kernel_size": 5, "padding": "valid"}, 28),
        ((7, 7, 3), {"kernel_size": 3, "padding": 0}, 5),
        ((28, 28, 1), {"kernel_size": 5, "padding": "1"}, 26),
    ],
)
def test_a_map_has_the_side_of_the_formula(shape, settings, expected):
    model = build(shape, filters=(10,), convolutions=1, pooling="none", dense=(), **settings)
    assert model.get_layer("features").input.shape[1:] == (expected, expected, 10)


@pytest.mark.parametrize(
    ("settings", "smallest"),
    [
        ({"filters": (4, 4), "padding": "valid"}, 16),
        ({"filters": (4, 4), "padding": "valid", "pooling": "none"}, 9),
        ({"filters": (4, 4, 4)}, 8),
        ({"filters": (4,), "padding": 1, "kernel_size": 5}, 6),
        (dict(MNIST), 10),
    ],
)
def test_an_image_too_small_is_refused_by_one_pixel(settings, smallest):
    with pytest.raises(
        SettingError, match=f"at least {smallest} pixels, but the images are"
    ) as caught:
        build((smallest - 1, 40, 3), **settings)
    assert f"{smallest - 1}x40" in str(caught.value)
    model = build((smallest, 40, 3), **settings)
    assert min(model.get_layer("features").input.shape[1:3]) >= 1


@pytest.mark.parametrize(("side", "blocks"), [(2, 1), (7, 2), (96, 4)])
def test_left_to_itself_it_has_the_blocks_that_the_image_has_room_for(side, blocks):
    model = build((side, side + 3, 3))
    first = build((side, side + 3, 3), filters=FILTERS[:blocks])
    assert description.layer_table(model) == description.layer_table(first)


@pytest.mark.parametrize("padding", [-1, 1.5, True, "full", None, [1]])
def test_a_padding_that_is_none_is_refused(padding):
    with pytest.raises(SettingError, match='padding must be "same", "valid" or a whole number'):
        build(padding=padding)


def test_zeros_are_padded_and_the_mean_is_pooled_as_numpy_does():
    image = keras.Input((4, 6, 2))
    settings = {"kernel_size": 1, "padding": 1, "pooling": "mean"}
    model = keras.Model(image, block(image, 3, **settings, name="tried"))
    kernel, bias = model.get_weights()
    bias = np.array([0.5, -0.5, 1.0], dtype="float32")
    model.set_weights([kernel, bias])
    x = np.random.default_rng(0).normal(size=(2, 4, 6, 2)).astype("float32")
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    maps = np.maximum(padded @ kernel[0, 0] + bias, 0).reshape(2, 3, 2, 4, 2, 3)
    np.testing.assert_allclose(model(x), maps.mean(axis=(2, 4)), atol=1e-5)


def test_blocks_for_which_no_image_is_large_enough_are_refused_too():
    with pytest.raises(SettingError, match=f"at least {2**40} pixels"):
        build((32, 32, 3), filters=(4,) * 40)
