"""Formulas of layers against cases counted by hand, without Keras."""

from math import prod

import pytest

from kit.description.costs import outcome
from kit.description.windows import Signal, side


def convolution(filters, kernel_size, **settings):
    return {
        "filters": filters,
        "kernel_size": (kernel_size, kernel_size),
        "strides": (1, 1),
        "padding": "valid",
        "dilation_rate": (1, 1),
        "groups": 1,
        "depth_multiplier": 1,
        "use_bias": True,
    } | settings


def pooling(size, strides, padding="valid"):
    return {"pool_size": (size, size), "strides": (strides, strides), "padding": padding}


def through(image, *layers):
    """Return the last outcome of a row of layers."""
    for kind, config in layers:
        result = outcome(kind, config, [image])
        image = result.outputs[0]
    return result


def test_ten_5x5_filters_with_padding_2_on_32x32x3_have_760_parameters():
    result = through(Signal((32, 32, 3)), ("Conv2D", convolution(10, 5, padding="same")))
    assert result.outputs[0].shape == (32, 32, 10)
    assert result.learned == (5 * 5 * 3 + 1) * 10 == 760
    assert result.multiply_adds == 32 * 32 * 10 * 75
    assert side(32, 5, 1, 2) == 32


def test_the_same_padding_by_a_layer_of_its_own_gives_the_same():
    pad = ("ZeroPadding2D", {"padding": ((2, 2), (2, 2)), "data_format": "channels_last"})
    result = through(Signal((32, 32, 3)), pad, ("Conv2D", convolution(10, 5)))
    assert result.outputs[0].shape == (32, 32, 10)
    assert result.outputs[0].reach == (5, 5)


@pytest.mark.parametrize(("bias", "parameters"), [(True, 12), (False, 9)])
def test_three_1x1_filters_on_4x4x3_have_12_parameters(bias, parameters):
    result = through(Signal((4, 4, 3)), ("Conv2D", convolution(3, 1, use_bias=bias)))
    assert result.outputs[0] == Signal((4, 4, 3), (1, 1), (1, 1))
    assert result.learned == parameters


@pytest.mark.parametrize(("stride", "length"), [(1, 5), (2, 3)])
def test_a_3x3_window_fits_into_7x7_with_strides_1_and_2(stride, length):
    result = through(Signal((7, 7, 1)), ("Conv2D", convolution(1, 3, strides=(stride, stride))))
    assert result.outputs[0].shape == (length, length, 1)
    assert result.note == ""


def test_a_3x3_window_with_stride_3_leaves_out_pixels_of_7x7_and_says_so():
    result = through(Signal((7, 7, 1)), ("Conv2D", convolution(1, 3, strides=(3, 3))))
    assert result.outputs[0].shape == (2, 2, 1)
    assert result.note == (
        "leaves out 1 row and 1 column at the end: (7 - 3) / 3 is no whole number"
    )


def test_only_the_side_that_does_not_fit_is_told():
    result = through(Signal((8, 11, 1)), ("MaxPooling2D", pooling(2, 2)))
    assert result.note == "leaves out 1 column at the end: (11 - 2) / 2 is no whole number"


def test_zeros_that_a_window_leaves_out_are_no_loss():
    pad = ("ZeroPadding2D", {"padding": ((3, 3), (3, 3)), "data_format": "channels_last"})
    stem = ("Conv2D", convolution(64, 7, strides=(2, 2)))
    result = through(Signal((224, 224, 3)), pad, stem)  # (230 - 7) / 2 leaves a column of zeros
    assert result.outputs[0].shape == (112, 112, 64)
    assert result.note == ""
    half = ("ZeroPadding2D", {"padding": ((0, 0), (0, 1)), "data_format": "channels_last"})
    assert through(Signal((9, 8, 3)), half, ("MaxPooling2D", pooling(3, 3))).note == ""
    assert (
        "leaves out 1 row at"
        in through(Signal((10, 8, 3)), half, ("MaxPooling2D", pooling(3, 3))).note
    )


def test_a_stride_beyond_the_window_skips_pixels_and_says_so():
    result = through(Signal((8, 8, 4)), ("Conv2D", convolution(8, 1, strides=(2, 2))))
    assert result.outputs[0] == Signal((4, 4, 8), (1, 1), (2, 2))
    assert result.note == "skips pixels: a window of 1 that moves by 2 sees 25% of them"


def test_same_padding_divides_the_sides_rounding_up():
    result = through(Signal((7, 8, 1)), ("MaxPooling2D", pooling(3, 2, "same")))
    assert result.outputs[0].shape == (4, 4, 1)
    assert result.note == ""


