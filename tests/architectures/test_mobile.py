"""Depthwise and pointwise convolutions against NumPy and numbers counted by hand."""

from functools import partial

import example_networks
import keras
import numpy as np
import pytest

from kit import architectures, description
from kit.architectures import mobile
from kit.architectures.backbones.weightless import without_weights
from kit.architectures.parts.assembling import Block
from kit.architectures.parts.traits import Traits
from kit.errors import SettingError

PLAIN = Traits(normalization="none")


outline = partial(example_networks.outline, "mobile")


def test_the_default_counts_as_by_hand():
    model = outline((128, 128, 3), 10)
    pairs = [(32, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512)]
    kernels = 25 * 3 * 32 + sum(9 * before + before * after for before, after in pairs)
    norms = 4 * (32 + sum(before + after for before, after in pairs))
    assert model.count_params() == kernels + norms + 512 * 10 + 10 == 551_114


def test_a_pair_costs_an_eighth_to_a_ninth_of_a_convolution():
    # Howard et al. 2017, section 3.1: 1/N + 1/D^2 of the multiplications, here of the kernels.
    settings = {"traits": PLAIN, "name": "tried"}
    model = Block(mobile.separable, 512, **settings).as_layer((14, 14, 512))
    kernels = sum(int(np.prod(w.shape)) for w in model.weights if w.path.endswith("kernel"))
    assert kernels / (9 * 512 * 512) == pytest.approx(1 / 512 + 1 / 9)


def test_mobilenet_itself_has_the_published_pairs():
    # Table 1 of the paper; keras.applications has the same layers.
    filters, blocks = (64, 128, 256, 512, 1024), (1, 2, 2, 6, 2)
    model = outline((224, 224, 3), 1000, filters=filters, blocks=blocks)
    theirs = without_weights(lambda: keras.applications.MobileNet(weights=None))
    ours, published = (
        [
            (layer.kernel.shape, layer.strides)
            for layer in network.layers
            if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D)
        ]
        for network in (model, theirs)
    )
    assert len(ours) == 1 + 2 * 13
    # The first convolution is another one, and the last is keras' form of the dense layer.
    assert ours[1:] == published[1:-1]


def test_each_channel_is_looked_at_by_itself():
    settings = {"traits": PLAIN, "strides": 2, "name": "tried"}
    model = Block(mobile.separable, 4, **settings).as_layer((5, 7, 3))
    depthwise, bias, pointwise, offset = model.get_weights()
    x = np.random.default_rng(0).normal(size=(2, 5, 7, 3)).astype("float32")
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    maps = np.zeros((2, 3, 4, 3))
    for row in range(3):
        for column in range(3):
            seen = padded[:, row : row + 5 : 2, column : column + 7 : 2]
            maps += seen * depthwise[row, column, :, 0]
    maps = np.maximum(maps + bias, 0)
    expected = np.maximum(maps @ pointwise[0, 0] + offset, 0)
    np.testing.assert_allclose(model(x), expected, atol=1e-5)


def test_initial_weights_keep_the_scale_of_a_signal():
    keras.utils.set_random_seed(0)
    x = y = keras.Input((8, 8, 200))
    for number in range(4):
        y = mobile.separable(y, 200, traits=PLAIN, name=f"block{number}")
    signal = np.random.default_rng(0).normal(size=(4, 8, 8, 200)).astype("float32")
    spread = float(np.sqrt(np.mean(np.square(keras.Model(x, y)(signal)))))
    assert 0.2 < spread < 5


@pytest.mark.parametrize(
    ("side", "stem"), [(47, "plain"), (48, "pooled"), (95, "pooled"), (96, "strided")]
)
def test_the_size_of_the_images_chooses_the_stem(side, stem):
    automatic, chosen = outline((200, side, 3), 2), outline((200, side, 3), 2, stem=stem)
    assert description.layer_table(automatic) == description.layer_table(chosen)


def test_as_many_filters_as_blocks_are_asked_for():
    with pytest.raises(SettingError, match="filters has 2 and blocks has 4\\. Give both"):
        architectures.build("mobile", (32, 32, 3), 2, filters=(8, 16))


def test_an_image_too_small_for_the_groups_is_refused_by_one_pixel():
    with pytest.raises(SettingError, match="at least 8 pixels, but the images are 7x40"):
        architectures.build("mobile", (7, 40, 3), 2)
    assert outline((8, 40, 3), 2).output_shape == (None, 2)
