"""A run in Python: from ``kit.train`` or from ``kit.load``, it offers the same."""

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

import kit
from kit import runs
from kit.errors import KitError, SettingError
from kit.experiments.run import Run
from kit.settings import Training
from kit.settings.stored import settings_text

STORED = Path(__file__).parents[1] / "stored_run_0.1"
QUICK = {"image_size": (12,), "epochs": 2, "settings": ("filters=[4]", "dense=[8]")}

pytestmark = pytest.mark.usefixtures("eagerly", "sketched")


@pytest.fixture(scope="module")
def trained(
    photos: Path, tmp_path_factory: pytest.TempPathFactory, eagerly: None, sketched: None
) -> Run:
    folder = tmp_path_factory.mktemp("models") / "<b>one"
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        run = kit.train(str(photos), **QUICK, test_split=0.2, output=str(folder))
    assert out.getvalue() == "", "progress goes to stderr"
    assert "epoch   1/2" in err.getvalue()
    assert not {"\x1b", "\r"} & set(err.getvalue()), "what is no terminal gets plain lines"
    assert run.folder == folder
    return run


def test_a_run_has_what_its_training_reached(trained: Run, photos: Path) -> None:
    metrics = json.loads((trained.folder / "metrics.json").read_text("utf-8"))

    assert set(trained.scores) == {"validation", "test"}
    for part, scores in trained.scores.items():
        assert scores.summary() == metrics[part]
        kept = pd.read_csv(trained.folder / f"confusion_{part}.csv").to_numpy()[:, 1:]
        np.testing.assert_array_equal(scores.confusion, kept.astype(int))
        table = pd.read_csv(trained.folder / f"classes_{part}.csv")
        pd.testing.assert_frame_equal(scores.per_class, table)
    assert list(trained.history["epoch"]) == [1, 2]
    assert trained.class_names == ("blue", "قرمز red")
    assert {"curves", "network", "confusion_test"} <= set(trained.figures)
    assert trained.diagnosis is not None
    assert trained.diagnosis.summary in trained.lines()[len(trained.sentences)]
    assert isinstance(trained.model, keras.Model)


def test_a_run_that_is_loaded_offers_what_the_training_gave(trained: Run) -> None:
    loaded = kit.load(str(trained.folder))

    assert repr(loaded) == repr(trained)
    assert loaded.lines() == trained.lines()
    assert loaded._repr_html_() == trained._repr_html_()
    assert loaded.scores["test"].summary() == trained.scores["test"].summary()


def test_the_settings_of_a_run_are_the_keywords_of_a_training(trained: Run) -> None:
    again = Training().having(**trained.settings)
    again.verify()

    kept = (trained.folder / runs.SETTINGS).read_text("utf-8")
    assert settings_text(again.flat(), Training) == kept


def test_a_run_predicts_and_is_scored_on_other_images(trained: Run, photos: Path) -> None:
    answers = trained.predict([photos / "blue" / "00.png"], top=2).table
    split = pd.read_csv(trained.folder / "split.csv")

    assert set(answers["class"]) == {"blue", "قرمز red"}
    assert trained.evaluate(photos).scores.images == len(split)


def test_a_page_shows_a_run_without_the_markup_of_names(trained: Run) -> None:
    shown = trained._repr_html_()

    assert "&lt;b&gt;one" in shown
    assert "<b>" not in shown
    assert "data:image/png;base64," in shown
    assert trained.scores["validation"].class_names[0] in shown


def test_a_run_of_version_0_1_has_its_scores_in_sentences(tmp_path: Path) -> None:
    run = kit.load(STORED)

    assert run.scores["validation"].confusion.sum() == 12
    assert run.sentences[0].startswith("validation: 0.833 (95 % interval 0.552 to 0.953, 12 images")
    assert "chosen from 30 epochs" in run.sentences[0]
    assert run.diagnosis is None
    assert not run.next_steps
    assert run.figures == {}
    assert run._repr_html_().startswith("<div><h4>")
    copy = shutil.copytree(STORED, tmp_path / "copy")
    (copy / "metrics.json").write_text("{", "utf-8")
    with pytest.raises(SettingError, match=r"metrics\.json is damaged"):
        _ = kit.load(copy).scores


def test_an_interrupted_run_has_no_scores_yet(tmp_path: Path) -> None:
    copy = shutil.copytree(STORED, tmp_path / "copy")
    (copy / "metrics.json").unlink()

    run = kit.load(copy)

    assert (run.scores, run.sentences) == ({}, ())
    assert len(run.history) == 30


def test_a_run_that_was_moved_says_so_and_does_not_pass_for_one_without_scores(
    tmp_path: Path,
) -> None:
    run = kit.load(shutil.copytree(STORED, tmp_path / "copy"))
    run.folder.rename(tmp_path / "moved")

    for asked in ("scores", "history", "sentences", "diagnosis", "next_steps", "figures"):
        with pytest.raises(SettingError, match="copy: the run is no longer there"):
            getattr(run, asked)
    assert kit.load(tmp_path / "moved").scores


def test_a_page_shows_words_that_are_markup_as_text(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>\n\u202e"
    copy = shutil.copytree(STORED, tmp_path / "<script>\u202e")
    (copy / "metrics.json").write_text(json.dumps({"sentences": [hostile]}), "utf-8")
    found = dict.fromkeys(("cause", "severity", "sentence", "evidence"), hostile)
    kept = {"summary": hostile, "findings": [found], "next_steps": [{"text": hostile}]}
    (copy / "diagnosis.json").write_text(json.dumps(kept), "utf-8")

    shown = kit.load(copy)._repr_html_()

    assert shown.count("&lt;script&gt;") == 6
    assert not [mark for mark in ("<script", "\u202e", "\n") if mark in shown]


def test_a_training_that_fails_late_carries_what_it_had_reached(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kit.experiments.trainings import explaining, overview, record, scoring, trained_networks

    def train_all(plan: object, models: object, divided: object, run: Path, start: float) -> None:
        (run / runs.MODEL).touch()

    def score_all(*given: Any) -> None:
        given[-1].append("validation: 0.9")

    def fail(*_: object, **__: object) -> None:
        raise KitError("the disk is full")

    for place, name in ((overview, "draw"), (explaining, "check_start")):
        monkeypatch.setattr(place, name, lambda *_: None)
    monkeypatch.setattr(trained_networks, "train_all", train_all)
    monkeypatch.setattr(scoring, "score_all", score_all)
    monkeypatch.setattr(explaining, "diagnose", lambda *given: given[-1].append("Diagnosis: well"))
    monkeypatch.setattr(record, "finish", fail)
    with pytest.raises(KitError, match="the disk is full") as raised:
        kit.train(photos, **QUICK, output=tmp_path / "run")

    assert raised.value.__notes__ == ["validation: 0.9\nDiagnosis: well"]
    assert (tmp_path / "run" / runs.MODEL).is_file()
