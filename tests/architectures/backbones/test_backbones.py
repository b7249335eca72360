"""The table of pretrained networks against Keras' own, without building large ones."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import keras
import numpy as np
import pytest

from kit import architectures, runs
from kit.architectures import backbones, pretrained
from kit.architectures.backbones import origins
from kit.architectures.backbones.weightless import without_weights
from kit.errors import SettingError

BUILDERS = {name for name in dir(keras.applications) if name[0].isupper()}
# One of each family that is quick to trace; the others have rows of the same making.
TRACED = (
    *("MobileNet-0.25", "VGG16", "EfficientNetV2B0"),
    *(
        pytest.param(name, marks=pytest.mark.proof)
        for name in (
            *("ConvNeXtTiny", "DenseNet121", "EfficientNetB0", "EfficientNetV2S"),
            *("InceptionResNetV2", "InceptionV3", "MobileNetV2-1.3", "MobileNetV3Small"),
            *("NASNetLarge", "NASNetMobile", "ResNet50", "ResNet50V2", "VGG19", "Xception"),
        )
    ),
)


def module(backbone: backbones.Backbone):
    """Return the module of ``keras.applications`` with a backbone's own preprocessing."""
    builder = backbone.name.partition("-")[0]
    homes = [home for _, home in inspect.getmembers(keras.applications, inspect.ismodule)]
    if builder.startswith("MobileNetV3"):  # the one whose module does not have its builders
        return keras.applications.mobilenet_v3
    return next(home for home in homes if hasattr(home, builder))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keras' folder with random "pretrained" weights of the smallest MobileNet."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        path = backbones.weights_file(backbones.find("MobileNet-0.25"))
        path.parent.mkdir()
        keras.applications.MobileNet(
            input_shape=(32, 32, 3), alpha=0.25, include_top=False, weights=None
        ).save(path)
        yield path


def test_every_network_of_keras_has_a_row():
    assert {name.partition("-")[0] for name in backbones.BACKBONES} == BUILDERS
    assert {*backbones.RECOMMENDED, backbones.PROPOSED} <= set(backbones.BACKBONES)


@pytest.mark.parametrize("kind", get_args(backbones.Preprocessing))
def test_preprocessing_as_a_layer_is_that_of_keras(kind):
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 3, 5, 3)).astype("float32")
    image = keras.Input((3, 5, 3))
    model = keras.Model(image, pretrained.preprocess(image, kind=kind, name="scale"))
    answers = model(pixels)
    for row in backbones.BACKBONES.values():
        if row.preprocessing == kind:
            expected = module(row).preprocess_input(pixels.copy())
            np.testing.assert_allclose(answers, expected, atol=2e-5, err_msg=row.name)


@pytest.mark.parametrize("kind", get_args(backbones.Preprocessing))
def test_a_gray_image_is_seen_as_a_gray_picture_in_color(kind):
    gray = np.random.default_rng(0).uniform(0, 255, (2, 3, 5, 1)).astype("float32")
    one, three = keras.Input((3, 5, 1)), keras.Input((3, 5, 3))
    seen = keras.Model(one, pretrained.preprocess(one, kind=kind, name="scale"))(gray)
    same = keras.Model(three, pretrained.preprocess(three, kind=kind, name="scale"))
    np.testing.assert_array_equal(seen, same(np.repeat(gray, 3, axis=-1)))


@pytest.mark.parametrize("name", TRACED)
def test_a_row_says_what_keras_builds_and_looks_for(name, monkeypatch):
    row = backbones.find(name)
    size = (row.image_size, row.image_size, 3)
    assert without_weights(lambda: backbones.load(row, size, "none").count_params()) == (
        row.parameters
    )
    asked = []

    def get_file(fname, origin, file_hash=None, **_):
        asked.append((fname, origin, file_hash))
        raise OSError("enough")

    builder, _, width = name.partition("-")
    more = {"alpha": float(width)} if width else {}
    theirs = getattr(keras.applications, builder)
    monkeypatch.setattr(inspect.getmodule(keras.utils.get_file), "get_file", get_file)
    with pytest.raises(OSError, match="enough"):
        without_weights(lambda: theirs(include_top=False, input_shape=size, **more))
    assert asked == [(row.file, origins.address(row), origins.HASHES.get(name))]


