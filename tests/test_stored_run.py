"""A run of version 0.1, kept as it was written, goes on to predict, score and be repeated."""

import inspect
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

import kit
from kit import prediction, runs
from kit.commands.evaluate import evaluate
from kit.commands.train import train
from kit.settings import Training
from kit.settings.stored import read_settings

RUN = Path(__file__).parent / "stored_run_0.1"
pytestmark = pytest.mark.usefixtures("eagerly", "sketched")
CLASSES = {0: "null", 1: "یک", 2: "two words"}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what it was trained on: the first 20 images of three digits."""
    folder = tmp_path_factory.mktemp("data") / "digits three"
    images, digits = load_digits(return_X_y=True)
    for digit, name in CLASSES.items():
        (folder / name).mkdir(parents=True)
        for number, image in enumerate(images[digits == digit][:20]):
            pixels = (image.reshape(8, 8) * 15.9).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number:02}.png")
    return folder


def test_it_predicts_what_it_predicted_then(photos: Path) -> None:
    then = pd.read_csv(RUN / "predictions.csv", keep_default_na=False)

    now = prediction.classify(prediction.load(RUN), [photos / file for file in then["file"]]).table

    assert list(now["class"]) == list(then["predicted"])
    np.testing.assert_allclose(now["probability"], then["probability"], atol=1e-5)


def test_it_is_scored_as_then(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = json.loads((RUN / "metrics.json").read_text("utf-8"))["validation"]
    validation = tmp_path / "validation"
    for file in pd.read_csv(RUN / "predictions.csv", keep_default_na=False)["file"]:
        (validation / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(photos / file, validation / file)

    evaluate(RUN, validation, output=tmp_path / "scores", cache=False)

    now = json.loads((tmp_path / "scores" / "metrics.json").read_text("utf-8"))["test"]
    assert now["accuracy"] == then["accuracy"]
    assert now["loss"] == pytest.approx(then["loss"], abs=1e-5)


def test_its_settings_are_those_of_a_training(photos: Path) -> None:
    settings = read_settings(Training, RUN / runs.SETTINGS)

    bound = inspect.signature(train).bind(**settings)
    assert bound.arguments["folder"] == Path(photos.name)
    assert bound.arguments["image_size"] == (8, 8)
    assert bound.arguments["epochs"] == 30
    assert bound.arguments["settings"]["filters"] == [4, 8]
    assert bound.arguments["flip"] == "yes"
    assert runs.load(RUN).settings["learning_rate"] == 0.003


def test_its_settings_are_the_keywords_of_another_training(photos: Path, tmp_path: Path) -> None:
    run = kit.load(RUN)
    other = {"folder": photos, "output": tmp_path / "run", "last_epoch": 2, "check": False}

    again = kit.train(**{**run.settings, **other})

    rates = run.history["learning_rate"][:2]
    np.testing.assert_allclose(again.history["learning_rate"], rates, rtol=1e-5)
    was, now = (Training().having(**one.settings).flat() for one in (run, again))
    assert {name for name in run.settings if was[name] != now[name]} == {
        *("folder", "last_epoch", "check")
    }
