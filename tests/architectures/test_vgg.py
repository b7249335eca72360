"""VGG against tables 1 and 2 of its paper and the networks of keras.applications."""

from functools import partial

import example_networks
import keras
import numpy as np
import pytest

from kit import architectures
from kit.architectures.backbones.weightless import without_weights
from kit.errors import SettingError

# Side of the kernel, channels in and out, from table 1.
SHALLOW = [(3, 3, 64), (3, 64, 128), (3, 128, 256), (3, 256, 256), (3, 256, 512)]
A = [*SHALLOW, (3, 512, 512), (3, 512, 512), (3, 512, 512)]
B = [*A, (3, 64, 64), (3, 128, 128)]
C = [*B, (1, 256, 256), (1, 512, 512), (1, 512, 512)]
D = [*B, (3, 256, 256), (3, 512, 512), (3, 512, 512)]
E = [*D, (3, 256, 256), (3, 512, 512), (3, 512, 512)]
DENSE = [(7 * 7 * 512, 4096), (4096, 4096), (4096, 1000)]


shapes_of = partial(example_networks.outline, "vgg", scale="unit")


@pytest.mark.parametrize(
    ("configuration", "layers", "convolutions", "exactly", "millions"),
    [  # layers with weights from the head of table 1, millions from table 2
        ("A", 11, A, 132_863_336, 133),
        ("A-LRN", 11, A, 132_863_336, 133),
        ("B", 13, B, 133_047_848, 133),
        ("C", 16, C, 133_638_952, 134),
        ("D", 16, D, 138_357_544, 138),
        ("E", 19, E, 143_667_240, 144),
    ],
)
def test_the_layers_and_parameters_are_those_of_the_tables(
    configuration, layers, convolutions, exactly, millions
):
    by_hand = sum((size**2 * read + 1) * made for size, read, made in convolutions)
    by_hand += sum((read + 1) * made for read, made in DENSE)
    model = shapes_of((224, 224, 3), 1000, configuration=configuration)
    assert model.count_params() == by_hand == exactly
    assert round(exactly / 1e6) == millions
    assert sum(bool(layer.weights) for layer in model.layers) == layers


@pytest.mark.parametrize(("configuration", "name"), [("D", "VGG16"), ("E", "VGG19")])
def test_d_and_e_take_the_weights_of_keras_applications(configuration, name):
    theirs = without_weights(lambda: getattr(keras.applications, name)(weights=None))
    ours = shapes_of((224, 224, 3), 1000, configuration=configuration)
    assert [weight.shape for weight in ours.weights] == [weight.shape for weight in theirs.weights]
    pooled = [layer.output.shape for layer in theirs.layers if layer.name.endswith("_pool")]
    assert [ours.get_layer(f"block{n}_pool").output.shape for n in range(1, 6)] == pooled


def test_d_computes_what_vgg16_computes():
    theirs = keras.applications.VGG16(weights=None, include_top=False, input_shape=(33, 40, 3))
    ours = architectures.build(
        "vgg", (33, 40, 3), 2, configuration="D", dense=(), features="average", scale="unit"
    )
    ours.set_weights([*theirs.get_weights(), *ours.get_weights()[-2:]])
    x = np.random.default_rng(0).uniform(0, 255, (2, 33, 40, 3)).astype("float32")
    features = keras.Model(ours.input, ours.get_layer("features").output)(x)
    expected = np.mean(theirs(x / 255), axis=(1, 2))
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-7)
    assert np.ptp(expected) > 1e-4


def test_c_has_pointwise_convolutions_as_the_third_of_its_last_blocks():
    model = shapes_of((32, 32, 3), configuration="C")
    sizes = {
        layer.name: layer.kernel_size[0]
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D)
    }
    pointwise = {name for name, size in sizes.items() if size == 1}
    assert pointwise == {"block3_3_conv", "block4_3_conv", "block5_3_conv"}
    assert {sizes[name] for name in sizes.keys() - pointwise} == {3}


def test_a_lrn_normalizes_behind_the_first_convolution_and_nowhere_else():
    plain = [layer.name for layer in shapes_of((32, 32, 3), configuration="A").layers]
    names = [layer.name for layer in shapes_of((32, 32, 3), configuration="A-LRN").layers]
    added = [name for name in names if name not in plain]
    assert added
    assert all(name.startswith("block1_norm_") for name in added)
    assert names.index("block1_1_relu") + 1 == names.index(added[0])
    assert names.index(added[-1]) + 1 == names.index("block1_pool")
    assert [name for name in names if name in plain] == plain


def test_dropout_follows_the_first_two_dense_layers():
    names = [layer.name for layer in shapes_of((32, 32, 3)).layers]
    head = ["features", "dense1", "dense1_relu", "dropout1", "dense2", "dense2_relu", "dropout"]
    assert names[-8:] == [*head, "probabilities"]


def test_initial_weights_are_those_of_the_papers_note():
    few = {"filters": (16, 16, 16, 16, 16), "dense": (16,)}
    model = architectures.build("vgg", (32, 32, 3), 2, **few)
    kernel = np.asarray(model.get_layer("block2_1_conv").kernel)
    # Glorot and Bengio: variance 2 / (inputs + outputs) of a unit, uniform.
    assert np.var(kernel) == pytest.approx(2 / (9 * 16 + 9 * 16), rel=0.1)
    assert np.abs(kernel).max() < np.sqrt(6 / (9 * 16 + 9 * 16))


def test_32_pixels_are_the_least_that_five_halvings_take():
    assert shapes_of((32, 47, 3)).get_layer("block5_pool").output.shape == (None, 1, 1, 512)
    with pytest.raises(SettingError, match=r"vgg.*at least 32 pixels, but the images are 31x64"):
        shapes_of((31, 64, 3))


def test_filters_are_five_numbers():
    with pytest.raises(SettingError, match="five numbers, one for each block; got"):
        shapes_of((64, 64, 3), filters=(8, 8))


def test_an_unknown_configuration_is_named_with_those_that_there_are():
    with pytest.raises(SettingError, match='"A", "A-LRN", "B", "C", "D", "E"'):
        architectures.build("vgg", (32, 32, 3), 2, configuration="16")
