"""Augmentation, mixing and sampling from the command line."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from kit import runs
from kit.commands.terminal import program
from kit.commands.train import train

pytestmark = pytest.mark.usefixtures("eagerly", "sketched")

PLAIN = ["--image-size", "12", "--epochs", "1", "--no-check"]
QUICK = ["--architecture", "linear", *PLAIN]
HEAD = ["--backbone", "MobileNet-0.25", *PLAIN]


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty red images and five blue ones."""
    folder = tmp_path_factory.mktemp("data") / "few"
    rng = np.random.default_rng(0)
    for channel, name, count in ((0, "red", 20), (2, "blue", 5)):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            pixels = rng.integers(0, 120, (16, 16, 3), dtype=np.uint8)
            pixels[..., channel] += 130
            Image.fromarray(pixels).save(folder / name / f"{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def frozen(few: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The flags of a head on a backbone, here a run of another small network."""
    run = tmp_path_factory.mktemp("models") / "backbone"
    small = ["--architecture", "basic_cnn", "--set", "filters=[4]", "--set", "dense=[8]"]
    program(train, [str(few), *small, *PLAIN, "--augmentation", "none", "--output", str(run)])
    return ["--backbone", str(run), *PLAIN]


@pytest.fixture
def signs(few: Path, tmp_path: Path) -> Path:
    """The same images under names that forbid to mirror them."""
    for name, other in (("red", "turn left"), ("blue", "turn right")):
        shutil.copytree(few / name, tmp_path / "signs" / other)
    return tmp_path / "signs"


def test_a_varied_run_repeats_from_its_settings_and_saves_a_plain_model(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, again = tmp_path / "run", tmp_path / "again"
    layers = ["--augment", "RandomZoom=0.2", "--augment", "RandomRotation={factor: 0.05}"]
    varied = ["--augmentation", "light", *layers, "--mix", "both", "--sampling", "balanced"]
    program(train, [str(few), *QUICK, *varied, "--output", str(run)])

    err = capsys.readouterr().err
    assert 'Class sizes differ: "red" has 16 training images, "blue" has 4' in err
    assert "would be right for 80 % of the validation images" in err
    assert "--class-weight balanced or" not in err  # it is done already
    settings = runs.load(run).settings
    assert settings["augment"] == {"RandomZoom": 0.2, "RandomRotation": {"factor": 0.05}}
    assert (settings["mix"], settings["sampling"]) == ("both", "balanced")
    program(train, ["--config", str(run / "run.yaml"), "--output", str(again)])
    columns = ["loss", "accuracy", "val_loss", "val_accuracy"]
    first, second = (pd.read_csv(one / "history.csv")[columns] for one in (run, again))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert runs.load(again).settings == settings
    names = {type(layer).__name__ for layer in keras.saving.load_model(run / "model.keras").layers}
    assert not any(name.startswith("Rand") or "Mix" in name for name in names)


def test_an_imbalance_names_what_helps(
    few: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(train, [str(few), *QUICK, "--augmentation", "none", "--output", str(tmp_path / "run")])

    assert "--class-weight balanced or --sampling balanced" in capsys.readouterr().err
    assert not (tmp_path / "run" / "figures" / "augmentation.png").exists()


def test_a_single_layer_alone_is_drawn_and_a_flip_that_is_left_out_is_said(
    signs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    one = ["--augment", "RandomTranslation=0.1"]
    program(train, [str(signs), *QUICK, *one, "--output", str(run)])

    assert 'Images are not mirrored: one class is "turn left"' in capsys.readouterr().err
    assert (run / "figures" / "augmentation.png").exists()
    assert runs.load(run).settings["flip"] == "no"


def test_a_head_on_plain_images_has_no_word_about_mirroring(
    signs: Path, frozen: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for more in ([], ["--views", "2"]):
        run = tmp_path / f"run{more}"
        program(train, [str(signs), *frozen, *more, "--output", str(run)])
        resolved = runs.load(run).settings["augmentation"]
        said.append(("Images are not mirrored" in capsys.readouterr().err, resolved))

    assert said == [(False, None), (True, "light")]


@pytest.mark.parametrize("sampling", ["balanced", "smote"])
def test_a_head_is_trained_on_evened_out_features(
    sampling: str, few: Path, frozen: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    program(train, [str(few), *frozen, "--sampling", sampling, "--output", str(run)])

    assert len(pd.read_csv(run / "history.csv")) == 1
    assert runs.load(run).settings["sampling"] == sampling
    assert ("SMOTE added 12 training vectors" in capsys.readouterr().err) == (sampling == "smote")


def test_mixing_comes_with_fine_tuning(few: Path, frozen: list[str], tmp_path: Path) -> None:
    run = tmp_path / "run"
    tuned = ["--fine-tune", "1", "--fine-tune-epochs", "1", "--mix", "mixup"]
    program(train, [str(few), *frozen, *tuned, "--output", str(run)])

    assert list(pd.read_csv(run / "history.csv")["phase"]) == ["head", "fine-tune"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*QUICK, "--augment", "RandomZom=1"], 'Did you mean "RandomZoom"'),
        ([*QUICK, "--augment", "RandomZoom"], "--augment takes LAYER=VALUE"),
        ([*QUICK, "--augment", "RandomZoom=[1"], "--augment 'RandomZoom=[1': '[1' is not a YAML"),
        ([*QUICK, "--augment", "RandomZoom={faktor: 1}"], 'has no setting "faktor"'),
        ([*QUICK, "--augment", "RandomZoom=9"], "in the range (-1.0, 1.0]"),
        ([*QUICK, "--mix-alpha", "1"], "also give --mix"),
        ([*QUICK, "--mix", "mixup", "--mix-alpha", "-1"], "--mix-alpha must be above 0"),
        ([*QUICK, "--mix", "mixup", "--set", "head=sigmoid"], "With a sigmoid head"),
        ([*QUICK, "--mix", "mixup", "--set", "head=scores"], "a head that returns scores"),
        ([*QUICK, "--mix", "mixup", "--loss", "hinge"], "the loss hinge needs one"),
        ([*QUICK, "--seed", str(2**32 - 1), "--repeats", "2"], "would be 4294967295 to 4294967296"),
        ([*QUICK, "--seed", str(2**32 - 1), "--folds", "2"], "Use a smaller --seed"),
        ([*QUICK, "--sampling", "smote"], "linear is trained on images"),
        ([*QUICK, "--sampling", "balanced", "--class-weight", "balanced"], "both balance"),
        ([*HEAD, "--sampling", "smote", "--fine-tune", "1"], "--fine-tune trains on maps"),
        ([*HEAD, "--mix", "cutmix"], "learns from features of whole images. Leave"),
        ([*HEAD, "--fine-tune", "1", "--fine-tune-on", "maps", "--mix", "mixup"], "on images"),
        ([*HEAD, "--augment", "RandomZoom=0.1"], "Add --views 4"),
    ],
)
def test_what_does_not_fit_together_is_said_before_there_is_a_run(
    arguments: list[str],
    message: str,
    few: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        program(train, [str(few), *arguments, "--output", str(tmp_path / "run")])

    assert ended.value.code == 2
    err = capsys.readouterr().err
    assert message in err
    assert "Reading images" not in err
    assert not (tmp_path / "run").exists()


def test_the_missing_package_of_smote_is_named_before_anything_is_read(
    few: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import importlib.util

    original = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "imblearn" else original(name, *rest),
    )
    with pytest.raises(SystemExit) as ended:
        program(train, [str(few), *HEAD, "--sampling", "smote", "--output", str(tmp_path / "r")])

    assert ended.value.code == 2
    assert "pip install imbalanced-learn" in capsys.readouterr().err
