"""Tables, sentences and graphs of models, against models counted by hand and published figures."""

import importlib
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import keras
import numpy as np
import pytest
from keras import layers, ops

from kit import architectures, description
from kit.architectures import residual
from kit.architectures.backbones.weightless import without_weights
from kit.description import Description, Layer, describe_model, graph, heaviest, layer_table
from kit.description.describing import NO_FORMULA
from kit.errors import SettingError

# Networks of keras.applications at their own image size: multiply-adds in millions as published,
# side of the receptive field of the last map, parameters.
PUBLISHED = {
    # Work: He et al., "Deep Residual Learning", CVPR 2016, section 4.1 and table 1; Howard et al.,
    # "MobileNets", 2017, table 8; Zoph et al., "Learning Transferable Architectures", CVPR 2018,
    # table 2. Fields: Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural
    # Networks", Distill 2019; VGG-19 has three 3x3 convolutions more, at strides 4, 8 and 16.
    "VGG16": (15_300, 212, 138_357_544),
    "VGG19": (19_600, 212 + 2 * (4 + 8 + 16), 143_667_240),
    "ResNet50": (3_800, 483, 25_636_712),
    "MobileNet": (569, 315, 4_253_864),
    "InceptionV3": (5_720, 1311, 23_851_784),
}
QUICK = ("VGG16", "MobileNet")  # to trace


def of_keras(network: str) -> Description:
    return without_weights(
        lambda: describe_model(getattr(keras.applications, network)(weights=None))
    )


def test_the_table_lists_layers_with_shapes_and_parameters():
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3), name="image"),
            layers.Conv2D(10, 5, padding="same", name="conv"),
            layers.Flatten(name="flat"),
            layers.Dense(2, name="out"),
        ]
    )
    assert layer_table(model) == [
        Layer("image", "Input", (32, 32, 3), 0),
        Layer("conv", "Conv2D", (32, 32, 10), 760),
        Layer("flat", "Flatten", (10_240,), 0),
        Layer("out", "Dense", (2,), 20_482),
    ]


def test_the_homework_at_256_pixels_holds_nearly_all_in_one_layer():
    settings = {"filters": (32, 64, 128), "dense": (128,), "features": "flatten", "stem": "none"}
    described = description.describe("basic_cnn", (256, 256, 3), 2, head="sigmoid", **settings)
    sentence = heaviest(described.rows)
    values = 32 * 32 * 128
    assert f"dense1 has {(values + 1) * 128:,} of the {described.parameters:,}" in sentence
    assert "(99.4 %)" in sentence
    assert f"each of the {values:,} values of the flattened map" in sentence
    assert 'features="average"' in sentence


def test_a_dense_layer_behind_another_is_told_to_have_fewer_units():
    rows = [
        Layer("features", "Flatten", (50,), 0),
        Layer("dense1", "Dense", (900,), 45_900),
        Layer("dense2", "Dense", (500,), 450_500),
        Layer("probabilities", "Dense", (2,), 1_002),
    ]
    assert heaviest(rows) == (
        "dense2 has 450,500 of the 497,402 parameters (90.6 %). "
        "Fewer units in dense2 make the network smaller."
    )


def test_the_output_is_not_told_to_have_fewer_classes():
    rows = [Layer("features", "GlobalAveragePooling2D", (512,), 0)]
    output = Layer("probabilities", "Dense", (1000,), 513_000)
    assert heaviest([*rows, output]) is None
    hidden = Layer("dense1", "Dense", (512,), 262_656)
    assert "Fewer units in dense1" in heaviest([*rows, hidden, output])


def test_balanced_small_and_convolutional_networks_get_no_sentence():
    assert heaviest([Layer("dense1", "Dense", (9,), 99_999)]) is None
    assert heaviest([Layer(f"dense{n}", "Dense", (9,), 99_999) for n in range(2)]) is None
    assert heaviest([Layer("conv", "Conv2D", (9, 9, 9), 999_999)]) is None
    assert heaviest([]) is None


