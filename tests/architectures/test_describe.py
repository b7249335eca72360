"""Tables, sentences and graphs of models, against models counted by hand."""

from itertools import pairwise

import keras
import numpy as np
from keras import layers

from kit import architectures
from kit.architectures import Layer, graph, heaviest, layer_table


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


def test_a_network_inside_the_network_stays_one_row():
    backbone = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(2, 3)], name="backbone")
    model = keras.Sequential([keras.Input((8, 8, 3), name="image"), backbone, layers.Flatten()])
    assert Layer("backbone", "Sequential", (6, 6, 2), 56) in layer_table(model)


def test_rows_add_up_to_the_parameters_of_the_model(name, style, small):
    model = small(name, style=style)
    assert sum(row.parameters for row in layer_table(model)) == model.count_params()


def test_the_table_of_a_compiled_and_trained_model_is_the_same(small, images):
    model = small("inception", 2, "sequential")
    before = layer_table(model), graph(model)
    model.compile("sgd", "categorical_crossentropy", run_eagerly=True)
    model.train_on_batch(images(model.input_shape[1:], 2), np.eye(2))
    assert (layer_table(model), graph(model)) == before


def test_the_homework_at_256_pixels_holds_nearly_all_in_one_layer():
    settings = {"filters": (32, 64, 128), "dense": (128,), "features": "flatten", "stem": "none"}
    model = architectures.build("basic_cnn", (256, 256, 3), 2, head="sigmoid", **settings)
    sentence = heaviest(layer_table(model))
    values = 32 * 32 * 128
    assert f"dense1 holds {(values + 1) * 128:,} of the {model.count_params():,}" in sentence
    assert "(99.4 %)" in sentence
    assert f"each of the {values:,} values of the flattened map" in sentence
    assert 'features="average"' in sentence


def test_a_dense_layer_behind_another_is_told_to_have_fewer_units():
    rows = [
        Layer("features", "Flatten", (50,), 0),
        Layer("dense1", "Dense", (900,), 45_900),
        Layer("dense2", "Dense", (500,), 450_500),
    ]
    assert heaviest(rows) == (
        "dense2 holds 450,500 of the 496,400 parameters (90.8 %); "
        "fewer units in it make the network smaller."
    )


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
