import csv
import math

import pytest

from kit.search.results.trial_tables import epochs, save, table
from kit.search.space import read_space
from kit.search.trials import Trial, plain_row

SPACE = read_space(["learning_rate=1e-4:1e-1", "filters=[16,32],[32,64]", "optimizer=adam,=cmd()"])


def row(epoch, accuracy, loss=1.0):
    return plain_row(
        {
            "epoch": epoch,
            "data_loss": loss,
            "accuracy": accuracy + 0.1,
            "val_data_loss": loss + 0.1,
            "val_accuracy": accuracy,
            "learning_rate": 0.1,
            "seconds": 2.0,
            "cpu_seconds": 3.0,
        }
    )


def trial(number, scores, status="complete", stage=1, reason="", **values):
    values = {"learning_rate": 0.01, "filters": [16, 32], "optimizer": "adam"} | values
    rows = tuple(row(epoch, score) for epoch, score in enumerate(scores, 1))
    return Trial(number, stage, values, 7, 3, rows, status, reason)


def test_each_trial_is_a_row_with_its_best_and_its_last_epoch():
    rows = table([trial(1, [0.2, 0.5, 0.4]), trial(0, [0.3])], SPACE, "val_accuracy")

    assert list(rows["trial"]) == [0, 1]
    assert list(rows.columns) == [
        "trial", "stage", "learning_rate", "filters", "optimizer", "seed", "status", "reason",
        "epochs", "planned_epochs", "best_epoch", "best_val_accuracy", "best_val_data_loss",
        "last_val_accuracy", "last_accuracy", "last_data_loss", "last_val_data_loss",
        "seconds", "cpu_seconds",
    ]  # fmt: skip
    second = rows.iloc[1]
    assert (second["best_epoch"], second["best_val_accuracy"]) == (2, 0.5)
    assert (second["last_val_accuracy"], second["last_accuracy"]) == (0.4, 0.5)
    assert (second["epochs"], second["planned_epochs"], second["seed"]) == (3, 3, 7)
    assert (second["seconds"], second["cpu_seconds"]) == (6, 9)
    assert second["filters"] == "[16, 32]"


def test_the_least_loss_is_the_best():
    one = trial(0, [])
    losses = [row(1, 0.9, loss=2.0), row(2, 0.1, loss=1.0)]
    one = Trial(0, 1, one.values, 7, 2, tuple(losses), "complete")

    assert table([one], SPACE, "val_data_loss")["best_epoch"].item() == 2
    assert table([one], SPACE, "val_accuracy")["best_epoch"].item() == 1


def test_what_diverged_has_no_best_score():
    bad = trial(0, [0.9, math.nan], "infeasible", reason="the loss became nan")
    rows = table([bad, trial(1, [math.nan]), trial(2, [])], SPACE, "val_accuracy")

    assert rows["best_epoch"].isna().all()
    assert rows["best_val_accuracy"].isna().all()
    assert list(rows["epochs"]) == [2, 1, 0]


def test_a_setting_that_is_called_like_a_column_keeps_apart_from_it():
    space = read_space(["seed=1:5", "best_of=1:5"])
    one = Trial(0, 1, {"seed": 3, "best_of": 4}, 7, 1)

    rows = table([one], space, "val_accuracy")

    assert rows["seed"].item() == 7
    assert (rows["setting_seed"].item(), rows["setting_best_of"].item()) == (3, 4)


def test_no_trials_make_an_empty_table_with_all_columns():
    rows = table([], SPACE, "val_accuracy")

    assert len(rows) == 0
    assert "best_val_accuracy" in rows


def test_no_text_of_a_saved_table_is_a_formula(tmp_path):
    names = read_space(["learning_rate=1e-4:1e-1", "@SUM=a,b", "گربه=a,b"])
    values = {"learning_rate": 0.01, "@SUM": "=1+1", "گربه": "\t=2"}
    one = Trial(0, 1, values, 7, 1, (row(1, 0.5),), "failed", '-2", "=cmd()"\n+3')
    found = table([one], names, "val_accuracy")
    save(found, tmp_path / "trials.csv")

    with (tmp_path / "trials.csv").open(encoding="utf-8", newline="") as file:
        header, cells = csv.reader(file)
    written = dict(zip(header, cells, strict=True))
    assert not any(text.startswith(tuple("=+@\t-")) for text in [*header, *cells])
    assert written["'@SUM"] == "'=1+1"
    assert written["گربه"] == "'\t=2"
    assert written["reason"] == '\'-2", "=cmd()"\n+3'
    assert found["@SUM"].item() == "=1+1"  # in Python it is what it is
    assert float(written["learning_rate"]) == 0.01


def test_a_table_that_cannot_be_saved_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "trials.csv"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space"):
        save(table([trial(0, [0.3])], SPACE, "val_accuracy"), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_epochs_follow_the_rungs_and_their_time_adds_up():
    trials = [
        trial(0, [0.1, 0.2, 0.3]),
        trial(1, [0.1], "stopped"),
        trial(2, [0.2, 0.3, 0.4]),
        trial(3, [0.5], stage=2),
    ]

    rows = epochs(trials, "val_accuracy")

    order = [(0, 1), (1, 1), (2, 1), (0, 2), (0, 3), (2, 2), (2, 3), (3, 1)]
    assert list(zip(rows["trial"], rows["epoch"], strict=True)) == order
    assert list(rows["spent"]) == [3.0 * n for n in range(1, 9)]
    assert list(rows[rows["last"]]["trial"]) == [1, 0, 2, 3]
    assert rows["val_accuracy"].iloc[0] == 0.1  # not 0.10000000149
