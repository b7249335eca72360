"""The worst mistakes with the evidence for each class, and the most similar training images."""

import json
from pathlib import Path

import html_pages
import made_up_runs
import pandas as pd
import pytest

import kit
from kit.commands.report import report
from kit.commands.terminal import program
from kit.reporting import reasons

NUMBERS = ("probability", "true_probability", "second_probability")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return made_up_runs.stored(tmp_path)


def alternatives(run: Path, **settings: bool) -> list[str]:
    page = html_pages.read(kit.report(run, **settings))
    texts = [one["alt"] for one in page.all("img")]
    return [text for text in texts if not text.endswith(".png")]


def test_a_mistake_has_a_heat_map_for_each_class_and_four_training_images(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = alternatives(run)

    heats = [text for text in found if text.startswith("Evidence for")]
    assert heats == [f"Evidence for {name}" for name in ("null", "two words", "یک", "two words")]
    assert len(found) - len(heats) == 2 * reasons.LIKE
    assert {*found} - {*heats} <= {"null", "two words", "یک"}
    assert "2 mistakes explained for the report" in capsys.readouterr().err


def test_training_images_are_looked_through_up_to_a_number_that_is_said(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reasons, "MOST", 3)

    page = html_pages.read(kit.report(run))

    assert any(", of 3 drawn at random from 48" in text for text in page.texts)


def test_without_heat_maps_the_network_is_not_loaded(run: Path) -> None:
    (run / "model.keras").write_bytes(b"none")

    assert alternatives(run, heat_maps=False) == []
    assert "not explained" not in (run / "report.html").read_text("utf-8")
    program(report, [str(run)])
    assert "not explained" in (run / "report.html").read_text("utf-8")
    program(report, [str(run), "--no-heat-maps"])
    assert "not explained" not in (run / "report.html").read_text("utf-8")


def test_a_network_that_cannot_be_loaded_is_named_and_the_mistakes_stay(run: Path) -> None:
    (run / "model.keras").write_bytes(b"none")

    page = html_pages.read(kit.report(run))

    assert any(text.startswith("The mistakes are not explained") for text in page.texts)
    assert "two words/04.png" in {one["alt"] for one in page.all("img")}


def test_a_network_without_a_map_has_neighbours_and_no_word_of_heat(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.explanation.has_map", lambda model: False)

    found = alternatives(run)

    assert len(found) == 2 * reasons.LIKE
    assert "yellow" not in (run / "report.html").read_text("utf-8")


def test_without_the_training_images_there_are_heat_maps_alone(run: Path) -> None:
    (run / "split.csv").unlink()

    assert [text[:13] for text in alternatives(run)] == ["Evidence for "] * 4


def test_answers_of_models_that_are_gone_are_not_explained(run: Path) -> None:
    metrics = json.loads((run / "metrics.json").read_text("utf-8"))
    metrics["cross_validation"] = metrics["validation"]
    (run / "metrics.json").write_text(json.dumps(metrics), "utf-8")
    (run / "predictions.csv").rename(run / "predictions_out_of_fold.csv")

    assert alternatives(run) == []


def test_label_and_second_answer_stand_with_their_probabilities(tmp_path: Path) -> None:
    run = made_up_runs.write(tmp_path / "run", tmp_path)
    table = pd.read_csv(run / "predictions.csv")
    worst = table[table["true"] != table["predicted"]].sort_values("probability").iloc[-1]
    said = [f"{100 * worst[name]:.1f} %" for name in NUMBERS]

    page = html_pages.read(kit.report(run))
    place = page.texts.index("Answer:")
    shown = " ".join(page.texts[place : place + 8])

    assert f"Answer: {worst['predicted']} , {said[0]}" in shown
    assert f"Label: {worst['true']} , {said[1]}" in shown
    assert ("Second answer:" in shown) == (worst["second"] != worst["true"])
