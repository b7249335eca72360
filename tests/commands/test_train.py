import json
import os
from pathlib import Path

import keras
import pandas as pd
import pytest
import yaml
from plain_keras import foreign_classes

from kit import runs
from kit.commands.evaluate import evaluate
from kit.commands.predict import predict
from kit.commands.terminal import program
from kit.commands.train import train
from kit.experiments.choice.plan import plan
from kit.settings import Training
from kit.settings.stored import read_settings

pytestmark = pytest.mark.usefixtures("eagerly", "sketched")

ROOT = Path(__file__).parents[2]
QUICK = ["--image-size", "12", "--epochs", "2", "--set", "filters=[4]", "--set", "dense=[8]"]
QUICK += ["--no-check"]  # tests/commands/test_check.py has runs with checks


def listing(folder: Path) -> list[tuple[str, int, int]]:
    return sorted(
        (str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")
    )


@pytest.fixture(scope="module")
def trained(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("models") / "one"
    before = listing(photos)
    program(train, [str(photos), *QUICK, "--test-split", "0.2", "--output", str(run)])
    assert listing(photos) == before
    return run


def failure(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        program(train, arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


def test_a_run_holds_what_its_page_says(trained: Path) -> None:
    parts = ("validation", "test")
    expected = {"model.keras", "run.yaml", "run.json", "history.csv", "split.csv"}
    expected |= {"metrics.json", "predictions.csv", "figures", "report.html", "README.md"}
    expected |= {f"{table}_{part}.csv" for table in ("classes", "confusion") for part in parts}
    page = (ROOT / "models" / "README.md").read_text("utf-8")

    assert set(os.listdir(trained)) == expected
    pictures = {"samples", "augmentation", "network", "curves"}
    pictures |= {f"confusion_{part}" for part in parts}
    assert set(os.listdir(trained / "figures")) == {f"{name}.png" for name in pictures}
    assert all(name.partition("_")[0] in page for name in expected)


def test_the_metrics_are_those_of_the_saved_model_on_the_saved_split(trained: Path) -> None:
    metrics = json.loads((trained / "metrics.json").read_text())
    predictions = pd.read_csv(trained / "predictions.csv")
    split = pd.read_csv(trained / "split.csv")

    keys = "images accuracy accuracy_low accuracy_high majority_baseline balanced_accuracy"
    assert set(metrics["validation"]) == {*keys.split(), "macro_f1", "loss"}
    assert {"seconds", "cpu_seconds"} <= set(metrics)
    for part in ("validation", "test"):
        rows = predictions[predictions["split"] == part]
        assert (rows["true"] == rows["predicted"]).mean() == metrics[part]["accuracy"]
        assert list(rows["file"]) == list(split[split["split"] == part]["file"])
        assert metrics[part]["images"] == len(rows)


def test_the_saved_model_loads_with_keras_alone(trained: Path) -> None:
    assert foreign_classes(trained / "model.keras") == []
    assert not keras.saving.load_model(trained / "model.keras").compiled


def test_the_settings_of_a_run_train_the_same_run_again(trained: Path, tmp_path: Path) -> None:
    program(train, ["--config", str(trained / "run.yaml"), "--output", str(tmp_path / "again")])

    columns = ["loss", "val_loss", "val_accuracy", "learning_rate"]
    first, second = (pd.read_csv(run / "history.csv") for run in (trained, tmp_path / "again"))
    pd.testing.assert_frame_equal(first[columns], second[columns], check_exact=True)
    one, other = (runs.load(run).settings for run in (trained, tmp_path / "again"))
    assert one == other
    assert None not in [one["epochs"], one["learning_rate"], one["image_size"], one["monitor"]]


def test_both_styles_of_a_sigmoid_head_train_to_equal_curves_and_name_two_classes(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "both"
    flags = ["--style", "both", "--tensorboard", "--set", "head=sigmoid"]
    program(train, [str(photos), *QUICK, *flags, "--output", str(run)])

    one, other = (pd.read_csv(run / f"history{end}.csv") for end in ("", "_sequential"))
    columns = ["loss", "val_loss", "accuracy"]
    pd.testing.assert_frame_equal(one[columns], other[columns], rtol=1e-4)
    assert list((run / "logs").rglob("events*"))
    attempts = json.loads((run / "metrics.json").read_text())["attempts"]
    assert set(attempts) == {"functional", "sequential"}
    assert set(pd.read_csv(run / "predictions.csv")["true"]) == {"قرمز red", "blue"}
    program(predict, [str(run), str(photos / "blue"), "--top", "2", "--csv", "-"])
    out = capsys.readouterr().out
    assert "قرمز red" in out[out.index("file,rank") :]


def test_repeats_start_from_other_weights_and_say_their_spread(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "repeated"
    program(train, [str(photos), *QUICK, "--repeats", "2", "--output", str(run)])

    one, other = (pd.read_csv(run / f"history{end}.csv") for end in ("", "_seed_43"))
    assert one["loss"][0] != other["loss"][0]
    said = capsys.readouterr().out
    assert "standard deviation" in said
    looks = len(one) + len(other)
    assert f"chosen from {looks} epochs of 2 trainings on these images, so optimistic" in said
    assert said.startswith("The weights of epoch ")


def test_a_run_scores_another_folder(
    trained: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program(evaluate, [str(trained), str(photos), "--output", str(tmp_path / "scores")])

    out = capsys.readouterr().out
    assert "48 images" in out
    assert "are also in the training or validation part" in out
    metrics = json.loads((tmp_path / "scores" / "metrics.json").read_text())
    assert metrics["test"]["images"] == 48


def test_a_folder_of_classes_the_model_does_not_know_is_refused(
    trained: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "green").mkdir()
    (tmp_path / "green" / "1.png").write_bytes((photos / "blue" / "00.png").read_bytes())
    with pytest.raises(SystemExit) as ended:
        program(evaluate, [str(trained), str(tmp_path)])

    assert ended.value.code == 3
    assert "green, which the model does not know" in capsys.readouterr().err


def test_predictions_name_every_file(
    trained: Path, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff no image")
    target = tmp_path / "out.json"
    paths = [str(photos / "blue" / "0[0-3].png"), str(tmp_path / "broken.jpg")]
    program(predict, [str(trained), *paths, "--top", "2", "--json", str(target)])

    found = json.loads(target.read_text("utf-8"))
    assert [Path(one["file"]).name for one in found["predictions"]] == [
        f"0{n}.png" for n in range(4)
    ]
    for one in found["predictions"]:
        assert sum(each["probability"] for each in one["classes"]) == pytest.approx(1, abs=1e-5)
    assert [Path(one["file"]).name for one in found["unreadable"]] == ["broken.jpg"]
    assert "4 images classified, 1 files not read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--architecture", "basic_cn"], 'Did you mean "basic_cnn"'),
        (["--set", "filter=[3]"], "filters"),
        (["--last-epoch", "2", "--repeats", "2"], "for a single training"),
        (["--seed", "5000000000"], "seed"),
        (["--loss", "hinges"], "hinge"),
    ],
)
def test_a_wrong_setting_ends_before_there_is_a_run(
    arguments: list[str],
    message: str,
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = tmp_path / "run"
    given = [str(photos), "--image-size", "12", *arguments, "--output", str(target)]
    ended, text = failure(given, capsys)

    assert ended == 2
    assert message in text
    assert not target.exists()


def test_a_run_is_not_written_into_the_data(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = failure([str(photos), "--output", str(photos / "blue" / "run")], capsys)

    assert code == 2
    assert "which is only read" in text


def test_a_run_that_exists_is_not_overwritten(
    trained: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = failure([str(photos), "--output", str(trained)], capsys)

    assert code == 2
    assert "--overwrite" in text


def test_an_interrupted_training_leaves_a_run_that_predicts(
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from kit import training

    original = training.fit

    class Interrupt(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            if epoch == 1:
                raise KeyboardInterrupt

    monkeypatch.setattr(
        training, "fit", lambda *args, **more: original(*args, callbacks=[Interrupt()], **more)
    )
    run = tmp_path / "run"
    code, text = failure([str(photos), *QUICK, "--output", str(run)], capsys)

    assert code == 130
    assert "ready to predict with" in text
    assert len(pd.read_csv(run / "history.csv")) == 1
    program(predict, [str(run), str(photos / "blue" / "00.png")])


def test_the_default_name_of_a_run_is_its_folder_and_architecture(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("models/photos-basic_cnn").mkdir(parents=True)

    assert plan(Training().having(folder=photos)).target == Path("models/photos-basic_cnn-2")


def test_a_run_says_its_settings_in_groups(trained: Path, tmp_path: Path) -> None:
    tree = yaml.safe_load((trained / "run.yaml").read_text("utf-8"))

    assert (tree["duration"]["epochs"], tree["images"]["image_size"]) == (2, [12, 12])
    assert tree["network"]["settings"]["filters"] == [4]
    flat = tmp_path / "flat.yaml"  # as version 0.1 wrote it
    flat.write_text(yaml.safe_dump(runs.load(trained).settings, sort_keys=False), "utf-8")
    assert read_settings(Training, flat) == read_settings(Training, trained / "run.yaml")
