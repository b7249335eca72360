"""AlexNet against figure 2 of its paper and numbers counted by hand."""

from functools import partial

import example_networks
import keras
import numpy as np
import pytest
from keras import layers

from kit import architectures
from kit.architectures.parts.assembling import Block
from kit.architectures.parts.grouped_convolution import grouped_convolution
from kit.errors import SettingError

FEW = {"filters": (4, 4, 6, 4, 4), "dense": (5, 6), "scale": "unit"}


shapes_of = partial(example_networks.outline, "alexnet", scale="unit")


def sides(model: keras.Model) -> list[int]:
    names = ["conv1_relu", "pool1", "conv2_relu", "pool2", "conv5_relu", "pool5"]
    return [model.get_layer(name).output.shape[1] for name in names]


# Figure 2 and section 3.5; the figure says 224, its maps ask for 227.
@pytest.mark.parametrize("side", [224, 227])
def test_the_maps_have_the_sides_and_channels_of_figure_2(side):
    model = shapes_of((side, side, 3))
    assert sides(model) == [55, 27, 27, 13, 13, 6]
    channels = [model.get_layer(f"conv{n}_relu").output.shape[-1] for n in range(1, 6)]
    assert channels == [96, 256, 384, 384, 256]
    assert model.get_layer("features").output.shape == (None, 6 * 6 * 256)


def test_the_parameters_are_the_60_million_of_the_paper():
    convolutions = [
        (11 * 11 * 3 + 1) * 96,
        (5 * 5 * 96 // 2 + 1) * 256,
        (3 * 3 * 256 + 1) * 384,
        (3 * 3 * 384 // 2 + 1) * 384,
        (3 * 3 * 384 // 2 + 1) * 256,
    ]
    dense = [(6 * 6 * 256 + 1) * 4096, (4096 + 1) * 4096, (4096 + 1) * 1000]
    model = shapes_of((227, 227, 3), 1000)
    assert model.count_params() == sum(convolutions) + sum(dense) == 60_965_224


def test_the_layers_stand_in_the_order_of_section_3_5():
    model = shapes_of((224, 224, 3))
    order = ["conv1_relu", "norm1_response", "pool1", "conv2_relu", "norm2_response", "pool2"]
    order += ["conv3_relu", "conv4_relu", "conv5_relu", "pool5", "features", "dense1"]
    order += ["dense1_relu", "dropout1", "dense2", "dense2_relu", "dropout", "probabilities"]
    names = [layer.name for layer in model.layers]
    assert [name for name in names if name in order] == order
    assert "norm3_response" not in names
    pools = [model.get_layer(name) for name in ("pool1", "pool2", "pool5")]
    assert [(pool.pool_size, pool.strides) for pool in pools] == [((3, 3), (2, 2))] * 3  # overlap
    assert [model.get_layer(name).rate for name in ("dropout1", "dropout")] == [0.5, 0.5]


def test_an_image_of_224_pixels_is_padded_to_227_and_no_further():
    padded = shapes_of((224, 227, 3)).get_layer("conv1_pad")
    assert padded.padding == ((1, 2), (0, 0))
    assert padded.output.shape == (None, 227, 227, 3)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_groups_are_those_of_kerass_convolution(groups):
    ours = Block(grouped_convolution, 8, 3, groups=groups, bias=0.5, name="tried")
    model = ours.as_layer((5, 6, 12))
    image = keras.Input((5, 6, 12))
    theirs = layers.Conv2D(8, 3, padding="same", groups=groups, activation="relu")
    kernels, biases = model.get_weights()[0::2], model.get_weights()[1::2]
    oracle = keras.Model(image, theirs(image))
    oracle.set_weights([np.concatenate(kernels, axis=-1), np.concatenate(biases)])
    x = np.random.default_rng(0).normal(size=(3, 5, 6, 12)).astype("float32")
    np.testing.assert_allclose(model(x), oracle(x), atol=1e-5)
    assert len(kernels) == groups
    assert set(np.concatenate(biases)) == {0.5}


def test_the_third_convolution_alone_connects_the_groups():
    model = shapes_of((224, 224, 3))
    depths = {w.path.split("/")[0]: w.shape[2] for w in model.weights if len(w.shape) == 4}
    assert depths == {
        "conv1_conv": 3,
        "conv2_conv1": 48,
        "conv2_conv2": 48,
        "conv3_conv": 256,
        "conv4_conv1": 192,
        "conv4_conv2": 192,
        "conv5_conv1": 192,
        "conv5_conv2": 192,
    }


def test_initial_weights_and_biases_are_those_of_section_5():
    keras.utils.set_random_seed(0)
    model = architectures.build("alexnet", (64, 64, 3), 4, **FEW)
    of_ones = {"conv2", "conv4", "conv5", "dense1", "dense2"}
    for weight in model.weights:
        layer, kind = weight.path.split("/")
        if kind == "bias":
            one = layer.partition("_")[0] in of_ones
            np.testing.assert_array_equal(weight, np.full(weight.shape, float(one)))
        else:
            last = 0.05 / np.sqrt(weight.shape[0])  # it starts by its inputs, as everywhere here
            deviation = last if layer == "probabilities" else 0.01
            assert np.std(weight) == pytest.approx(deviation, rel=0.5), layer
            assert abs(np.mean(weight)) < deviation / 2


def test_other_initial_weights_come_without_biases():
    model = architectures.build("alexnet", (64, 64, 3), 4, **FEW, initialization="he")
    biases = [weight for weight in model.get_weights() if weight.ndim == 1]
    assert not np.concatenate(biases).any()


def test_64_pixels_are_the_least_that_valid_poolings_take():
    assert sides(shapes_of((64, 80, 3), padding="valid")) == [15, 7, 7, 3, 3, 1]
    with pytest.raises(
        SettingError, match=r"at least 64 pixels, but the images are 80x63.*padding"
    ):
        shapes_of((80, 63, 3), padding="valid")


def test_smaller_images_are_padded_by_default():
    assert sides(shapes_of((63, 63, 3))) == [16, 8, 8, 4, 4, 2]
    assert sides(shapes_of((8, 8, 1))) == [2, 1, 1, 1, 1, 1]
    assert sides(shapes_of((64, 64, 3))) == sides(shapes_of((64, 64, 3), padding="valid"))


def test_batch_normalization_replaces_local_response_normalization():
    kinds = [type(layer).__name__ for layer in shapes_of((64, 64, 3), normalization="after").layers]
    assert kinds.count("BatchNormalization") == 5
    assert "AveragePooling2D" not in kinds


def test_filters_are_five_numbers_that_the_groups_divide():
    with pytest.raises(SettingError, match="five numbers, one for each convolution; got"):
        shapes_of((64, 64, 3), filters=(8, 8, 8))
    with pytest.raises(SettingError, match=r"groups=3 must divide .* not divide 8"):
        shapes_of((64, 64, 3), filters=(9, 9, 8, 9, 9), groups=3)
    assert shapes_of((64, 64, 3), filters=(9, 9, 8, 9, 9), groups=1).count_params() > 0


def test_without_dense_layers_the_dropout_follows_the_features():
    names = [layer.name for layer in shapes_of((64, 64, 3), dense=()).layers]
    assert names[-3:] == ["features", "dropout", "probabilities"]
