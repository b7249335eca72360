"""Training on a backbone and the choice of the network, from the command line."""

import json
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from kit import runs
from kit.architectures import backbones
from kit.commands.baseline import baseline
from kit.commands.predict import predict
from kit.commands.programs import program
from kit.commands.train import train
from kit.experiments.choice import network_choice


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of color photos of 70 x 90 pixels."""
    folder = tmp_path_factory.mktemp("data") / "large"
    rng = np.random.default_rng(0)
    for channel, name in ((0, "red"), (2, "blue")):
        (folder / name).mkdir(parents=True)
        for number in range(12):
            pixels = rng.integers(0, 120, (70, 90, 3), dtype=np.uint8)
            pixels[..., channel] += 130
            Image.fromarray(pixels).save(folder / name / f"{number:02}.png")
    return folder


@pytest.fixture
def keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


@pytest.fixture
def weights(keras_home: Path) -> Path:
    """Random weights under the name of the smallest MobileNet's pretrained ones."""
    path = backbones.weights_file(backbones.find("MobileNet-0.25"))
    path.parent.mkdir(parents=True)
    keras.applications.MobileNet(
        input_shape=(32, 32, 3), alpha=0.25, include_top=False, weights=None
    ).save(path)
    return path


def chosen(folder: Path, architecture: str = "auto", **given: object) -> network_choice.Choice:
    wanted = {"backbone": None, "weights": None, "settings": {}, "image_size": None}
    return network_choice.choose(
        architecture, folder=folder, **{**wanted, "color": "auto", **given}
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
    for given in ({"settings": {"filters": [4, 8]}}, {"searched": ["learning_rate", "filters"]}):
        choice = chosen(large, **given)
        assert choice.architecture == network_choice.SCRATCH
        assert "since filters is a setting of that network and of no backbone" in choice.reason
    both = chosen(large, settings={"dropout": 0.1}, searched=["learning_rate", "l2"])
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
    chosen(photos, settings={"filters": [4]})
    assert started


def test_weights_are_those_that_were_asked_for_by_flag_or_setting(
    large: Path, weights: Path
) -> None:
    assert chosen(large, "pretrained", weights="none").settings["weights"] == "none"
    set_ = {"weights": "none"}
    assert chosen(large, backbone="MobileNet", settings=set_).settings["weights"] == "none"
    file = chosen(large, backbone="MobileNet", weights="some.h5").settings["weights"]
    assert Path(str(file)).is_absolute()


@pytest.mark.parametrize("inside", [False, True])
def test_unlabelled_images_must_be_there_and_are_not_written_to(
    inside: bool, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = tmp_path / "more"
    if inside:
        more.mkdir()
    learning = ["--architecture", "basic_cnn", "--pretrain", "autoencoder"]
    given = ["--unlabelled", str(more), "--output", str(more / "run")]
    with pytest.raises(SystemExit) as ended:
        program(train, [str(photos), *learning, *given])

    assert ended.value.code == (2 if inside else 3)
    message = "which is only read" if inside else "is no folder of images"
    assert message in capsys.readouterr().err
    assert not (more / "run").exists()


def test_what_the_user_names_is_taken_without_a_look_at_the_images(tmp_path: Path) -> None:
    choice = chosen(tmp_path / "nowhere", "inception", settings={"l2": 0.1})

    assert choice == network_choice.Choice("inception", {"l2": 0.1}, "inception", None, "auto")


def test_a_run_on_a_backbone_repeats_from_its_settings_and_is_a_backbone_itself(
    large: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, again, other = (tmp_path / name for name in ("run", "again", "other"))
    quick = ["--image-size", "32", "--epochs", "2", "--augmentation", "light"]
    quick += ["--no-check"]  # this backbone's random weights tell no image from another
    tuned = ["--fine-tune", "1", "--fine-tune-epochs", "1", "--views", "2"]
    program(train, [str(large), *quick, *tuned, "--output", str(run)])

    history = pd.read_csv(run / "history.csv")
    assert list(history["phase"]) == ["head", "head", "fine-tune"]
    settings = runs.load(run).settings
    assert settings["architecture"] == "pretrained"
    assert settings["settings"]["backbone"] == "MobileNet-0.25"
    facts = json.loads((run / "run.json").read_text())
    assert facts["choice"].startswith("auto: MobileNet-0.25")
    program(train, ["--config", str(run / "run.yaml"), "--output", str(again)])
    columns = ["loss", "val_loss", "val_accuracy"]
    pd.testing.assert_frame_equal(
        pd.read_csv(again / "history.csv")[columns], history[columns], check_exact=True
    )
    predictions = pd.read_csv(run / "predictions.csv")
    program(predict, [str(run), str(large), "--csv", str(tmp_path / "answers.csv")])
    answers = pd.read_csv(tmp_path / "answers.csv")
    answers["file"] = answers["file"].str.removeprefix(f"{large}/")
    both = predictions.merge(answers, on="file", suffixes=("", "_again"))
    assert len(both) == len(predictions)
    np.testing.assert_allclose(both["probability"], both["probability_again"], atol=1e-4)

    capsys.readouterr()
    given = ["--backbone", str(run), "--epochs", "1", "--no-check"]
    program(train, [str(large), *given, "--output", str(other)])
    assert "The backbone ends with features (256); --set cut=LAYER" in capsys.readouterr().err
    facts = json.loads((other / "run.json").read_text())
    assert facts["image_size"] == [32, 32]
    model = keras.saving.load_model(other / "model.keras")
    inner = model.get_layer("backbone").get_layer("backbone")
    source = keras.saving.load_model(run / "model.keras").get_layer("backbone")
    for one, two in zip(inner.get_weights(), source.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backbone", "MobilNet"], 'Did you mean "MobileNet"'),
        (["--backbone", "MobileNet", "--architecture", "inception"], "leave --architecture"),
        (["--weights", "none", "--architecture", "inception"], "--weights are those of"),
        (["--weights", "none"], "auto takes none, since 100 % of the images"),
        (["--backbone", "nowhere.keras"], "there is no file nowhere.keras"),
        (["--backbone", "MobileNet", "--fine-tune", "0"], "--fine-tune takes a number"),
        (["--backbone", "MobileNet", "--fine-tune", ""], "The text behind --fine-tune is empty"),
        (["--backbone", "MobileNet", "--fine-tune-epochs", "0"], "--fine-tune-epochs must be"),
        (["--fine-tune", "3"], "--fine-tune is for a pretrained backbone"),
        (["--views", "2"], "--views is for a pretrained backbone"),
        (["--backbone", "MobileNet", "--views", "2", "--augmentation", "none"], "--views must be"),
        (["--backbone", "MobileNet", "--weights", "none.h5", "--image-size", "32"], "is no file"),
        (["--backbone", "MobileNet", "--fine-tune-rate", "0"], "--fine-tune-rate must be above 0"),
        (["--backbone", "MobileNet", "--set", "filters=[3]"], "no setting"),
    ],
)
def test_what_does_not_fit_together_is_said_before_there_is_a_run(
    arguments: list[str],
    message: str,
    photos: Path,
    keras_home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        program(train, [str(photos), *arguments, "--output", str(tmp_path / "run")])

    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_baselines_on_the_features_of_a_run_say_so(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, scores = tmp_path / "run", tmp_path / "scores"
    quick = ["--image-size", "16", "--epochs", "1", "--set", "filters=[4]", "--no-check"]
    program(train, [str(photos), *quick, "--output", str(run)])
    capsys.readouterr()
    given = ["--backbone", str(run), "--methods", "knn", "--split", str(run / "split.csv")]
    program(baseline, [str(photos), *given, "--output", str(scores)])

    assert "yardstick on a network's features" in capsys.readouterr().out
    metrics = json.loads((scores / "metrics.json").read_text())
    assert metrics["knn"]["validation"]["accuracy"] == 1.0
