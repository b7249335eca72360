"""Multiply-adds and receptive fields of layers against cases counted by hand."""

from math import prod

import keras
import numpy as np
import pytest
from keras import layers

from kit.architectures.backbones.weightless import without_weights
from kit.description import Row, describe_model
from kit.description.describing import NO_FORMULA


def through(shape: tuple[int, ...], *stack: layers.Layer) -> Row:
    """Describe a row of layers and return its last line."""
    network = keras.Sequential([keras.Input(shape), *stack])
    return without_weights(lambda: describe_model(network)).rows[-1]


def convolution(filters: int, kernel_size, **settings) -> layers.Layer:
    return layers.Conv2D(filters, kernel_size, **settings)


def test_each_weight_of_a_convolution_is_used_once_at_each_place():
    row = through((32, 32, 3), convolution(10, 5, padding="same"))
    assert row.output_shape == (32, 32, 10)
    assert row.parameters == (5 * 5 * 3 + 1) * 10 == 760
    assert row.multiply_adds == 32 * 32 * 10 * 75
    assert row.activation_bytes == 4 * 32 * 32 * 10


@pytest.mark.parametrize(
    ("layer", "work"),
    [
        (layers.Conv2D(4, 3, groups=2, name="groups"), 4 * 4 * 4 * 36),
        (layers.DepthwiseConv2D(3, depth_multiplier=2, name="depthwise"), 4 * 4 * 16 * 9),
        (layers.SeparableConv2D(5, 3, name="separable"), 4 * 4 * (8 * 9 + 8 * 5)),
        (layers.Dense(7, name="dense"), 6 * 6 * 8 * 7),  # on a map it is a 1x1 convolution
        (layers.BatchNormalization(name="norm"), 0),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_other_kinds_work_as_counted_by_hand(layer, work):
    assert through((6, 6, 8), layer).multiply_adds == work


@pytest.mark.parametrize("stride", [1, 2])
def test_a_3x3_window_fits_into_7x7_with_strides_1_and_2(stride):
    assert through((7, 7, 1), convolution(1, 3, strides=stride)).note == ""


def test_a_3x3_window_with_stride_3_leaves_out_pixels_of_7x7_and_says_so():
    row = through((7, 7, 1), convolution(1, 3, strides=3))
    assert row.output_shape == (2, 2, 1)
    assert row.note == "leaves out 1 row and 1 column at the end: (7 - 3) / 3 is not a whole number"


def test_only_the_side_that_does_not_fit_is_told():
    row = through((8, 11, 1), layers.MaxPooling2D(2))
    assert row.note == "leaves out 1 column at the end: (11 - 2) / 2 is not a whole number"


def test_zeros_that_a_window_leaves_out_are_no_loss():
    pad = layers.ZeroPadding2D(3)
    row = through((224, 224, 3), pad, convolution(2, 7, strides=2))  # (230 - 7) / 2 is no whole one
    assert row.note == ""
    half = layers.ZeroPadding2D(((0, 0), (0, 1)))
    assert through((9, 8, 3), half, layers.MaxPooling2D(3)).note == ""
    assert "leaves out 1 row at" in through((10, 8, 3), half, layers.MaxPooling2D(3)).note


def test_a_stride_beyond_the_window_skips_pixels_and_says_so():
    row = through((8, 8, 4), convolution(8, 1, strides=2))
    assert (row.receptive_field, row.stride) == ((1, 1), (2, 2))
    assert row.note == "skips pixels: a window of 1 that moves by 2 sees 25% of them"


def test_same_padding_leaves_nothing_out():
    assert through((7, 8, 1), layers.MaxPooling2D(3, 2, padding="same")).note == ""


@pytest.mark.parametrize(
    ("stack", "field", "stride"),
    [
        ([convolution(1, 3, dilation_rate=2)], (5, 5), (1, 1)),
        ([convolution(4, 3) for _ in range(3)], (7, 7), (1, 1)),  # as one of 7x7
        ([convolution(2, (1, 7), strides=(1, 2), padding="same")], (1, 7), (1, 2)),
        (
            [
                convolution(4, 7, strides=2, padding="same"),  # sees 7, stride 2
                layers.MaxPooling2D(3, 2, padding="same"),  # 7 + 2 * 2, stride 4
                convolution(4, 3),  # 11 + 2 * 4
            ],
            (19, 19),
            (4, 4),
        ),
        ([layers.GlobalAveragePooling2D()], "whole", None),
        ([layers.LayerNormalization(axis=(1, 2, 3))], "whole", (1, 1)),
        ([layers.LayerNormalization()], (1, 1), (1, 1)),
        # Values in another order are a map no longer.
        ([layers.Reshape((-1, 1, 1)), convolution(1, 1)], (1, 1), None),
        ([layers.Reshape((-1, 1, 1)), convolution(1, (3, 1))], "unknown", None),
        ([layers.Reshape((20, 20, 2, 2))], (1, 1), (1, 1)),
        # Told that channels come first, they work on width and channels.
        (
            [
                layers.ZeroPadding2D(((0, 0), (2, 3)), data_format="channels_first"),
                layers.AveragePooling2D((1, 5), 1, data_format="channels_first"),
            ],
            (1, 1),
            (1, 1),
        ),
    ],
    ids=lambda value: "" if isinstance(value, list) else str(value),
)
def test_a_field_grows_by_the_window_times_the_stride(stack, field, stride):
    row = through((20, 20, 4), *stack)
    assert (row.receptive_field, row.stride) == (field, stride)


def test_a_join_sees_the_most_that_a_branch_sees():
    image = keras.Input((20, 20, 3))
    tall, wide = convolution(2, (5, 1), padding="same"), convolution(3, (3, 7), padding="same")
    for join in (layers.Concatenate(), layers.Concatenate(axis=3)):
        model = keras.Model(image, join([tall(image), wide(image)]))
        assert describe_model(model).rows[-1].receptive_field == (5, 7)


def test_a_gate_from_the_whole_image_makes_a_map_depend_on_all_of_it():
    image = keras.Input((8, 8, 4))
    gate = layers.GlobalAveragePooling2D(keepdims=True)(image)
    row = describe_model(keras.Model(image, layers.Multiply()([image, gate]))).rows[-1]
    assert (row.receptive_field, row.stride) == ("whole", (1, 1))


def test_what_is_multiplied_by_zero_depends_on_no_pixel():
    image = keras.Input((8, 8, 4))
    zero = layers.Rescaling(0.0, offset=1.0)(layers.LayerNormalization(axis=(1, 2))(image))
    row = describe_model(keras.Model(image, layers.Maximum()([zero, image]))).rows[-1]
    assert row.receptive_field == (1, 1)


def test_a_scaling_with_a_number_for_each_channel_sees_each_pixel():
    row = through((8, 8, 3), layers.Rescaling(np.array([0.0, 0.5, 1.0])))
    assert (row.receptive_field, row.stride) == ((1, 1), (1, 1))


def test_flattening_takes_no_memory_and_sees_the_whole_image():
    row = through((4, 5, 6), layers.Flatten())
    assert row.output_shape == (prod((4, 5, 6)),)
    assert (row.receptive_field, row.activation_bytes) == ("whole", 0)


def test_a_kind_without_a_formula_is_marked():
    row = through((4, 4, 2), layers.Conv2DTranspose(3, 2))
    assert (row.note, row.receptive_field) == (NO_FORMULA, "unknown")
    assert row.parameters == 2 * 2 * 2 * 3 + 3
    row = through((8, 6, 6), layers.Conv2D(4, 3, data_format="channels_first"))
    assert (row.note, row.receptive_field, row.multiply_adds) == (NO_FORMULA, "unknown", 0)
