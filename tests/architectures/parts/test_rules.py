"""Wrong settings are told apart from the network's side: by name, with what must hold."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kit import architectures, description
from kit.architectures import mlp
from kit.architectures.parts.arguments import arguments
from kit.errors import SettingError

SHAPE = (32, 32, 3)


def refused(name="basic_cnn", shape=SHAPE, num_classes=3, style="functional", **settings) -> str:
    with pytest.raises(SettingError) as caught:
        architectures.build(name, shape, num_classes, style, **settings)
    return str(caught.value)


def test_names_come_from_the_folder_without_tensorflow():
    code = (
        "import sys; from kit import architectures as a; print(*a.names(), 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    files = Path(architectures.__file__).parent.glob("[!_]*.py")
    assert done.stdout.split() == [*sorted(file.stem for file in files), "False"]
    assert {"basic_cnn", "convnet", "linear", "mlp"} <= set(architectures.names())


def test_an_unknown_architecture_suggests_the_nearest():
    assert 'Did you mean "inception"?' in refused("Incepton")
    with pytest.raises(SettingError, match=f"Choose from: {', '.join(architectures.names())}"):
        architectures.settings("_blocks")


def test_an_unknown_setting_suggests_the_nearest():
    message = refused(filter=[8])
    assert 'basic_cnn has no setting "filter". Did you mean "filters"?' in message
    assert "convolutions_per_block" in message


def test_an_unknown_style_suggests_the_nearest():
    assert 'Did you mean "sequential"?' in refused(style="Sequental")


@pytest.mark.parametrize(
    ("setting", "value", "must"),
    [
        ("filters", (), "a list of one or more whole numbers"),
        ("filters", [8, -8], "each at least 1"),
        ("filters", 32, "a list"),
        ("filters", "32", "a list"),
        ("filters", [8, 16.5], "whole numbers"),
        ("filters", [True], "whole numbers"),
        ("dense", [0], "each at least 1"),
        ("kernel_size", 0, "at least 1"),
        ("kernel_size", None, "a whole number"),
        ("convolutions_per_block", True, "a whole number"),
        ("stem_filters", -4, "at least 1"),
        ("dropout", 1, "from 0 to below 1"),
        ("dropout", -0.1, "from 0 to below 1"),
        ("block_dropout", float("nan"), "from 0 to below 1"),
        ("l2", float("inf"), "finite"),
        ("l2", "much", "a finite number"),
        ("l2", 10**400, "a finite number"),
        ("l2", [1e-4], "a finite number"),
        ("l2", False, "a finite number"),
        ("l1", -1, "a finite number"),
        ("initialization", "he_norml", "one of auto, he_normal"),
        ("initialization", 0, "a number above 0 that scales a Gaussian"),
        ("initialization", None, "glorot_uniform is also called Xavier"),
        ("downsampling", "maxx", 'Did you mean "max"?'),
        ("normalization", True, 'one of "after", "before", "none"'),
        ("head", None, 'one of "softmax", "sigmoid"'),
        ("head", "score", 'Did you mean "scores"?'),
        ("scale", "z-score", 'Did you mean "zscore"?'),
        ("activation", ["relu"], 'one of "elu"'),
        ("activation", "flexible-tanh", 'Did you mean "flexible_tanh"?'),
    ],
)
def test_a_wrong_value_says_what_must_hold(setting, value, must):
    message = refused(**{setting: value})
    assert message.startswith(f"basic_cnn: {setting} must be ")
    assert must in message
    assert f"got {value!r}" in message


def test_the_shape_and_the_classes_may_go_by_their_names():
    model = architectures.build("linear", num_classes=3, style="sequential", input_shape=(4, 5, 1))
    assert (model.input_shape, model.output_shape) == ((None, 4, 5, 1), (None, 3))


@pytest.mark.parametrize("setting", ["name", "num_classes", "style"])
def test_an_argument_is_no_setting(setting):
    with pytest.raises(SettingError, match=f'vgg has no setting "{setting}"'):
        architectures.check("vgg", **{setting: "sequential"})


@pytest.mark.parametrize(
    ("name", "setting", "value", "must"),
    [
        ("inception", "three", [16], "a list of two whole numbers"),
        ("inception", "modules", [], "one or more"),
        ("pointwise", "kept_channels", 0, "above 0 and at most 1"),
        ("pointwise", "kept_channels", 1.5, "above 0 and at most 1"),
    ],
)
def test_other_architectures_check_their_own_settings(name, setting, value, must):
    assert must in refused(name, **{setting: value})


@pytest.mark.parametrize(
    ("said", "meant"),
    [("he", "he_normal"), ("xavier", "glorot_uniform"), ("1e-4", 0.0001), (1, 1.0)],
)
def test_initial_weights_go_by_several_names(said, meant):
    stages = mlp.stages
    assert arguments("mlp", stages, {"initialization": said})["traits"] == (
        dataclasses.replace(mlp.HIDDEN, initialization=meant)
    )


def test_values_of_a_yaml_file_are_taken():
    given = {"filters": [4, 8], "dense": [], "dropout": 0, "l2": "1e-4"}  # YAML 1.1: 1e-4 is a text
    model = architectures.build("basic_cnn", [16, 16, 3], np.int64(3), **given)
    meant = {"filters": (4, 8), "dense": (), "dropout": 0.0, "l2": 1e-4}
    same = architectures.build("basic_cnn", (16, 16, 3), 3, **meant)
    assert model.count_params() == same.count_params()
    assert model.get_layer("probabilities").kernel_regularizer.l2 == pytest.approx(1e-4)


@pytest.mark.parametrize(
    ("name", "settings", "smallest"),
    [
        ("basic_cnn", {"filters": [4] * 4}, 16),
        ("basic_cnn", {"filters": [4] * 2, "downsampling": "stride"}, 4),
        ("basic_cnn", {"filters": [4] * 3, "stem": "strided"}, 29),
        ("inception", {"modules": [1] * 4, "stem": "plain"}, 8),
        ("inception", {"modules": [1] * 3, "stem": "pooled"}, 7),
        ("pointwise", {"filters": [4] * 4}, 8),
    ],
)
def test_an_image_too_small_for_the_poolings_is_refused_by_one_pixel(name, settings, smallest):
    message = refused(name, (smallest - 1, 40, 3), **settings)
    assert f"at least {smallest} pixels, but the images are {smallest - 1}x40" in message
    model = architectures.build(name, (smallest, 40, 3), 3, **settings)
    assert min(model.get_layer("features").input.shape[1:3]) >= 1


@pytest.mark.parametrize(
    ("shape", "stem", "filters"),
    [
        ((2, 3, 1), "auto", [64]),
        ((15, 80, 3), "auto", [64, 128, 256]),
        ((23, 23, 3), "auto", [64, 128, 256, 512]),
        ((24, 24, 3), "auto", [32, 64, 128, 256]),
        ((28, 28, 3), "strided", [64, 128]),
        ((29, 29, 3), "strided", [64, 128, 256]),
        ((95, 95, 3), "auto", [32, 64, 128, 256]),
        ((96, 96, 3), "auto", [64, 128, 256, 512]),
    ],
)
def test_left_to_itself_basic_cnn_has_what_the_image_has_room_for(shape, stem, filters):
    model = architectures.build("basic_cnn", shape, 3, stem=stem)
    same = architectures.build("basic_cnn", shape, 3, stem=stem, filters=filters)
    assert description.layer_table(model) == description.layer_table(same)
    if len(filters) == 4:
        return
    more = [4] * (len(filters) + 1)
    assert f"{len(more)} blocks halve the sides" in refused(shape=shape, stem=stem, filters=more)


def test_an_image_of_one_pixel_is_refused_by_default_too():
    assert "at least 2 pixels, but the images are 1x5" in refused(shape=(1, 5, 3))


@pytest.mark.parametrize(
    "shape", [(32, 32), (3, 32, 32), (0, 32, 3), (32, -1, 3), (32, 32, 4), (32.5, 32, 3), None, 32]
)
def test_a_shape_that_is_no_image_is_refused(shape):
    assert re.search(r"must be \(height, width, channels\).* got ", refused(shape=shape))


@pytest.mark.parametrize("num_classes", [1, 0, -2, 2.5, True, "2", None])
def test_fewer_than_two_classes_are_refused(num_classes):
    assert str(num_classes) in refused(num_classes=num_classes)


def test_a_sigmoid_head_is_for_two_classes(name):
    assert "there are 3" in refused(name, num_classes=3, head="sigmoid")
