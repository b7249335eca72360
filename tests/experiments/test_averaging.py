"""Answers averaged over runs and mirror images, beside the means by hand."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import kit
from kit.commands.evaluate import evaluate
from kit.commands.predict import predict
from kit.commands.terminal import program
from kit.errors import SettingError
from kit.experiments.answers import averaging


@pytest.fixture(scope="module")
def other(run: Path) -> Path:
    """Return a run that names the same classes in another order, and so answers otherwise."""
    other = shutil.copytree(run, run.parent / "other")
    facts = json.loads((other / "run.json").read_text("utf-8"))
    facts["class_names"] = facts["class_names"][::-1]
    (other / "run.json").write_text(json.dumps(facts), "utf-8")
    return other


@pytest.fixture(scope="module")
def images(run: Path) -> Path:
    return run.parent / "digits three"


def probabilities(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each image and a column for each class."""
    return table.pivot(index="file", columns="class", values="probability")


def test_several_runs_answer_with_the_mean_of_their_probabilities(
    run: Path, other: Path, images: Path
) -> None:
    alone = [probabilities(kit.predict(one, images, top=3).table) for one in (run, other)]
    together = kit.predict(run, [other, images], top=3).table

    expected = (alone[0] + alone[1]) / 2
    pd.testing.assert_frame_equal(probabilities(together), expected, atol=2e-6)
    found = kit.evaluate(kit.load(run), [kit.load(other), images])
    best = together[together["rank"] == 1].reset_index(drop=True)
    assert list(found.predictions["predicted"]) == list(best["class"])
    np.testing.assert_allclose(found.predictions["probability"], best["probability"], atol=2e-6)
    scores = [kit.evaluate(one, images).scores.accuracy for one in (run, other)]
    told = f"accuracy of each run alone: run {scores[0]:.3f}, other {scores[1]:.3f}"
    assert told in found.sentences


def test_a_mirror_image_is_asked_about_where_the_run_learned_from_such(
    run: Path, images: Path, tmp_path: Path
) -> None:
    for path in sorted(images.rglob("*.png")):
        turned = tmp_path / "turned" / path.relative_to(images)
        turned.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(path) as image:
            image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(turned)

    both = kit.predict(run, images, top=3, mirrored=True).table

    alone = [
        probabilities(kit.predict(run, one, top=3).table) for one in (images, turned.parents[1])
    ]
    expected = (alone[0].to_numpy() + alone[1].to_numpy()) / 2
    np.testing.assert_allclose(probabilities(both).to_numpy(), expected, atol=2e-6)
    found = kit.evaluate(run, images, mirrored=True)
    best = both[both["rank"] == 1]
    np.testing.assert_allclose(found.predictions["probability"], best["probability"], atol=2e-6)
    assert "the mean with its mirror image" in found.sentences[-2]


def test_what_cannot_be_averaged_is_said(run: Path, images: Path, tmp_path: Path) -> None:
    plain = shutil.copytree(run, tmp_path / "plain")
    text = (plain / "run.yaml").read_text("utf-8")
    (plain / "run.yaml").write_text(text.replace("flip: true", "flip: false"), "utf-8")
    for ask in (kit.evaluate, kit.predict):
        with pytest.raises(SettingError, match="plain was trained without any: a mirrored digit"):
            ask(plain, images, mirrored=True)
    with pytest.raises(SettingError, match="comes last; after the runs came: nothing"):
        kit.evaluate(run, run)
    with pytest.raises(SettingError, match="explain explains the answers of one run"):
        kit.predict(run, [run, images], explain=tmp_path / "why")
    strange = shutil.copytree(run, tmp_path / "strange")
    facts = json.loads((strange / "run.json").read_text("utf-8"))
    facts["class_names"][0] = "nil"
    (strange / "run.json").write_text(json.dumps(facts), "utf-8")
    with pytest.raises(SettingError, match=r"only .*strange has nil"):
        kit.predict(run, [strange, images])
    with pytest.raises(
        SettingError, match="b returns scores, and only probabilities can be averaged"
    ):
        averaging.check_probabilities({"a": True, "b": False})
    averaging.check_probabilities({"b": False})  # alone it may


@pytest.mark.parametrize(
    ("settings", "saw"),
    [
        ({"augmentation": "light", "flip": "yes"}, True),
        ({"augmentation": "light", "flip": True}, True),  # as version 0.1 wrote it
        ({"augmentation": "light", "flip": "no"}, False),
        ({"augmentation": "none", "flip": "yes"}, False),
        ({"augmentation": "none", "augment": {"RandomFlip": {"mode": "horizontal"}}}, True),
        ({"augmentation": "light", "flip": "yes", "augment": {"RandomFlip": "vertical"}}, False),
        ({}, False),
    ],
)
def test_a_run_s_settings_tell_whether_it_saw_mirror_images(
    settings: dict[str, object], saw: bool
) -> None:
    assert averaging.saw_mirror_images(settings) is saw


def test_the_programs_take_runs_before_images(
    run: Path, other: Path, images: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "scores"
    program(evaluate, [str(run), str(other), str(images), "--output", str(output)])
    out = capsys.readouterr().out
    assert (output / "metrics.json").is_file()
    assert "accuracy of each run alone: run " in out
    assert "the mean of 2 runs" in out
    program(predict, [str(run), str(other), str(images / "null"), "--top", "1"])
    assert capsys.readouterr().out.count("null/") == 20
    with pytest.raises(SystemExit):
        program(predict, [str(images), str(run)])
    assert "the run comes first" in capsys.readouterr().err
