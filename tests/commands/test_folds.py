"""Cross-validation from the command line."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from kit import data, evaluation, runs
from kit.commands.terminal import program
from kit.commands.train import train
from kit.intervals import standard_error

pytestmark = pytest.mark.usefixtures("eagerly", "sketched")

PLAIN = ["--image-size", "12", "--epochs", "2", "--augmentation", "none", "--no-check"]
LINEAR = [*PLAIN, "--architecture", "linear"]
QUICK = [*PLAIN, "--set", "filters=[4]", "--set", "dense=[8]"]
ENDS = ("", "_fold_2")  # of the names of history files


@pytest.fixture(scope="module")
def validated(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("models") / "folds"
    program(
        train, [str(photos), *LINEAR, "--folds", "2", "--test-split", "0.2", "--output", str(run)]
    )
    return run


def failure(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(SystemExit) as ended:
        program(train, arguments)
    assert isinstance(ended.value.code, int)
    return ended.value.code, capsys.readouterr().err


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_every_image_but_the_test_images_is_answered_once(validated: Path) -> None:
    answers = table(validated / "predictions_out_of_fold.csv")
    split = table(validated / "split.csv")
    rest = split[split["split"] != "test"]

    assert {"file", "true", "predicted", "probability", "fold"} <= {*answers.columns}
    assert list(answers["file"]) == list(rest["file"])
    assert list(answers["fold"]) == list(rest["fold"])
    assert list(answers["true"]) == list(rest["class"])
    assert set(split[split["split"] == "test"]["fold"]) == {""}
    assert set(answers["fold"]) == {"1", "2"}


def test_the_metrics_are_those_of_the_table(validated: Path) -> None:
    found = json.loads((validated / "metrics.json").read_text())["cross_validation"]
    answers = table(validated / "predictions_out_of_fold.csv")
    right = answers["true"] == answers["predicted"]

    assert found["images"] == len(answers)
    assert found["accuracy"] == pytest.approx(right.mean())
    assert found["fold_accuracies"] == pytest.approx(list(right.groupby(answers["fold"]).mean()))
    assert found["fold_mean"] == pytest.approx(np.mean(found["fold_accuracies"]))
    assert found["accuracy_low"] < found["accuracy"] <= found["accuracy_high"]
    assert found["majority_baseline"] == pytest.approx(0.5, abs=0.05)
    last = [pd.read_csv(validated / f"history{end}.csv")["val_accuracy"].iloc[-1] for end in ENDS]
    assert found["last_epoch_accuracy"] == pytest.approx(
        np.average(last, weights=answers.groupby("fold").size()), abs=1e-6
    )


def test_the_kept_model_is_that_of_the_best_fold_and_the_list_says_its_parts(
    validated: Path, photos: Path
) -> None:
    run = runs.load(validated)
    number = run.facts["kept"].removeprefix("fold ")
    metrics = json.loads((validated / "metrics.json").read_text())
    split = table(validated / "split.csv")
    answers = table(validated / "predictions_out_of_fold.csv")
    kept = answers[answers["fold"] == number]

    best = max(metrics["attempts"].values())
    error = standard_error(best, [len(kept)], balanced=False)
    assert metrics["attempts"][f"fold {number}"] >= best - error - 1e-6
    assert list(split[split["split"] == "validation"]["file"]) == list(kept["file"])
    assert run.facts["data"]["images"]["validation"] == len(kept)
    model = runs.load_model(run)
    splits = data.load(photos, 12, split=validated / "split.csv")
    rows = evaluation.probabilities(model, data.ordered_batches(splits, "validation"))
    names = [splits.class_names[number] for number in rows.argmax(axis=1)]
    assert names == list(kept["predicted"])
    assert rows.max(axis=1) == pytest.approx(kept["probability"].astype(float), abs=1e-4)


def test_each_fold_has_a_start_and_a_history_of_its_own(validated: Path) -> None:
    first = [pd.read_csv(validated / f"history{end}.csv")["loss"][0] for end in ENDS]
    assert first[0] != first[1]


def test_the_settings_of_a_run_cross_validate_the_same_again(
    validated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert runs.load(validated).settings["folds"] == 2
    program(train, ["--config", str(validated / "run.yaml"), "--output", str(tmp_path / "again")])

    for name in ("predictions_out_of_fold.csv", "split.csv", "run.yaml"):
        assert (tmp_path / "again" / name).read_bytes() == (validated / name).read_bytes()
    out = capsys.readouterr().out
    assert "cross-validation of 2 folds: " in out
    assert "accuracy of each fold: " in out
    assert "the cross-validation is the estimate" in out
    assert "test: " in out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--folds", "1"], 2, "--folds must be at least 2, not 1"),
        (["--folds", "3", "--repeats", "2"], 2, "leave out --repeats"),
        (["--folds", "3", "--style", "both"], 2, "leave out --style both"),
        (["--folds", "25"], 3, "(24). Use --folds 24, or add images"),
    ],
)
def test_folds_that_cannot_be_are_an_error_before_there_is_a_run(
    arguments: list[str],
    code: int,
    message: str,
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = tmp_path / "run"
    ended, text = failure([str(photos), *QUICK, *arguments, "--output", str(target)], capsys)

    assert ended == code
    assert message in text
    assert not target.exists()


def test_a_validation_part_that_is_given_is_not_mixed_with_the_rest(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for part in ("train", "val"):
        (tmp_path / "given").mkdir(exist_ok=True)
        (tmp_path / "given" / part).symlink_to(photos)
    rows = [f"{file.relative_to(photos)},{file.parent.name}" for file in photos.rglob("*.png")]
    parts = [f"{row},{'val' if n % 4 == 0 else 'train'}" for n, row in enumerate(rows)]
    (photos.parent / "parts.csv").write_text(
        "\n".join(["path,label,split", *(f"photos/{row}" for row in parts)]), "utf-8"
    )
    code, text = failure([str(photos.parent / "parts.csv"), *QUICK, "--folds", "3"], capsys)

    assert code == 3
    assert "sets the validation part, but --folds validates" in text


@pytest.fixture(scope="module")
def backbone(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("models") / "backbone"
    program(train, [str(photos), *QUICK, "--epochs", "1", "--output", str(run)])
    return run


def test_features_of_a_backbone_are_computed_once_for_all_folds_without_a_cache_too(
    backbone: Path,
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = tmp_path / "run"
    given = ["--backbone", str(backbone), "--epochs", "1", "--test-split", "0.2", "--no-check"]
    more = ["--folds", "2", "--views", "2", "--no-cache"]
    program(train, [str(photos), *given, *more, "--output", str(run)])

    err = capsys.readouterr().err
    assert err.count("Computing features: ") == 1
    assert err.count("Computing features of view 2: ") == 1
    answers = table(run / "predictions_out_of_fold.csv")
    split = table(run / "split.csv")
    assert list(answers["file"]) == list(split[split["split"] != "test"]["file"])


def test_a_head_learns_the_same_from_shared_features_as_from_its_own(
    backbone: Path, photos: Path
) -> None:
    from kit import architectures, training

    splits = data.load(photos, 12)
    each = data.folds(splits, 3)
    file = str(backbone / runs.MODEL)
    model = architectures.build("pretrained", splits.image_shape, 2, backbone=file)
    shared = training.shared_features(model, each, views=2)
    for one, part in zip(shared, each, strict=True):
        own = training.feature_splits(model, part, views=2, half=False)
        assert sorted(own.files[n] for n in own.parts["train"]) == sorted(
            one.files[n] for n in one.parts["train"]
        )
        for name in ("train", "validation"):
            rows, same = (x.images.read(x.parts[name]) for x in (one, own))
            np.testing.assert_allclose(rows, same, rtol=1e-5, atol=1e-6)
            assert [one.labels[n] for n in one.parts[name]] == [
                own.labels[n] for n in own.parts[name]
            ]


# A table in place of a folder


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A table beside one folder of unsorted pictures, red and blue."""
    rng = np.random.default_rng(0)
    (tmp_path / "unsorted").mkdir()
    rows = ["file,class,camera"]
    for number in range(40):
        pixels = rng.integers(0, 120, (12, 12, 3), dtype=np.uint8)
        pixels[..., 2 * (number % 2)] += 130
        Image.fromarray(pixels).save(tmp_path / "unsorted" / f"{number:02}.png")
        rows.append(f"unsorted/{number:02}.png,{('red/warm', '00')[number % 2]},x")
    (tmp_path / "labels.csv").write_text("\n".join(rows), "utf-8")
    return tmp_path / "labels.csv"


