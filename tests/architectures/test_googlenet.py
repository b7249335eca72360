"""GoogLeNet against table 1 and figure 3 of its paper, and numbers counted by hand."""

from functools import partial
from math import prod

import example_networks
import keras
import pytest

from kit import description
from kit.architectures import googlenet
from kit.errors import SettingError

ROWS = [  # table 1: type, output size; the layer that ends it
    ("convolution", (112, 112, 64), "conv1_relu"),
    ("max pool", (56, 56, 64), "pool1"),
    ("convolution", (56, 56, 192), "conv2_relu"),
    ("max pool", (28, 28, 192), "pool2"),
    ("inception (3a)", (28, 28, 256), "mixed3a_join"),
    ("inception (3b)", (28, 28, 480), "mixed3b_join"),
    ("max pool", (14, 14, 480), "pool3"),
    ("inception (4a)", (14, 14, 512), "mixed4a_join"),
    ("inception (4b)", (14, 14, 512), "mixed4b_join"),
    ("inception (4c)", (14, 14, 512), "mixed4c_join"),
    ("inception (4d)", (14, 14, 528), "mixed4d_join"),
    ("inception (4e)", (14, 14, 832), "mixed4e_join"),
    ("max pool", (7, 7, 832), "pool4"),
    ("inception (5a)", (7, 7, 832), "mixed5a_join"),
    ("inception (5b)", (7, 7, 1024), "mixed5b_join"),
    ("avg pool", (1024,), "features"),
    ("dropout (40%)", (1024,), "dropout"),
    ("softmax", (1000,), "probabilities"),
]

# Kernel weights by hand from the columns of table 1: channels in, then #1x1, #3x3 reduce, #3x3,
# #5x5 reduce, #5x5, pool proj.
COLUMNS = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


shapes_of = partial(example_networks.outline, "googlenet", scale="unit")


def kernels(model: keras.Model, prefix: str) -> int:
    weights = [w for w in model.weights if w.path.startswith(prefix) and w.path.endswith("kernel")]
    return sum(prod(weight.shape) for weight in weights)


@pytest.fixture(scope="module")
def published() -> keras.Model:
    return shapes_of((224, 224, 3), 1000)


def test_every_row_of_table_1_has_its_output_size(published):
    for row, size, layer in ROWS:
        assert published.get_layer(layer).output.shape[1:] == size, row


@pytest.mark.parametrize("name", COLUMNS)
def test_the_modules_have_the_filters_of_table_1(name, published):
    read, one, three_reduced, three, five_reduced, five, pooled = COLUMNS[name]
    reduced = read * (one + three_reduced + five_reduced + pooled)
    by_hand = reduced + 9 * three_reduced * three + 25 * five_reduced * five
    assert kernels(published, f"mixed{name}_") == by_hand


def test_the_parameters_are_counted_as_by_hand(published):
    modules = 0
    for read, one, three_reduced, three, five_reduced, five, pooled in COLUMNS.values():
        modules += (read + 1) * (one + three_reduced + five_reduced + pooled)
        modules += (9 * three_reduced + 1) * three + (25 * five_reduced + 1) * five
    stem = (7 * 7 * 3 + 1) * 64 + (64 + 1) * 64 + (9 * 64 + 1) * 192
    assert published.count_params() == stem + modules + (1024 + 1) * 1000 == 6_998_552


# The column "params" of table 1 counts kernels in units of 1024. It agrees with the columns beside
# it in these rows. In others it does not: 2.7K for the first convolution of 9.2, 364 for 366 (4a),
# 463 for 497 (4c), 580 for 590 (4d), 840 for 847 (4e), 1072 for 1018 (5a), 1388 for 1409 (5b).
@pytest.mark.parametrize(
    ("prefixes", "thousands"),
    [
        (("reduce2", "conv2"), 112),
        (("mixed3a",), 159),
        (("mixed3b",), 380),
        (("mixed4b",), 437),
        (("probabilities",), 1000),
    ],
)
def test_the_table_counts_the_parameters_in_its_own_unit(prefixes, thousands, published):
    counted = sum(kernels(published, prefix) for prefix in prefixes)
    assert counted / 1024 == pytest.approx(thousands, abs=1)


def test_the_normalizations_stand_where_figure_3_has_them(published):
    names = [layer.name for layer in published.layers]
    order = ["conv1_relu", "pool1", "norm1_response", "reduce2_relu", "conv2_relu"]
    order += ["norm2_response", "pool2", "mixed3a_join"]
    assert [name for name in names if name in order] == order
    assert sum(name.endswith("_response") for name in names) == 2
    assert published.get_layer("dropout").rate == 0.4


def test_batch_normalization_replaces_local_response_normalization():
    kinds = [
        type(layer).__name__ for layer in shapes_of((64, 64, 3), normalization="before").layers
    ]
    assert kinds.count("BatchNormalization") == kinds.count("Conv2D") == 3 + 9 * 6
    assert "AveragePooling2D" not in kinds


def test_it_has_22_layers_with_weights_from_the_image_to_the_answer(published):
    # Section 5: 22 when counting only layers with parameters; a module is two of them deep.
    weighted = {row.name for row in description.layer_table(published) if row.parameters}
    depth = {"image": 0}
    for source, layer in description.graph(published)[1]:
        depth[layer] = max(depth.get(layer, 0), depth[source] + (layer in weighted))
    assert depth["probabilities"] == 22


@pytest.mark.parametrize(("side", "last"), [(17, 1), (96, 3)])
def test_small_images_end_in_small_maps(side, last):
    model = shapes_of((side, side, 3))
    assert model.get_layer("mixed5b_join").output.shape == (None, last, last, 1024)


def test_images_that_five_halvings_would_use_up_are_refused():
    with pytest.raises(
        SettingError, match=r"googlenet.*at least 17 pixels, but the images are 16x40"
    ):
        shapes_of((16, 40, 3))


def test_the_width_is_a_share_of_all_filters():
    model = shapes_of((64, 64, 3), width=0.5)
    assert model.get_layer("mixed5b_join").output.shape[-1] == 512
    thin = shapes_of((64, 64, 3), width=0.001)
    filters = [layer.filters for layer in thin.layers if isinstance(layer, keras.layers.Conv2D)]
    assert set(filters) == {1}


def test_the_auxiliary_classifiers_follow_4a_and_4d(published):
    # Section 5: "on top of the output of the Inception (4a) and (4d) modules".
    sizes = [published.get_layer(name).output.shape[1:] for name in googlenet.AUXILIARY]
    assert sizes == [(14, 14, 512), (14, 14, 528)]
    assert [name[:7] for name in googlenet.AUXILIARY] == ["mixed4a", "mixed4d"]