def test_dilation_spreads_the_window():
    result = through(Signal((9, 9, 1)), ("Conv2D", convolution(1, 3, dilation_rate=(2, 2))))
    assert result.outputs[0] == Signal((5, 5, 1), (5, 5), (1, 1))
    assert result.learned == 10


def test_groups_divide_kernels_and_work():
    result = through(Signal((6, 6, 8)), ("Conv2D", convolution(4, 3, groups=2)))
    assert result.learned == (3 * 3 * 4 + 1) * 4
    assert result.multiply_adds == 4 * 4 * 4 * 36


def test_a_depthwise_convolution_has_a_kernel_for_each_channel():
    result = through(Signal((6, 6, 8)), ("DepthwiseConv2D", convolution(0, 3, depth_multiplier=2)))
    assert result.outputs[0].shape == (4, 4, 16)
    assert result.learned == (9 + 1) * 16
    assert result.multiply_adds == 4 * 4 * 16 * 9


def test_a_separable_convolution_is_a_depthwise_and_a_1x1_one():
    result = through(Signal((6, 6, 8)), ("SeparableConv2D", convolution(5, 3)))
    assert result.learned == 9 * 8 + (8 + 1) * 5
    assert result.multiply_adds == 4 * 4 * (8 * 9 + 8 * 5)


def test_three_3x3_convolutions_see_what_a_7x7_one_sees():
    image = Signal((20, 20, 4))
    three = through(image, *[("Conv2D", convolution(4, 3))] * 3)
    one = through(image, ("Conv2D", convolution(4, 7)))
    assert three.outputs[0] == one.outputs[0]
    assert three.outputs[0].reach == (7, 7)


def test_a_stride_multiplies_what_later_windows_see():
    stem = ("Conv2D", convolution(4, 7, strides=(2, 2), padding="same"))  # sees 7, stride 2
    pool = ("MaxPooling2D", pooling(3, 2, "same"))  # 7 + 2 * 2, stride 4
    last = ("Conv2D", convolution(4, 3))  # 11 + 2 * 4
    signal = through(Signal((64, 64, 3)), stem, pool, last).outputs[0]
    assert (signal.reach, signal.stride) == ((19, 19), (4, 4))


def test_a_window_that_is_not_square_sees_a_rectangle():
    config = convolution(2, 1, padding="same", strides=(1, 2)) | {"kernel_size": (1, 7)}
    assert through(Signal((8, 8, 2)), ("Conv2D", config)).outputs[0] == Signal(
        (8, 4, 2), (1, 7), (1, 2)
    )


def test_a_join_sees_the_most_that_a_branch_sees():
    one, five = Signal((8, 8, 16), (3, 3), (2, 2)), Signal((8, 8, 32), (11, 7), (2, 2))
    joined = outcome("Concatenate", {"axis": -1}, [one, five]).outputs[0]
    assert joined == Signal((8, 8, 48), (11, 7), (2, 2))
    assert outcome("Concatenate", {"axis": 3}, [one, five]).outputs[0] == joined
    added = outcome("Add", {}, [one, Signal((8, 8, 16), (5, 1), (2, 2))]).outputs[0]
    assert added == Signal((8, 8, 16), (5, 3), (2, 2))


def test_a_gate_from_the_whole_image_makes_a_map_depend_on_all_of_it():
    features = Signal((8, 8, 16), (11, 11), (4, 4))
    pooled = outcome("GlobalAveragePooling2D", {"keepdims": True}, [features]).outputs[0]
    assert pooled == Signal((1, 1, 16), "whole", None)
    gated = outcome("Multiply", {}, [features, pooled]).outputs[0]
    assert gated == Signal((8, 8, 16), "whole", (4, 4))


def test_what_is_multiplied_by_zero_depends_on_no_pixel():
    zero = outcome("Rescaling", {"scale": 0.0, "offset": 1.0}, [Signal((4, 4, 2), "whole", None)])
    both = [zero.outputs[0], Signal((4, 4, 2), (3, 3), (1, 1))]
    assert outcome("Maximum", {}, both).outputs[0].reach == (3, 3)


def test_a_vector_sees_the_whole_image_and_flattening_takes_no_memory():
    result = outcome("Flatten", {}, [Signal((4, 5, 6), (3, 3), (2, 2))])
    assert result.outputs[0] == Signal((120,), "whole", None)
    assert result.kept == 0
    dense = outcome("Dense", {"units": 10, "use_bias": True}, result.outputs)
    assert (dense.learned, dense.multiply_adds, dense.kept) == (1210, 1200, 10)


def test_a_dense_layer_on_a_map_is_a_1x1_convolution():
    image = Signal((4, 5, 6), (3, 3), (2, 2))
    dense = outcome("Dense", {"units": 7, "use_bias": True}, [image])
    assert dense == outcome("Conv2D", convolution(7, 1), [image])


