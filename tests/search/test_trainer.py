"""What trains the jobs of a search: each trial for itself, and what they share only once."""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from kit import architectures, data, training
from kit.errors import SettingError
from kit.search.trainer import from_builders
from kit.search.trials import Job, RunTrial, plain_row

VALUES = {"learning_rate": 0.02, "l2": 1e-3}
CLOCKS = ("seconds", "cpu_seconds")


@pytest.fixture(scope="module")
def splits(photos: Path) -> data.Splits:
    return data.load(photos, image_size=(8, 8), batch_size=8, augmentation="none")


def make_model(splits: data.Splits, learning_rate: float, l2: float, **_: Any) -> keras.Model:
    layers = [
        keras.Input(splits.image_shape),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(4, 3, activation="relu", kernel_regularizer=keras.regularizers.L2(l2)),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(splits.num_classes, activation="softmax"),
    ]
    return training.compile_model(keras.Sequential(layers), learning_rate=learning_rate)


@pytest.fixture
def runner(splits: data.Splits) -> RunTrial:
    return from_builders(make_model, lambda **_: splits)


def job(values: dict[str, Any] = VALUES, seed: int = 3, **settings: Any) -> Job:
    return Job(0, values, seed, **{"first": 0, "last": 1, "epochs": 1, **settings})


def rows(run: RunTrial, job: Job) -> list[dict[str, float]]:
    """Return the rows of a job that can be trained, but for what a clock says."""
    found: list[Any] = []
    assert run(job, found.append).infeasible == ""
    return [{k: v for k, v in row.items() if k not in CLOCKS} for row in found]


def test_a_trial_depends_on_its_values_and_its_seed_alone(runner: RunTrial) -> None:
    first = rows(runner, job())
    other = rows(runner, job(seed=9))

    assert rows(runner, job()) == first != other
    assert first == [plain_row(row) for row in first]


@pytest.mark.usefixtures("eagerly")
def test_two_jobs_are_one_trial(runner: RunTrial, tmp_path: Path) -> None:
    whole = rows(runner, job(last=2, epochs=2))
    state = tmp_path / "0000.npz"
    one = rows(runner, job(last=1, epochs=2, state=state))

    assert one + rows(runner, job(first=1, last=2, epochs=2, state=state)) == whole


def test_schedule_and_class_weights_may_be_searched(
    splits: data.Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def fit_span(*_: Any, **settings: Any) -> training.Span:
        asked.append(settings)
        return training.Span((), "the loss became nan")

    monkeypatch.setattr(training, "fit_span", fit_span)
    run = from_builders(make_model, lambda **_: splits, schedule="cosine", class_weight="balanced")
    for more in ({}, {"schedule": "constant", "class_weight": "none"}):
        outcome = run(job({**VALUES, **more}), print)
        assert outcome.infeasible == "the loss became nan"

    found = [(one["schedule"], one["class_weight"]) for one in asked]
    assert found == [("cosine", "balanced"), ("constant", "none")]


@pytest.mark.parametrize(
    ("error", "infeasible"),
    [
        (SettingError("The image is too small."), "cannot be built: The image is too small."),
        (MemoryError(), "out of memory"),
        (tf.errors.ResourceExhaustedError(None, None, "OOM"), "out of memory"),
    ],
)
def test_what_cannot_be_built_is_infeasible(
    splits: data.Splits, error: Exception, infeasible: str
) -> None:
    def fails(splits: data.Splits, **_: Any) -> keras.Model:
        raise error

    assert from_builders(fails, lambda **_: splits)(job(), print).infeasible == infeasible


def test_values_that_do_not_go_together_are_infeasible(runner: RunTrial) -> None:
    assert "no schedule" in runner(job({**VALUES, "schedule": "cos"}), print).infeasible


def test_other_errors_go_through(splits: data.Splits) -> None:
    def fails(splits: data.Splits, **_: Any) -> keras.Model:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        from_builders(fails, lambda **_: splits)(job(), print)


@pytest.mark.usefixtures("eagerly")
def test_statistics_of_the_images_are_taken_once(
    splits: data.Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    means: list[float] = []
    passes: list[str] = []

    def build(splits: data.Splits, **_: Any) -> keras.Model:
        model = architectures.build("linear", splits.image_shape, 2, scale="mean_image")
        return training.compile_model(model, learning_rate=1e-4)

    def counted(splits: data.Splits, part: str, *settings: Any) -> Any:
        passes.append(part)
        return read(splits, part, *settings)

    def adapted(model: keras.Model, *settings: Any, **more: Any) -> training.Span:
        means.append(float(np.mean(model.get_layer("scale").mean)))
        return fit(model, *settings, **more)

    read, fit = data.ordered_batches, training.fit_span
    monkeypatch.setattr(data, "ordered_batches", counted)
    monkeypatch.setattr(training, "fit_span", adapted)
    run = from_builders(build, lambda **_: splits)

    assert rows(run, job()) == rows(run, job())
    assert passes.count("train") == 1
    wanted = splits.images.read(splits.parts["train"]).mean()
    assert means == pytest.approx([wanted, wanted], rel=1e-5)