def test_upper_and_lower_case_do_not_matter_and_a_near_name_is_proposed():
    assert backbones.find("mobilenetv2-0.35").name == "MobileNetV2-0.35"
    with pytest.raises(SettingError, match='Did you mean "MobileNet"'):
        backbones.find("MobilNet")


def test_weights_at_hand_are_used_at_any_size(weights):
    assert backbones.at_hand("MobileNet-0.25")
    assert not backbones.at_hand("MobileNet")
    keras.utils.set_random_seed(9)
    model = architectures.build("pretrained", (40, 33, 3), 3, backbone="MobileNet-0.25")
    source = keras.saving.load_model(weights)
    for here, there in zip(
        model.get_layer("backbone").get_weights(), source.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(here, there)
    assert [weight.path for weight in model.trainable_weights] == [
        "probabilities/kernel",
        "probabilities/bias",
    ]


@pytest.mark.proof
def test_efficientnet_v2_takes_the_weights_that_keras_saves_of_it(tmp_path):
    shape = (32, 32, 3)
    theirs = keras.applications.EfficientNetV2B0(include_top=False, weights=None, input_shape=shape)
    theirs.save(tmp_path / "weights.h5")
    ours = backbones.load(backbones.find("EfficientNetV2B0"), shape, str(tmp_path / "weights.h5"))
    pixels = np.random.default_rng(0).uniform(0, 255, (2, *shape)).astype("float32")
    assert ours.name == "backbone"
    np.testing.assert_array_equal(ours(pixels), theirs(pixels))


def test_weights_of_another_network_are_named(weights):
    with pytest.raises(SettingError, match=r"does not hold the weights of MobileNet-0\.5"):
        architectures.build(
            "pretrained", (32, 32, 3), 3, backbone="MobileNet-0.5", weights=str(weights)
        )
    with pytest.raises(SettingError, match="there is no file"):
        architectures.build("pretrained", (32, 32, 3), 3, weights="nowhere.h5")


def test_images_that_are_too_small_for_a_network_are_refused():
    with pytest.raises(SettingError, match=r"InceptionV3 cannot take images of 40x60 pixels"):
        backbones.load(backbones.find("InceptionV3"), (40, 60, 3), "none")


@pytest.mark.parametrize("style", ["functional", "sequential"])
def test_a_network_of_this_package_is_a_backbone_for_other_classes(style, small, images, tmp_path):
    source = small("basic_cnn", 5, style)
    path = tmp_path / "source.keras"
    source.save(path)
    model = architectures.build("pretrained", (12, 16, 3), 2, style, backbone=str(path))
    batch = images((12, 16, 3))
    seen = keras.Model(source.inputs[0], source.get_layer("probabilities").input)(batch)
    again = keras.Model(model.inputs[0], model.get_layer("features").output)(batch)
    np.testing.assert_allclose(seen, again, rtol=1e-5)
    assert model.output_shape == (None, 2)
    assert len(model.trainable_weights) == 2


def test_a_backbone_of_other_images_says_which_it_takes(small, tmp_path):
    path = tmp_path / "source.keras"
    small("basic_cnn").save(path)
    with pytest.raises(SettingError, match="takes images of 12 x 16 x 3"):
        architectures.build("pretrained", (20, 20, 3), 2, backbone=str(path))
    path.write_text("no model")
    with pytest.raises(SettingError, match="cannot be loaded"):
        architectures.build("pretrained", (12, 16, 3), 2, backbone=str(path))
    with pytest.raises(SettingError, match="there is no file"):
        architectures.build("pretrained", (12, 16, 3), 2, backbone=str(tmp_path / "none.keras"))


@pytest.mark.proof
def test_efficientnet_is_the_function_that_keras_builds_for_its_weights(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    keras.backend.clear_session()  # so that the normalization has no number
    row, shape = backbones.find("EfficientNetB0"), (32, 32, 3)
    path = backbones.weights_file(row)
    path.parent.mkdir()
    source = keras.applications.EfficientNetB0(
        include_top=False, weights=None, input_shape=shape, name="source"
    )
    source.get_layer("normalization").set_weights(
        [np.array([0.485, 0.456, 0.406]), np.array([0.2, 0.3, 0.4]), np.array(0)]
    )
    source.get_layer("normalization").finalize_state()
    source.save(path)
    home = inspect.getmodule(inspect.unwrap(keras.applications.EfficientNetB0))
    monkeypatch.setattr(home.file_utils, "get_file", lambda *_, **__: str(path))
    theirs = keras.applications.EfficientNetB0(include_top=False, input_shape=shape)

    def seen(model: keras.Model) -> np.ndarray:
        pixels = np.random.default_rng(0).uniform(0, 255, (2, *shape)).astype("float32")
        return np.asarray(
            keras.Model(model.inputs[0], model.get_layer("stem_conv_pad").output)(pixels)
        )

    np.testing.assert_allclose(seen(backbones.load(row, shape)), seen(theirs), rtol=1e-4, atol=1e-5)
    mine = tmp_path / "mine.h5"  # of one's own training: as it is
    source.save(mine)
    np.testing.assert_allclose(
        seen(backbones.load(row, shape, str(mine))), seen(source), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("kind", ["caffe", "inside", "tf", "torch"])
@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_are_not_rounded_under_mixed_precision(kind, channels):
    def seen() -> np.ndarray:
        image = keras.Input((4, 5, channels))
        model = keras.Model(image, pretrained.preprocess(image, kind=kind, name="scale"))
        return np.asarray(
            model(np.random.default_rng(0).uniform(0, 255, (2, 4, 5, channels)).astype("float32"))
        )

    policy, exact = keras.config.dtype_policy(), seen()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        np.testing.assert_array_equal(seen(), exact)
    finally:
        keras.config.set_dtype_policy(policy)


def test_layers_of_the_preprocessing_have_the_same_names_in_every_network():
    for _ in range(2):
        image = keras.Input((4, 5, 3))
        model = keras.Model(image, pretrained.preprocess(image, kind="caffe", name="scale"))
        assert [each.name for each in model.operations[1:]] == ["scale_bgr", "scale_norm"]


def test_a_copy_has_the_statistics_of_a_backbone_s_own_scaling(small, images, tmp_path):
    source = small("basic_cnn", scale="channel_zscore")
    batch = images((12, 16, 3))
    architectures.adapt(source, [batch])
    source.save(tmp_path / "source.keras")
    model = architectures.build(
        "pretrained", (12, 16, 3), 2, "sequential", backbone=str(tmp_path / "source.keras")
    )
    np.testing.assert_array_equal(runs.uncompiled(model)(batch), model(batch))


def test_a_network_of_this_package_takes_no_other_weights(small, tmp_path):
    small("basic_cnn").save(tmp_path / "source.keras")
    with pytest.raises(SettingError, match=r"has its own weights\. Leave out weights=other\.h5"):
        architectures.build(
            "pretrained",
            (12, 16, 3),
            2,
            backbone=str(tmp_path / "source.keras"),
            weights="other.h5",
        )


def test_a_hostile_file_is_not_run(tmp_path):
    image = keras.Input((4, 4, 3))
    x = keras.layers.Lambda(lambda pixels: pixels * 2)(image)
    x = keras.layers.GlobalAveragePooling2D(name="features")(x)
    keras.Model(image, x).save(tmp_path / "hostile.keras")
    with pytest.raises(SettingError, match="cannot be loaded"):
        architectures.build("pretrained", (4, 4, 3), 2, backbone=str(tmp_path / "hostile.keras"))