def test_normalization_has_trained_and_measured_numbers_for_each_channel():
    image = Signal((4, 5, 6))
    result = outcome("BatchNormalization", {"axis": -1, "scale": True, "center": True}, [image])
    assert (result.learned, result.measured) == (12, 12)
    per_pixel = outcome("Normalization", {"axis": (1, 2, 3), "mean": None}, [image])
    assert (per_pixel.learned, per_pixel.measured) == (0, 2 * 120 + 1)
    given = outcome("Normalization", {"axis": (-1,), "mean": [1, 2, 3]}, [image])
    assert (given.learned, given.measured) == (0, 0)


@pytest.mark.parametrize(("shared", "slopes"), [([1, 2], 6), (None, 120)])
def test_prelu_has_a_slope_for_each_value_that_is_not_shared(shared, slopes):
    assert outcome("PReLU", {"shared_axes": shared}, [Signal((4, 5, 6))]).learned == slopes


def test_layers_told_that_channels_come_first_work_on_width_and_channels():
    image = Signal((4, 6, 8))
    turned = {"data_format": "channels_first"}
    cropped = outcome("Cropping2D", {"cropping": ((0, 0), (2, 3))} | turned, [image])
    assert cropped.outputs[0] == Signal((4, 6, 3))
    padded = outcome("ZeroPadding2D", {"padding": ((0, 0), (2, 3))} | turned, [image])
    assert padded.outputs[0] == Signal((4, 6, 13))
    config = pooling(1, 1) | {"pool_size": (1, 5)} | turned
    assert outcome("AveragePooling2D", config, padded.outputs).outputs[0] == Signal((4, 6, 9))
    assert outcome("Conv2D", convolution(2, 3) | turned, [image]) is None


def slices(*steps):
    ends = {"start": None, "stop": None}
    parts = [{"class_name": "__slice__", "config": ends | {"step": step}} for step in steps]
    return ["a tensor", parts]


def test_every_second_pixel_doubles_the_stride_and_is_told():
    image = Signal((7, 8, 3), (3, 3), (2, 2))
    result = outcome("GetItem", {}, [image], slices(None, 2, 2))
    assert result.outputs[0] == Signal((4, 4, 3), (3, 3), (4, 4))
    assert result.note == "skips pixels: it takes 25% of them"
    assert outcome("GetItem", {}, [image], ["a tensor", [0, 1]]) is None  # drops axes


def test_reductions_tell_places_from_channels():
    pieces = Signal((4, 5, 6, 2), (3, 3), (1, 1))
    maxout = outcome("Max", {"axis": -1, "keepdims": False}, [pieces]).outputs[0]
    assert maxout == Signal((4, 5, 6), (3, 3), (1, 1))
    mean = outcome("Mean", {"axis": [1, 2], "keepdims": True}, [maxout]).outputs[0]
    assert mean == Signal((1, 1, 6), "whole", None)
    rows = outcome("Mean", {"axis": 1, "keepdims": False}, [maxout]).outputs[0]
    assert rows == Signal((5, 6), "unknown", None)
    assert outcome("Sum", {"axis": None, "keepdims": False}, [maxout]).outputs[0].shape == ()


def test_values_in_another_order_are_a_map_no_longer():
    image = Signal((4, 6, 8), (3, 3), (1, 1))
    pieces = outcome("Reshape", {"newshape": [-1, 4, 6, 4, 2]}, [image]).outputs[0]
    assert pieces == Signal((4, 6, 4, 2), (3, 3), (1, 1))
    column = outcome("Reshape", {"target_shape": (-1, 1, 1)}, [image]).outputs[0]
    assert column == Signal((prod((4, 6, 8)), 1, 1), (3, 3), None)
    assert outcome("Conv2D", convolution(1, 1), [column]).outputs[0].reach == (3, 3)
    window = convolution(1, 1) | {"kernel_size": (3, 1)}
    assert outcome("Conv2D", window, [column]).outputs[0].reach == "unknown"


def test_a_split_has_several_results():
    result = outcome("Split", {"indices_or_sections": 2, "axis": -1}, [Signal((4, 4, 6))])
    assert result.outputs == (Signal((4, 4, 3)),) * 2


def test_a_constant_of_a_call_widens_the_result():
    row = {"class_name": "__numpy__", "config": {"value": [[[[1.0, 2.0]]]]}}
    result = outcome(
        "Multiply", {}, [Signal((4, 4, 1))], [{"class_name": "tensor", "config": {}}, row]
    )
    assert result.outputs[0].shape == (4, 4, 2)


def test_a_kind_without_a_formula_is_told_apart():
    assert outcome("Attention", {}, [Signal((4, 4, 1))]) is None
