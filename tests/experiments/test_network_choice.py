"""Which network is trained where nobody says it, and where somebody does."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import serving

from kit.architectures.backbones import origins
from kit.architectures.backbones.weights import HDF5
from kit.errors import KitError, SettingError
from kit.experiments.choice import network_choice
from kit.settings import Training

STORED = Path(__file__).parents[1] / "stored_run_0.1"


def chosen(folder: Path, **settings: Any) -> network_choice.Choice:
    asked = Training().having(**{name: one for name, one in settings.items() if name != "searched"})
    return network_choice.choose(
        asked.network,
        asked.images,
        folder,
        pretrain=asked.transfer.pretrain,
        searched=settings.get("searched", ()),
    )


def test_auto_takes_a_backbone_whose_weights_are_here(large: Path, weights: Path) -> None:
    choice = chosen(large)

    assert (choice.architecture, choice.label) == ("pretrained", "MobileNet-0.25")
    assert choice.settings == {"backbone": "MobileNet-0.25"}
    assert choice.image_size == (224, 224)
    assert choice.reason.startswith("auto: MobileNet-0.25, pretrained on ImageNet. Its weights are")


@pytest.fixture
def asked(keras_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Return what is asked of a server that has the weights of EfficientNetV2B0."""
    monkeypatch.delenv("KIT_OFFLINE")
    monkeypatch.setitem(origins.HASHES, "EfficientNetV2B0", hashlib.md5(HDF5).hexdigest())
    with serving(lambda to: to.give(HDF5)) as server:
        monkeypatch.setattr(origins, "STORE", f"{server.url}/")
        yield server.asked


def test_auto_fetches_small_weights_for_color_photos_once(
    large: Path, asked: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = chosen(large), chosen(large)

    assert len(asked) == 1
    assert capsys.readouterr().err.count("Downloading EfficientNetV2B0") == 1
    assert first == second
    assert first.settings == {"backbone": "EfficientNetV2B0"}
    assert first.reason.startswith("auto: EfficientNetV2B0, pretrained on ImageNet. Its weights")


def test_auto_without_color_photos_or_with_other_wishes_asks_no_server(
    large: Path, photos: Path, asked: list[Any], tmp_path: Path
) -> None:
    for folder, given in (
        (photos, {}),
        (large, {"color": "grayscale"}),
        (large, {"pretrain": "autoencoder"}),
        (large, {"settings": ("filters=[4,8]",)}),
        (large, {"download": False}),
        (tmp_path / "nowhere", {"architecture": "inception"}),
        (tmp_path / "nowhere", {"backbone": "MobileNet"}),
    ):
        choice = chosen(folder, **given)
        assert choice.label in (network_choice.SCRATCH, "inception", "MobileNet")
    with pytest.raises(SettingError, match="because no backbone's weights are available"):
        chosen(large, weights="none")
    assert asked == []


def test_where_nothing_can_be_fetched_auto_trains_from_scratch_and_says_what_to_do(
    large: Path, keras_home: Path, asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(origins, "STORE", "http://127.0.0.1:9/")
    unreached, forbidden = chosen(large), chosen(large, download=False)
    monkeypatch.setenv("KIT_OFFLINE", "1")
    offline = chosen(large)

    for choice, why in (
        (unreached, "the server cannot be reached (connection refused). Photos"),
        (forbidden, "none were downloaded: download=False forbids downloading. Photos"),
        (offline, "none were downloaded: KIT_OFFLINE=1 forbids downloading. Photos"),
    ):
        assert choice.architecture == network_choice.SCRATCH
        assert why in choice.reason
        assert "backbone=EfficientNetV2B0 downloads 24 MB, or put" in choice.reason
        assert f"put efficientnetv2-b0_notop.h5 into {keras_home / 'models'}." in choice.reason
        assert "\n" not in choice.reason


def test_a_named_backbone_is_fetched_unless_that_is_forbidden(
    asked: list[Any], tmp_path: Path
) -> None:
    with pytest.raises(KitError, match=r"EfficientNetV2B0 .*download=False forbids downloading"):
        chosen(tmp_path, backbone="EfficientNetV2B0", download=False).make_ready()
    assert asked == []
    chosen(tmp_path, backbone="EfficientNetV2B0").make_ready()
    assert len(asked) == 1


def test_auto_trains_small_and_gray_images_from_scratch(
    photos: Path, large: Path, weights: Path
) -> None:
    small, gray = chosen(photos), chosen(large, color="grayscale")

    assert small.architecture == gray.architecture == network_choice.SCRATCH
    assert "100 % of the images have fewer than 64 pixels" in small.reason
    assert "the images are gray" in gray.reason


def test_auto_takes_no_backbone_that_the_other_settings_rule_out(
    large: Path, weights: Path
) -> None:
    small, taught = chosen(large, image_size=(31, 64)), chosen(large, pretrain="autoencoder")

    assert small.architecture == taught.architecture == network_choice.SCRATCH
    assert "at least 32x32 pixels" in small.reason
    assert "without pretrained weights" in taught.reason


def test_a_setting_that_only_the_network_from_scratch_has_makes_auto_take_that_one(
    large: Path, weights: Path
) -> None:
    for given in ({"settings": ("filters=[4,8]",)}, {"searched": ["learning_rate", "filters"]}):
        choice = chosen(large, **given)
        assert choice.architecture == network_choice.SCRATCH
        assert "because filters is a setting of that network, not of a backbone" in choice.reason
    both = chosen(large, dropout=0.1, searched=["learning_rate", "l2"])
    assert both.architecture == "pretrained"


def test_auto_asks_a_network_for_its_settings_only_where_some_are_set(
    photos: Path, keras_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[bool] = []

    def settings(name: str) -> dict[str, object]:
        assert started, f"{name} imports Keras, and TensorFlow's notes are not held back"
        return {}

    monkeypatch.setattr(network_choice, "start_keras", lambda: started.append(True))
    monkeypatch.setattr(network_choice.architectures, "settings", settings)

    chosen(photos)
    assert not started
    chosen(photos, settings=("filters=[4]",))
    assert started


def test_weights_are_those_that_were_asked_for_by_flag_or_setting(
    large: Path, weights: Path
) -> None:
    assert chosen(large, architecture="pretrained", weights="none").settings["weights"] == "none"
    set_ = ("weights=none",)
    assert chosen(large, backbone="MobileNet", settings=set_).settings["weights"] == "none"
    file = chosen(large, backbone="MobileNet", weights="some.h5").settings["weights"]
    assert Path(str(file)).is_absolute()


def test_a_run_is_a_backbone_for_images_like_its_own(tmp_path: Path) -> None:
    choice = chosen(tmp_path / "nowhere", backbone=str(STORED))

    assert choice.settings == {"backbone": str(STORED / "model.keras")}
    assert (choice.label, choice.image_size) == ("on-stored_run_0.1", (8, 8))


def test_what_the_user_names_is_taken_without_a_look_at_the_images(tmp_path: Path) -> None:
    choice = chosen(tmp_path / "nowhere", architecture="inception", l2=0.1)

    assert choice == network_choice.Choice("inception", {"l2": 0.1}, "inception", None, "auto")