def test_the_graph_of_a_block_tells_followers_with_what_they_follow():
    settings = {"normalization": "after", "dense": (), "block_dropout": 0.25, "dropout": 0.5}
    model = architectures.build("basic_cnn", (16, 16, 3), 10, filters=(8,), **settings)
    nodes, edges = graph(model)
    assert nodes == [
        ("image", "image, pixels 0 to 255\n16 × 16 × 3", "InputLayer"),
        ("scale", "scale to 0 … 1\n16 × 16 × 3", "Rescaling"),
        (
            "block1_1_conv",
            "3×3 convolution, 8 filters\nrelu · batch norm\n16 × 16 × 8 · 256 parameters",
            "Conv2D",
        ),
        ("block1_pool", "2×2 max pooling, stride 2\ndropout 0.25\n8 × 8 × 8", "MaxPooling2D"),
        ("features", "mean of each channel\ndropout 0.5\n8", "GlobalAveragePooling2D"),
        ("probabilities", "dense, 10 units · softmax\n10 · 90 parameters", "Dense"),
    ]
    names = [name for name, _, _ in nodes]
    assert edges == list(pairwise(names))


def test_the_graph_of_a_module_has_four_branches(small):
    _, edges = graph(small("inception", style="sequential"))
    starts = ["one_conv", "three_reduced_conv", "five_reduced_conv", "pool"]
    ends = ["one_conv", "three_conv", "five_conv", "pooled_conv"]
    assert {target for source, target in edges if source == "stem_pool"} == {
        f"mixed1_{start}" for start in starts
    }
    assert [source for source, target in edges if target == "mixed1_join"] == [
        f"mixed1_{end}" for end in ends
    ]


def test_an_activation_read_by_two_layers_is_drawn_once():
    x = image = keras.Input((4, 4, 1), name="image")
    x = layers.Conv2D(2, 1, name="conv")(x)
    both = layers.Activation("relu", name="relu")(x)
    left, right = layers.Flatten(name="left")(both), layers.Flatten(name="right")(both)
    model = keras.Model(image, layers.Add(name="sum")([left, right]))
    _, edges = graph(model)
    assert edges == [
        ("image", "conv"),
        ("conv", "left"),
        ("conv", "right"),
        ("left", "sum"),
        ("right", "sum"),
    ]


def test_what_is_said_before_building_is_true_afterwards(small):
    model = small("residual")
    settings = dict(residual.EXAMPLE)
    described = description.describe("residual", settings.pop("input_shape"), 3, **settings)
    assert [
        Layer(row.name, row.kind, row.output_shape, row.parameters) for row in described.rows
    ] == layer_table(model)
    assert described.parameters == model.count_params()
    assert described.fixed == sum(int(np.prod(w.shape)) for w in model.non_trainable_weights)


@pytest.mark.parametrize(
    "network",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.proof) for name in PUBLISHED],
)
def test_published_networks_have_their_published_figures(network):
    work, field, parameters = PUBLISHED[network]
    described = of_keras(network)
    assert described.parameters == parameters
    assert described.multiply_adds / 1e6 == pytest.approx(work, rel=0.02)
    fields = [row.receptive_field for row in described.rows if row.stride]
    assert fields[-1] == (field, field)
    if network == "VGG16":  # the memory is that of all its maps
        maps = [(224, 3), (224, 64), (224, 64), (112, 64), (112, 128), (112, 128), (56, 128)]
        maps += [(56, 256)] * 3 + [(28, 256)] + [(28, 512)] * 3 + [(14, 512)] * 4 + [(7, 512)]
        values = sum(side * side * channels for side, channels in maps) + 4096 + 4096 + 1000
        assert described.activation_bytes == 4 * values
        assert described.training_bytes(16) == 2 * 16 * 4 * values + 4 * 4 * parameters


def test_describing_makes_no_weights_and_leaves_no_trace():
    keras.utils.set_random_seed(3)
    expected = architectures.build("basic_cnn", (16, 16, 3), 2, filters=(4,)).get_weights()
    keras.utils.set_random_seed(3)
    units = (2_000_000, 2_000_000)  # 16 terabytes of weights
    large = description.describe("basic_cnn", (16, 16, 3), 2, filters=(4,), dense=units)
    assert large.parameters > 4e12
    model = architectures.build("basic_cnn", (16, 16, 3), 2, filters=(4,))
    with keras.StatelessScope():  # Keras takes it for an occasion to make up for missing weights
        pass
    for one, other in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_network_without_a_fixed_size_cannot_be_described():
    model = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(2, 3)], name="any_size")
    with pytest.raises(SettingError, match="any_size takes images of"):
        describe_model(model)


