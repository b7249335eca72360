"""A span of epochs is trained as if the training had never been interrupted.

As a program this file trains a span of a training, in a process of its own.
"""

import dataclasses
import json
import math
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from kit import data, training
from kit.errors import SettingError
from kit.training import Span, continuation, fit_span, spans

pytestmark = pytest.mark.usefixtures("eagerly")

CLOCKS = ("seconds", "cpu_seconds")
L2 = 1e-2


def load(photos: Path, **settings: Any) -> data.Splits:
    return data.load(photos, image_size=(8, 8), batch_size=8, **settings)


@pytest.fixture(scope="module")
def splits(photos: Path) -> data.Splits:
    return load(photos, mix="both")


@pytest.fixture(scope="module")
def plain(photos: Path) -> data.Splits:
    return load(photos, augmentation="none")


def network(
    splits: data.Splits, head: str = "softmax", l2: float = L2, rich: bool = False, **settings: Any
) -> keras.Model:
    """Return a small network; a rich one has all that a step may depend on besides its batch."""
    keras.utils.set_random_seed(7)
    layers = keras.layers
    more = [layers.BatchNormalization(), layers.GaussianNoise(0.1), layers.Dropout(0.3)]
    name = "scores" if head == "scores" else "probabilities"
    stack = [
        keras.Input(splits.image_shape),
        layers.Rescaling(1 / 255),
        layers.Conv2D(4, 3, activation="relu", kernel_regularizer=keras.regularizers.L2(l2)),
        *(more if rich else []),
        layers.GlobalAveragePooling2D(),
        layers.Dense(
            1 if head == "sigmoid" else splits.num_classes,
            activation=None if head == "scores" else head,
            name=name,
        ),
    ]
    return training.compile_model(keras.Sequential(stack), **{"learning_rate": 0.02, **settings})


def numbers(span: Span) -> list[dict[str, float]]:
    """Return its rows but for what a clock says."""
    return [{k: v for k, v in row.items() if k not in CLOCKS} for row in span.rows]


def weights(model: keras.Model) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(one) for one in continuation._variables(model)]


def assert_equal(one: list[np.ndarray], other: list[np.ndarray]) -> None:
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@dataclass(frozen=True)
class Whole:
    """A training of epochs 1 to 3 of 6 in one span, and the first of them alone."""

    rows: list[dict[str, float]]
    weights: list[np.ndarray]
    begun: list[dict[str, float]]
    state: bytes


RICH: dict[str, Any] = {"rich": True, "optimizer": "adam"}
SIX: dict[str, Any] = {"epochs": 6, "schedule": "cosine"}


