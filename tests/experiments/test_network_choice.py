"""Which network is trained where nobody says it, and where somebody does."""

from pathlib import Path
from typing import Any

import pytest

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
    assert choice.reason.startswith("auto: MobileNet-0.25, pretrained on ImageNet: its weights are")


def test_auto_says_what_it_would_download_and_does_not(large: Path, keras_home: Path) -> None:
    choice = chosen(large)

    assert choice.architecture == network_choice.SCRATCH
    assert "backbone=MobileNet downloads 13 MB" in choice.reason
    assert str(keras_home / "models") in choice.reason
    assert not keras_home.exists()


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
    assert "from 32x32 pixels" in small.reason
    assert "has not been trained before" in taught.reason


def test_a_setting_that_only_the_network_from_scratch_has_makes_auto_take_that_one(
    large: Path, weights: Path
) -> None:
    for given in ({"settings": ("filters=[4,8]",)}, {"searched": ["learning_rate", "filters"]}):
        choice = chosen(large, **given)
        assert choice.architecture == network_choice.SCRATCH
        assert "since filters is a setting of that network and of no backbone" in choice.reason
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