def with_operations() -> keras.Model:
    """Return a network with operations that are no layers, and a layer that is called twice."""
    image = keras.Input((8, 8, 4), name="image")
    x = layers.Conv2D(4, 3, padding="same", name="conv")(image)
    passed = ops.pad(image[:, ::2, ::2], [[0, 0], [0, 0], [0, 0], [1, 1]])
    x = layers.Conv2D(6, 1, name="wide")(x[:, ::2, ::2])
    left, right = ops.split(ops.add(x, passed), 2, axis=-1)
    x = ops.relu(ops.maximum(left, right)) * 2 + np.ones((1, 1, 1, 3), "float32")
    slope = layers.PReLU(shared_axes=[1, 2], name="slope")
    x = slope(slope(x))
    x = 1.0 / (1.0 + ops.exp(-ops.mean(x, axis=(1, 2))))
    return keras.Model(image, layers.Dense(2, name="out")(x))


def test_operations_that_are_no_layers_have_rows_and_boxes():
    with_operations()  # names do not depend on what was built before
    model = with_operations()
    rows = {row.name: row for row in describe_model(model).rows}
    names = [row.name for row in layer_table(model)]
    assert names == list(rows)
    assert {"get_item", "get_item (2)", "pad", "split", "slope", "slope (2)"} <= set(names)
    assert rows["pad"].output_shape == (4, 4, 6)
    assert (rows["get_item"].note, rows["get_item"].receptive_field) == (NO_FORMULA, "unknown")
    assert (rows["slope"].parameters, rows["slope (2)"].parameters) == (3, 0)
    assert sum(row.parameters for row in rows.values()) == model.count_params()
    assert rows["out"].output_shape == model.output_shape[1:]
    boxes, edges = graph(model)
    assert {("pad", "add"), ("add", "split")} <= set(edges)
    assert len({name for name, _, _ in boxes}) == len(boxes)


def test_a_network_inside_is_one_row_with_the_sums_of_its_layers():
    def backbone(image):
        x = layers.Conv2D(4, 3, strides=2, name="one")(image)
        return layers.Conv2D(8, 3, name="two")(x)

    inner = keras.Input((None, None, 3))
    image = keras.Input((15, 15, 3), name="image")
    closed = keras.Model(inner, backbone(inner), name="backbone")
    closed.trainable = False
    row = describe_model(keras.Model(image, closed(image))).rows[-1]
    opened = describe_model(keras.Model(image, backbone(image)))
    assert (row.name, row.kind, row.output_shape) == ("backbone", "Functional", (5, 5, 8))
    assert row.receptive_field == opened.rows[-1].receptive_field == (7, 7)
    assert row.parameters == row.fixed == opened.parameters
    assert row.multiply_adds == opened.multiply_adds
    assert row.activation_bytes == opened.activation_bytes - 4 * 15 * 15 * 3
    assert "3 layers" in row.note


def test_a_dense_layer_on_the_image_itself_is_told_to_take_smaller_images():
    sentence = heaviest(description.describe("linear", (256, 256, 3), 10).rows)
    assert "each of the 196,608 values of the image" in sentence
    assert "features=" not in sentence


def test_every_architecture_has_a_summary_of_one_line(name):
    summary = architectures.summary(name)
    module = importlib.import_module(f"kit.architectures.{name}")
    assert module.__doc__.startswith(summary)
    assert 20 < len(summary) <= 100


@pytest.mark.parametrize(("weights", "fixed"), [("imagenet", 218_544), ("none", 5_472)])
def test_a_backbone_is_described_as_frozen_where_it_is(weights, fixed):
    settings = {"backbone": "MobileNet-0.25", "weights": weights}
    described = description.describe("pretrained", (32, 32, 3), 2, **settings)
    assert described.fixed == fixed  # all, or the moving means and variances
    assert described.parameters == 218_544 + 2 * (256 + 1)
    assert described.training_bytes(0) == 4 * (4 * (described.parameters - fixed) + fixed)


def test_describing_in_two_threads_leaves_the_random_numbers_alone():
    random.seed(5)
    before = random.getstate()
    with ThreadPoolExecutor(2) as pool:
        described = list(
            pool.map(lambda name: description.describe(name, (32, 32, 3), 2), ["vgg", "alexnet"])
        )
    assert random.getstate() == before
    assert [network.rows[-1].name for network in described] == ["probabilities"] * 2