@pytest.fixture(scope="module")
def whole(splits: data.Splits, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    state, model = tmp_path_factory.mktemp("whole") / "new" / "state", network(splits, **RICH)
    span = fit_span(model, splits, first=0, last=3, **SIX)
    begun = fit_span(network(splits, **RICH), splits, first=0, last=1, state=state, **SIX)
    assert (span.stopped, span.first, begun.first) == ("", 0, 0)
    return Whole(numbers(span), weights(model), numbers(begun), state.read_bytes())


def test_a_training_goes_on_exactly(splits: data.Splits, whole: Whole, tmp_path: Path) -> None:
    state, model = tmp_path / "state", network(splits, **RICH)
    state.write_bytes(whole.state)
    span = fit_span(model, splits, first=1, last=3, state=state, **SIX)

    assert [row["epoch"] for row in whole.rows] == [1, 2, 3]
    assert whole.begun + numbers(span) == whole.rows
    assert_equal(weights(model), whole.weights)
    assert state.read_bytes() != whole.state


@pytest.mark.proof
def test_another_process_goes_on_exactly(photos: Path, tmp_path: Path) -> None:
    found = []
    for name, first, last in (("whole", 0, 3), ("parts", 0, 1), ("parts", 1, 3)):
        given = [
            str(photos),
            str(tmp_path / name),
            str(tmp_path / "out.npz"),
            str(first),
            str(last),
        ]
        subprocess.run([sys.executable, __file__, *given], check=True, env={**os.environ})
        with np.load(tmp_path / "out.npz") as out:
            arrays = [out[f"arr_{n}"] for n in range(len(out.files) - 1)]
            found.append((json.loads(str(out["rows"])), arrays))

    assert found[1][0] + found[2][0] == found[0][0]
    assert_equal(found[2][1], found[0][1])


def test_every_row_is_reported_at_once_with_its_times_and_rate(plain: data.Splits) -> None:
    reported: list[Any] = []
    shown = {"report": reported.append, "schedule": "geometric"}
    span = fit_span(network(plain), plain, first=0, last=3, epochs=9, **shown)

    # By a tenth after each epoch, however many are planned.
    assert [row["learning_rate"] for row in span.rows] == pytest.approx([0.02, 0.018, 0.0162])
    assert reported == list(span.rows)
    measured = {"loss", "data_loss", "accuracy", "balanced_accuracy"}
    wanted = measured | {f"val_{name}" for name in measured} | {"epoch", "learning_rate", *CLOCKS}
    assert set(span.rows[0]) == wanted
    assert all(row[clock] > 0 for row in span.rows for clock in CLOCKS)


@pytest.mark.parametrize(
    ("head", "loss"),
    [("softmax", None), ("sigmoid", "mse"), ("scores", None)],
)
def test_the_data_loss_is_the_loss_without_penalties(
    plain: data.Splits, head: str, loss: str | None
) -> None:
    model = network(plain, head, l2=1.0, loss=loss)
    row = fit_span(model, plain, first=0, last=1, epochs=1).rows[0]

    penalties = sum(float(one) for one in model.losses)
    assert penalties > 0.1
    assert row["val_loss"] - row["val_data_loss"] == pytest.approx(penalties, rel=1e-4)
    assert row["loss"] > row["data_loss"]


def test_class_weights_are_not_in_the_data_loss(plain: data.Splits) -> None:
    train = plain.parts["train"]
    few = train[plain.labels[train] == 1][:4]
    uneven = {**plain.parts, "train": np.sort([*few, *train[plain.labels[train] == 0]])}
    splits = dataclasses.replace(plain, parts=uneven)
    rows = [
        fit_span(
            network(splits, learning_rate=1e-9, weight_decay=0.0, head="scores", optimizer="sgd"),
            splits,
            first=0,
            last=1,
            epochs=1,
            class_weight=weight,
        ).rows[0]
        for weight in ("none", "balanced")
    ]

    assert rows[0]["data_loss"] == pytest.approx(rows[1]["data_loss"], rel=1e-5)
    assert rows[0]["loss"] != pytest.approx(rows[1]["loss"], rel=1e-3)


def test_a_share_of_an_epoch_is_some_of_its_steps(plain: data.Splits) -> None:
    steps = data.steps(plain)
    model = network(plain)
    for share, wanted in ((0.5, math.ceil(steps / 2)), (1e-6, 1)):
        before = int(model.optimizer.iterations)
        span = fit_span(model, plain, first=0, last=1, epochs=1, share=share)
        assert int(model.optimizer.iterations) - before == wanted
        assert span.rows[0]["learning_rate"] < 0.02  # the schedule runs over these

    with pytest.raises(SettingError, match="share must be above 0"):
        fit_span(network(plain), plain, first=0, last=1, epochs=2, share=0.5)


def test_what_diverges_is_stopped_within_the_epoch(photos: Path) -> None:
    splits = data.load(photos, image_size=(8, 8), batch_size=1, augmentation="none")
    model = network(splits, "scores", l2=0.0, optimizer="sgd", learning_rate=3.0)
    span = fit_span(model, splits, first=0, last=3, epochs=3, schedule="constant")

    assert span.stopped.startswith("the data loss rose to")
    assert re.search(r"more than 3 times the .* at step \d+ of epoch 1$", span.stopped)
    assert len(span.rows) == 1
    assert "val_loss" not in span.rows[0]  # nobody waits for that


def test_few_steps_do_not_hide_an_explosion(plain: data.Splits) -> None:
    assert data.steps(plain) < 20  # of the guard's warm-up
    model = network(plain, "scores", l2=0.0, optimizer="sgd", learning_rate=30.0)
    span = fit_span(model, plain, first=0, last=3, epochs=3, schedule="constant")

    assert re.search(r"more than 3 times .* at the end of epoch 1$", span.stopped)
    assert len(span.rows) == 1
    assert span.rows[0]["val_data_loss"] > 3


def test_weights_that_are_no_numbers_are_noticed_behind_a_relu(plain: data.Splits) -> None:
    model = network(plain)
    kernel, bias = model.layers[1].get_weights()
    bias[0] = np.nan
    model.layers[1].set_weights([kernel, bias])
    span = fit_span(model, plain, first=0, last=2, epochs=2)

    assert re.search("(no numbers|nan).* of epoch 1$", span.stopped)


def test_a_strong_penalty_at_a_sane_rate_is_left_alone(plain: data.Splits) -> None:
    model = network(plain, l2=1e3, optimizer="sgd", learning_rate=1e-5, momentum=0.0)
    span = fit_span(model, plain, first=0, last=3, epochs=3)

    assert span.rows[0]["loss"] > 100 * math.log(2)  # which looks like an explosion
    assert span.rows[-1]["data_loss"] < 3 * math.log(2)
    assert (span.stopped, len(span.rows)) == ("", 3)


def test_the_guard_remembers_what_it_saw_in_earlier_spans(
    plain: data.Splits, tmp_path: Path
) -> None:
    guard, model = spans._guard(network(plain)), network(plain)
    for loss in (2.0, 3.0, 4.0):
        guard.smoothed.add(loss)
    model.optimizer.build(model.trainable_variables)
    continuation.save(tmp_path / "state.npz", model, [guard], {"done": 1})
    fresh = spans._guard(model)

    assert not continuation.restore(tmp_path / "state.npz", model, [fresh], {"done": 2})
    assert continuation.restore(tmp_path / "state.npz", model, [fresh], {"done": 1})
    assert fresh.smoothed == guard.smoothed


def test_a_state_that_is_not_there_means_to_begin_from_0(
    plain: data.Splits, tmp_path: Path
) -> None:
    spans = [
        fit_span(network(plain), plain, first=first, last=2, epochs=2, state=tmp_path / "none")
        for first in (0, 1)
    ]

    assert [span.first for span in spans] == [0, 0]
    assert numbers(spans[0]) == numbers(spans[1])


def test_a_state_that_does_not_fit_changes_nothing(plain: data.Splits, tmp_path: Path) -> None:
    state, model, known = tmp_path / "state.npz", network(plain), {"done": 1, "peak": 0.02}
    guard = spans._guard(model)
    model.optimizer.build(model.trainable_variables)
    continuation.save(state, model, [guard], known)
    whole, wanted = state.read_bytes(), weights(model)
    other = network(plain, "sigmoid")
    other.optimizer.build(other.trainable_variables)
    untouched = weights(other)

    assert not continuation.restore(state, other, [guard], known)  # other shapes
    assert_equal(weights(other), untouched)
    assert not continuation.restore(state, model, [guard], {**known, "peak": 0.01})
    for left in (b"", whole[:-40], whole[: len(whole) // 2], b"x" * 999):
        state.write_bytes(left)
        assert not continuation.restore(state, model, [guard], known)
    assert_equal(weights(model), wanted)
    state.write_bytes(whole)
    assert continuation.restore(state, model, [guard], known)


def test_damage_anywhere_in_a_state_is_noticed_or_harmless(
    plain: data.Splits, tmp_path: Path
) -> None:
    state, model = tmp_path / "state.npz", network(plain)
    guard = spans._guard(model)
    model.optimizer.build(model.trainable_variables)
    continuation.save(state, model, [guard], {})
    wanted, whole, rng = weights(model), state.read_bytes(), np.random.default_rng(0)
    for place in rng.integers(0, len(whole), 120):
        harmed = bytearray(whole)
        harmed[place] ^= 1 << int(rng.integers(8))
        state.write_bytes(bytes(harmed))
        continuation.restore(state, model, [guard], {})
        assert_equal(weights(model), wanted)


def test_nothing_is_kept_after_the_last_epoch_and_a_full_disk_is_said(
    plain: data.Splits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, model = tmp_path / "state.npz", network(plain)
    fit_span(model, plain, first=0, last=1, epochs=1, state=state)
    assert not state.exists()

    (tmp_path / "file").touch()
    span = fit_span(model, plain, first=0, last=1, epochs=2, state=tmp_path / "file" / "state.npz")
    assert len(span.rows) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"first": 2, "last": 2}, "first must be from 0 to below last"),
        ({"first": 0, "last": 5}, "last_epoch must be at least 1 and at most 4"),
        ({"schedule": "cos"}, "no schedule 'cos'"),
    ],
)
def test_a_wrong_span_says_what_must_hold(
    plain: data.Splits, setting: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        fit_span(network(plain), plain, **{"first": 0, "last": 4, "epochs": 4, **setting})


def one_span(photos: str, state: str, out: str, first: str, last: str) -> None:
    """Train these of 6 epochs and keep rows and weights."""
    splits = load(Path(photos), mix="both")
    model = network(splits, **RICH)
    span = fit_span(model, splits, first=int(first), last=int(last), state=Path(state), **SIX)
    np.savez(out, *weights(model), rows=json.dumps(numbers(span)))


if __name__ == "__main__":
    one_span(*sys.argv[1:])
