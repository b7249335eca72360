"""Searches as a user starts them: small ones, from the first trial to the run of the winner."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from kit import architectures, runs, search
from kit.architectures.backbones import trunks
from kit.commands.predict import predict
from kit.commands.terminal import program
from kit.commands.train import train
from kit.commands.tune import tune
from kit.experiments.searches import winner as last
from kit.experiments.searches import workers
from kit.experiments.searches.record import is_finished
from kit.settings import Training

pytestmark = pytest.mark.usefixtures("eagerly", "sketched")

SMALL = ["--trials", "4", "--stages", "1", "--finalists", "1", "--seeds", "1", "--epochs", "2"]
NETWORK = ["--architecture", "basic_cnn", "--set", "filters=[4]", "--test-split", "0.2"]
NETWORK += ["--monitor", "val_loss"]  # ten images do not show who does better than guess
RANGES = ["--search", "dropout=0:0.5", "--search", "batch_size=8,16", "--search", "image_size=8,10"]
RANGES += ["--search", "augmentation=none,light", "--learning-rate", "0.2"]
ONE_SIZE = ["--image-size", "8", "--augmentation", "none"]


def failure(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        program(tune, arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


def table(folder: Path) -> pd.DataFrame:
    found = pd.read_csv(folder / "trials.csv")
    timed = [name for name in found if "seconds" in name]
    return found.drop(columns=timed)[sorted(set(found) - set(timed))]


@pytest.fixture(scope="module")
def searched(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "search"
    program(tune, [str(photos), *NETWORK, *RANGES, *SMALL, "--output", str(folder)])
    return folder


@pytest.fixture
def copied(searched: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(searched, tmp_path / "search"))


def test_a_search_ends_with_its_trials_and_the_best_run(searched: Path) -> None:
    trials = pd.read_csv(searched / "trials.csv")
    facts = json.loads((searched / "best" / "run.json").read_text("utf-8"))
    settings = runs.load(searched / "best").settings
    winner = trials.iloc[-1]

    assert len(trials) == 5
    assert set(trials["batch_size"]) <= {8, 16}
    assert set(trials["image_size"]) == {8, 10}
    assert trials["dropout"].between(0, 0.5).all()
    for name in ("dropout", "batch_size", "augmentation"):
        assert settings[name] == winner[name]
    assert settings["image_size"] == 2 * [winner["image_size"]]
    assert settings["last_epoch"] == winner["best_epoch"]
    assert facts["finished"]
    looks = trials["epochs"].sum()
    assert looks > len(trials)
    assert facts["search"] == {"folder": str(searched), "looks": looks, "test_scored": 1}


def test_the_division_of_the_best_run_is_that_of_the_trials(searched: Path) -> None:
    first, second = (path.read_bytes() for path in searched.glob("**/split.csv"))

    assert first == second


def test_the_best_run_has_the_weights_of_the_last_epoch_and_predicts(
    searched: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history = pd.read_csv(searched / "best" / "history.csv")
    metrics = json.loads((searched / "best" / "metrics.json").read_text("utf-8"))
    program(predict, [str(searched / "best"), str(photos / "blue" / "00.png")])

    assert metrics["validation"]["accuracy"] == pytest.approx(history["val_accuracy"].iloc[-1])
    assert "blue" in capsys.readouterr().out


def test_the_settings_of_the_best_run_train_it_again(searched: Path, tmp_path: Path) -> None:
    best, again = searched / "best", tmp_path / "again"
    program(train, ["--config", str(best / "run.yaml"), "--no-check", "--output", str(again)])

    columns = ["loss", "val_loss", "val_accuracy", "learning_rate"]
    first, second = (pd.read_csv(run / "history.csv") for run in (best, again))
    pd.testing.assert_frame_equal(first[columns], second[columns], check_exact=True)


def test_a_search_that_is_complete_is_told_again_and_not_trained_again(
    copied: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kit import training

    def trained(*_: object, **__: object) -> None:
        raise AssertionError("something is trained")

    monkeypatch.setattr(training, "fit", trained)
    monkeypatch.setattr(training, "fit_span", trained)
    program(tune, ["--resume", "--output", str(copied)])

    out = capsys.readouterr().out
    assert "Best: " in out
    assert "Train with the best settings" in out


def test_a_search_begun_from_a_settings_file_and_interrupted_goes_on_to_the_same_end(
    searched: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[int] = []
    original = workers.run_trial

    def interrupted(*arguments: Any) -> Callable[..., search.Outcome]:
        run_trial = original(*arguments)

        def run(job: search.Job, report: search.Report) -> search.Outcome:
            if len(done) == 2:
                raise KeyboardInterrupt
            done.append(job.trial)
            return run_trial(job, report)

        return run

    folder = tmp_path / "search"
    with monkeypatch.context() as patch:
        patch.setattr(workers, "run_trial", interrupted)
        config = str(searched / "search.yaml")
        code, text = failure(["--config", config, "--output", str(folder)], capsys)
    assert code == 130
    assert f"--resume --output {folder}" in text
    assert len(list((folder / "trials").glob("*.json"))) == 2
    assert not (folder / "best").exists()
    # That its settings train it again is shown elsewhere.
    monkeypatch.setattr(last, "_train", lambda _, run, __: shutil.copytree(searched / "best", run))
    program(tune, ["--resume", "--output", str(folder)])

    pd.testing.assert_frame_equal(table(searched), table(folder), check_exact=True)
    for name in ("search.yaml", "best.yaml"):
        assert (folder / name).read_text("utf-8") == (searched / name).read_text("utf-8").replace(
            str(searched), str(folder)
        )


def test_a_search_does_not_go_on_with_other_images_and_names_them(
    copied: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Path(shutil.copytree(photos, tmp_path / "photos"))
    (other / "blue" / "00.png").rename(other / "blue" / "new.png")
    Image.fromarray(np.zeros((20, 24, 3), np.uint8)).save(other / "blue" / "01.png")
    code, text = failure([str(other), "--resume", "--output", str(copied)], capsys)

    assert code == 2
    assert "1 new (blue/new.png), 1 gone (blue/00.png), 1 changed (blue/01.png)" in text


def test_a_winner_whose_scores_cannot_be_read_is_not_finished(copied: Path) -> None:
    assert is_finished(copied / "best")
    for left in ("", "{", "[1]"):
        (copied / "best" / "metrics.json").write_text(left)
        assert not is_finished(copied / "best")


def test_two_processes_do_not_go_on_with_one_search(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with runs.alone(copied):
        code, text = failure(["--resume", "--output", str(copied)], capsys)

    assert code == 2
    assert "Another process is using" in text


def test_a_search_is_not_overwritten(
    searched: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = failure([str(photos), *NETWORK, "--output", str(searched)], capsys)

    assert code == 2
    assert "never overwritten" in text


def test_the_winner_can_be_trained_on_the_validation_images_too(
    copied: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(copied / "best")
    program(tune, ["--resume", "--use-validation", "--output", str(copied)])

    out = capsys.readouterr().out
    best = copied / "best"
    metrics = json.loads((best / "metrics.json").read_text("utf-8"))
    parts = pd.read_csv(best / "split.csv")["split"].value_counts()
    assert "validation" not in {*metrics, *parts.index}
    assert "test" in metrics
    assert not [name for name in pd.read_csv(best / "history.csv") if name.startswith("val_")]
    assert "Diagnosis" not in out
    assert "trained on the validation images" in out


def test_a_search_without_a_feasible_trial_says_so(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    absurd = ["--search", "learning_rate=1e25:1e30", "--optimizer", "sgd"]
    few = ["--trials", "4", "--stages", "1", "--finalists", "1", "--seeds", "1", "--epochs", "1"]
    given = [str(photos), *NETWORK, *ONE_SIZE, *absurd, *few]
    given += ["--output", str(tmp_path / "search")]
    with pytest.raises(SystemExit) as ended:
        program(tune, given)

    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert "no best run" in printed.err
    assert printed.out
    assert not (tmp_path / "search" / "best").exists()


def test_a_search_that_learned_nothing_has_its_report(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    network = [*NETWORK[:-2], *ONE_SIZE, "--learning-rate", "1e-6"]
    given = [str(photos), *network, "--search", "dropout=0:0.5", *SMALL]

    code, told = failure([*given, "--output", str(tmp_path / "search")], capsys)

    assert code == 1
    assert "No trial is clearly better than guessing" in told
    assert "Trial by trial" in (tmp_path / "search" / "report.html").read_text("utf-8")


def test_the_network_is_searched_from_python_without_a_word_on_stdout(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import kit

    tuned = kit.tune(
        str(photos),
        search={"architecture": "linear,pointwise", "learning_rate": "1e-3:1e-1"},
        output=str(tmp_path / "search"),
        **{"trials": 4, "stages": 1, "finalists": 1, "seeds": 1, "epochs": 1},
        **{"image_size": 8, "augmentation": "none", "monitor": "val_loss"},
    )

    assert capsys.readouterr().out == ""
    assert set(tuned.table["architecture"]) == {"linear", "pointwise"}
    assert tuned.best.settings["architecture"] == tuned.values["architecture"]
    again = Training().having(**tuned.settings)
    assert again.network.architecture == tuned.values["architecture"]
    assert again.optimization.learning_rate == tuned.values["learning_rate"]
    assert {"settings", "map"} <= tuned.figures.keys()
    assert "Best: " in tuned._repr_html_()
    assert tuned.best.folder == tmp_path / "search" / "best"


def test_heads_are_searched_on_features_and_no_trial_builds_the_backbone(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = architectures.build("basic_cnn", (16, 16, 3), 2, filters=[4, 8], stem="none")
    source.save(tmp_path / "model.keras")
    built: list[int] = []
    at_trials: list[int] = []
    load, run_trial = trunks.saved, workers.run_trial

    def counted(*arguments: Any, **more: Any) -> Any:
        built.append(1)
        return load(*arguments, **more)

    def noted(*arguments: Any) -> Callable[..., search.Outcome]:
        run = run_trial(*arguments)

        def noting(job: search.Job, report: search.Report) -> search.Outcome:
            outcome = run(job, report)
            at_trials.append(len(built))
            return outcome

        return noting

    monkeypatch.setattr(trunks, "saved", counted)
    monkeypatch.setattr(workers, "run_trial", noted)
    folder = tmp_path / "search"
    ranges = ["--search", "dropout=0:0.5", "--search", "dense=[],[4]"]
    given = [str(photos), "--backbone", str(tmp_path / "model.keras"), "--image-size", "16"]
    given += ["--monitor", "val_loss"]
    program(tune, [*given, *ranges, *SMALL, "--epochs", "1", "--output", str(folder)])

    assert set(at_trials) == {1}  # for the features
    assert len(built) > 1  # for the run of the winner
    assert len(pd.read_csv(folder / "trials.csv")) >= 4
    layers = [layer.name for layer in keras.saving.load_model(folder / "best/model.keras").layers]
    assert "backbone" in layers
