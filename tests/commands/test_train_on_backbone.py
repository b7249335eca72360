"""Training on a backbone and the choice of the network, from the command line."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kit import runs
from kit.commands.baseline import baseline
from kit.commands.predict import predict
from kit.commands.terminal import program
from kit.commands.train import train

STORED = Path(__file__).parents[1] / "stored_run_0.1"

pytestmark = pytest.mark.usefixtures("eagerly", "sketched")


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
    message = "which is only read" if inside else "is not a folder of images"
    assert message in capsys.readouterr().err
    assert not (more / "run").exists()


def test_a_run_on_a_backbone_repeats_from_its_settings(
    large: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, again = tmp_path / "run", tmp_path / "again"
    quick = ["--image-size", "32", "--epochs", "2", "--augmentation", "light"]
    quick += ["--no-check"]  # this backbone's random weights tell no image from another
    tuned = ["--fine-tune", "1", "--fine-tune-epochs", "1", "--views", "2"]
    program(train, [str(large), *quick, *tuned, "--output", str(run)])
    assert "The backbone ends with conv_pw_13_relu (1 x 1 x 256)" in capsys.readouterr().err

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


def test_a_head_is_solved_where_nothing_asks_for_epochs(
    large: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, again = tmp_path / "run", tmp_path / "again"
    program(train, [str(large), "--image-size", "32", "--no-check", "--output", str(run)])
    printed = capsys.readouterr()

    assert "The head" in printed.err
    assert "Diagnosis" not in printed.out  # nobody was to look
    assert "optimistic" not in printed.out  # validation images chose nothing
    history, penalties = (pd.read_csv(run / f"{name}.csv") for name in ("history", "penalties"))
    assert len(history) == 1
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(history)
    assert penalties["loss"].min() < penalties["loss"].iloc[0] or len(penalties) > 2
    assert (run / "figures" / "head_penalties.png").is_file()
    assert not (run / "figures" / "curves.png").exists()
    settings = runs.load(run).settings
    assert settings["solve_head"] == "yes"
    assert settings["epochs"] is None
    program(train, ["--config", str(run / "run.yaml"), "--no-check", "--output", str(again)])
    assert (again / "penalties.csv").read_bytes() == (run / "penalties.csv").read_bytes()
    columns = ["loss", "val_loss"]
    repeated = pd.read_csv(again / "history.csv")[columns]
    pd.testing.assert_frame_equal(repeated, history[columns], check_exact=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--backbone", "MobileNet", "--solve-head", "yes", "--epochs", "3"],
            "--epochs applies to",
        ),
        (["--architecture", "inception", "--solve-head", "yes"], "--solve-head solves the head"),
        (["--backbone", "MobilNet"], 'Did you mean "MobileNet"'),
        (["--backbone", "MobileNet", "--architecture", "inception"], "leave out --architecture"),
        (["--weights", "none", "--architecture", "inception"], "--weights belong to"),
        (["--weights", "none"], "auto chose none, because 100 % of the images"),
        (["--backbone", "nowhere.keras"], "there is no file nowhere.keras"),
        (["--fine-tune", "3"], "--fine-tune applies to a pretrained backbone"),
        (["--views", "2"], "--views applies to a pretrained backbone"),
        (["--backbone", "MobileNet", "--views", "2", "--augmentation", "none"], "--views must be"),
        (
            ["--backbone", "MobileNet", "--weights", "none.h5", "--image-size", "32"],
            "there is no file",
        ),
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
    given = ["--backbone", str(STORED), "--methods", "knn", "--output", str(tmp_path / "scores")]
    program(baseline, [str(photos), *given])

    assert "baselines on a network's features" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "scores" / "metrics.json").read_text())
    assert metrics["knn"]["validation"]["images"] == 10