def test_a_table_is_trained_on_scored_and_named_like_a_folder(
    labelled: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from kit.commands.baseline import baseline
    from kit.commands.evaluate import evaluate as score
    from kit.commands.predict import predict

    monkeypatch.chdir(tmp_path)  # the run goes beside the images' folder, not into it
    (tmp_path / "out.txt").write_text("unsorted/03.png\n")
    program(train, ["labels.csv", *LINEAR, "--epochs", "1", "--exclude", "out.txt"])
    run = tmp_path / "models" / f"{tmp_path.name}-linear"  # as the folder of the table
    out, err = capsys.readouterr()

    assert 'labels.csv: the column "file" is used as path.' in err
    assert "Left out by out.txt: 1 of 40 files." in err
    [command] = [line for line in out.splitlines() if "kit-predict" in line]
    assert str(labelled.parent / "unsorted") in command
    settings = runs.load(run).settings
    assert settings["folder"] == str(labelled)
    assert settings["exclude"] == str(tmp_path / "out.txt")
    facts = runs.load(run).facts
    assert facts["class_names"] == ["00", "red/warm"]
    assert facts["data"]["folder"] == str(labelled.parent)
    assert len(table(run / "split.csv")) == 39

    program(predict, [str(run), "unsorted/00.png", "--csv", "-"])
    capsys.readouterr()
    program(score, [str(run), "labels.csv", "--exclude", "out.txt", "--output", "scores"])
    assert capsys.readouterr().out.startswith("table labels.csv: ")
    assert json.loads(Path("scores/metrics.json").read_text())["test"]["images"] == 39
    program(baseline, ["labels.csv", "--methods", "knn", "--image-size", "6"])
    assert "knn on validation images" in capsys.readouterr().out


@pytest.mark.parametrize("where", ["unsorted/run", "unsorted"])
def test_a_run_is_not_written_among_the_images_of_a_table(
    where: str, labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = failure([str(labelled), "--output", str(labelled.parent / where)], capsys)

    assert code == 2
    assert "which is only read" in text


def test_a_mistake_in_a_table_ends_before_tensorflow_starts(
    labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labelled.write_text("name,label\nx,y\n")
    code, text = failure([str(labelled)], capsys)

    assert code == 3
    assert "must have the columns path and label in its first line; path is missing" in text
    assert "Traceback" not in text
