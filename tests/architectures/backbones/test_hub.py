"""Presets of KerasHub as backbones."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

from kit import architectures, runs
from kit.architectures.backbones import hub
from kit.errors import KitError, SettingError
from kit.experiments.choice import network_choice
from kit.settings import Images, Network
from kit.training.transfer import frozen_features, kept_maps


def test_a_missing_package_is_named_with_the_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    choice = network_choice.choose(Network(backbone="hub:resnet_18_imagenet"), Images(), Path())
    assert (choice.label, choice.image_size) == ("on-resnet_18_imagenet", (224, 224))
    with pytest.raises(SettingError, match=r"not installed: pip install keras-hub 'tensorflow-t"):
        choice.make_ready()


def test_a_preset_is_not_downloaded_where_that_is_forbidden(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hub, "check_installed", lambda what: None)
    monkeypatch.delenv("KIT_OFFLINE")
    hub.check("hub:resnet_18_imagenet", True)
    hub.check(f"hub:{tmp_path}", False)
    with pytest.raises(KitError, match="forbids"):
        hub.check("hub:resnet_18_imagenet", False)
    monkeypatch.setenv("KIT_OFFLINE", "1")
    with pytest.raises(KitError, match="forbids"):
        hub.check("hub:resnet_18_imagenet", True)


@pytest.fixture(scope="module")
def preset(tmp_path_factory: pytest.TempPathFactory) -> str:
    keras_hub = pytest.importorskip("keras_hub", reason="KerasHub (extra hub) is not installed")
    folder = tmp_path_factory.mktemp("preset") / "tiny"
    keras.utils.set_random_seed(1)
    keras_hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[3],
        stackwise_num_filters=[64],
        stackwise_num_blocks=[1],
        stackwise_num_strides=[1],
        block_type="basic_block",
        image_shape=(None, None, 3),
    ).save_to_preset(folder)
    keras_hub.layers.ResNetImageConverter(
        image_size=(32, 32), scale=[0.01, 0.02, 0.03], offset=[-1.0, 0.5, 0.0]
    ).save_to_preset(folder)
    return f"hub:{folder}"


def test_a_preset_with_its_preprocessing_is_a_backbone(preset: str, tmp_path: Path) -> None:
    import keras_hub

    folder = preset.removeprefix(hub.PREFIX)
    images = np.random.default_rng(0).uniform(0, 255, (2, 24, 24, 3)).astype("float32")
    model = architectures.build("pretrained", (24, 24, 3), 2, backbone=preset)
    converter = keras_hub.layers.ImageConverter.from_preset(folder, image_size=(24, 24))
    network = keras_hub.models.Backbone.from_preset(folder)
    maps = np.asarray(network(converter(images), training=False))
    extractor = frozen_features.extractor_of(model)
    np.testing.assert_allclose(extractor(images), maps.mean(axis=(1, 2)), rtol=1e-4, atol=1e-5)
    assert frozen_features.is_frozen(model)

    runs.save_model(model, tmp_path / "model.keras")
    file = architectures.load_file(tmp_path / "model.keras")
    np.testing.assert_allclose(file(images), model(images), atol=1e-6)
    assert kept_maps.divided(model) is not None


def test_a_transformer_gives_its_first_token_and_loads_with_its_own_layers(
    preset: str, tmp_path: Path
) -> None:
    import keras_hub

    network = keras_hub.models.DINOV2Backbone(
        patch_size=4,
        num_layers=1,
        hidden_dim=8,
        num_heads=2,
        intermediate_dim=16,
        image_shape=(16, 16, 3),
        position_embedding_shape=(16, 16, 3),
    )
    network.save_to_preset(tmp_path / "tokens")
    converter = keras_hub.layers.DINOV2ImageConverter(image_size=(16, 16), scale=1 / 255)
    converter.save_to_preset(tmp_path / "tokens")
    images = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 3)).astype("float32")
    model = architectures.build("pretrained", (16, 16, 3), 2, backbone=f"hub:{tmp_path}/tokens")
    tokens = np.asarray(network({"images": images / 255}, training=False))
    seen = frozen_features.extractor_of(model)(images)
    np.testing.assert_allclose(seen, tokens[:, 0], rtol=1e-3, atol=1e-4)

    runs.save_model(model, tmp_path / "model.keras")
    file = architectures.load_file(tmp_path / "model.keras")
    np.testing.assert_allclose(file(images), model(images), atol=1e-6)


def test_what_is_no_preset_is_refused_by_its_name(preset: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="cannot be loaded for images of 24x24"):
        architectures.build("pretrained", (24, 24, 3), 2, backbone=f"hub:{tmp_path}")
