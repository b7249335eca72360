import dataclasses
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from kit import architectures, data
from kit.errors import KitError, SettingError
from kit.training import compile_model, default_epochs, default_monitor, fit
from kit.training.callbacks import BestWeights
from kit.training.pace import Pace
from kit.training.schedules import Schedule
from kit.training.watching import nothing_known

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.fixture(scope="module")
def splits(photos: Path) -> data.Splits:
    return data.load(photos, image_size=(8, 8), batch_size=8, augmentation="none")


def network(splits: data.Splits, **settings: object) -> keras.Model:
    keras.utils.set_random_seed(1)
    layers = [
        keras.Input(splits.image_shape),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(4, 3),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dropout(0.2),
        keras.layers.Dense(splits.num_classes, activation="softmax"),
    ]
    return compile_model(keras.Sequential(layers), **{"learning_rate": 0.05, **settings})


def test_training_learns_and_leaves_the_best_epochs_weights(
    splits: data.Splits, tmp_path: Path
) -> None:
    model = network(splits)
    history = fit(
        model,
        splits,
        epochs=6,
        monitor="val_loss",
        checkpoint=tmp_path / "model.keras",
        history_file=tmp_path / "history.csv",
    )

    table = history.table
    assert list(table["epoch"]) == [1, 2, 3, 4, 5, 6]
    assert table["val_loss"].iloc[-1] < 0.8 * table["val_loss"].iloc[0]
    assert history.best_epoch == table["val_loss"].idxmin() + 1
    measured = model.evaluate(splits.validation, verbose=0, return_dict=True)["loss"]
    assert measured == pytest.approx(table["val_loss"].min(), rel=1e-5)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "history.csv"), table)
    saved = keras.saving.load_model(tmp_path / "model.keras")
    assert not saved.compiled
    for one, other in zip(saved.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_second_fit_starts_at_the_same_rate(splits: data.Splits) -> None:
    model = network(splits)
    first, second = (fit(model, splits, epochs=1).table["learning_rate"] for _ in range(2))

    pd.testing.assert_series_equal(first, second)


def test_a_metric_that_is_not_measured_is_named(splits: data.Splits) -> None:
    model = network(splits)
    model.compile("sgd", "categorical_crossentropy", metrics=["accuracy"])

    with pytest.raises(SettingError, match="val_balanced_accuracy is not measured"):
        fit(model, splits, epochs=1, monitor="val_balanced_accuracy")


def test_a_schedule_of_keras_is_refused_with_what_to_do(splits: data.Splits) -> None:
    model = network(splits)
    model.compile(keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 10)), "mse")

    with pytest.raises(SettingError, match='schedule="cosine"'):
        fit(model, splits, epochs=1)


def test_a_rate_that_explodes_is_an_error_that_names_the_rate(splits: data.Splits) -> None:
    class Explode(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
            weights = self.model.get_weights()
            self.model.set_weights([np.full_like(one, np.nan) for one in weights])

    with pytest.raises(
        KitError, match=r"the loss became nan at step 1 of epoch 1.*learning_rate=0\.003\."
    ):
        fit(network(splits), splits, epochs=3, callbacks=[Explode()])


def test_an_explosion_later_keeps_the_best_epoch(splits: data.Splits) -> None:
    class Explode(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            if epoch == 2:
                self.model.set_weights([np.full_like(one, np.inf) for one in weights_of(self)])

    def weights_of(callback: keras.callbacks.Callback) -> list[np.ndarray]:
        return callback.model.get_weights()

    model = network(splits)
    history = fit(model, splits, epochs=3, callbacks=[Explode()])

    assert history.why.startswith(f"The weights of epoch {history.best_epoch} of 3 are kept")
    assert history.best_epoch <= 2
    assert "of epoch 3" in history.stopped
    assert all(np.isfinite(one).all() for one in model.get_weights())


def test_an_imbalanced_part_is_monitored_by_balanced_accuracy(splits: data.Splits) -> None:
    train = splits.parts["train"]
    few = train[splits.labels[train] == 1][:3]
    uneven = {**splits.parts, "train": np.sort([*few, *train[splits.labels[train] == 0]])}

    assert default_monitor(dataclasses.replace(splits, parts=uneven)) == "val_balanced_accuracy"
    assert default_monitor(splits) == "val_accuracy"


def test_patience_counts_only_when_the_rate_is_falling() -> None:
    def epochs_of(schedule: str) -> int:
        pace = Pace(Schedule(schedule), 1.0, 20, 1, None)
        best = BestWeights("val_accuracy", 0, 3, pace, None)
        model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
        model.stop_training = False
        best.set_model(model)
        for epoch in range(20):
            best.on_epoch_end(epoch, {"val_accuracy": 0.9 if epoch == 0 else 0.5})
            if model.stop_training:
                break
        assert best.best_epoch == 0
        return epoch + 1

    assert epochs_of("constant") == 4
    assert epochs_of("one-cycle") == 16  # epochs 14, 15 and 16 count


def test_the_kept_weights_are_those_that_the_rule_names_and_a_lower_loss_resets_patience(
    tmp_path: Path,
) -> None:
    """Of equal scores the loss decides; no other weights are held."""
    file = tmp_path / "model.keras"
    best = BestWeights("val_accuracy", 100, 2, Pace(Schedule("constant"), 1.0, 9, 1, None), file)
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.stop_training = False
    best.set_model(model)
    kept = []
    for epoch, loss in enumerate([0.9, 0.8, 0.85, 0.7, 0.71, 0.72]):
        assert not model.stop_training
        model.set_weights([np.full((1, 1), epoch)])
        best.on_epoch_end(epoch, {"val_accuracy": 1.0, "val_loss": loss})
        kept.append(keras.saving.load_model(file).get_weights()[0].item())

    assert kept == [0, 1, 1, 3, 3, 3]
    assert model.stop_training
    best.on_train_end()
    assert model.get_weights()[0] == best.best_epoch == 3


def test_penalties_on_weights_do_not_choose_the_epoch() -> None:
    """They fall from epoch to epoch: the loss that the images cause is compared."""
    best = BestWeights("val_accuracy", 100, 2, Pace(Schedule("constant"), 1.0, 9, 1, None), None)
    layer = keras.layers.Dense(1, use_bias=False, kernel_regularizer=keras.regularizers.L2(1.0))
    best.set_model(keras.Sequential([keras.Input((1,)), layer]))
    for epoch, (weight, loss) in enumerate([(2.0, 0.5), (1.0, 0.9)]):
        best.model.set_weights([np.full((1, 1), weight)])
        logs = {"val_accuracy": 1.0, "val_loss": weight**2 + loss}
        best.on_epoch_end(epoch, logs)
        assert logs["val_data_loss"] == pytest.approx(loss)

    assert best.best_epoch == 0


def strict(true: Any, answers: Any) -> Any:
    return 100 * keras.losses.categorical_crossentropy(true, answers)


@pytest.mark.parametrize(
    ("head", "loss", "expected"),
    [
        ("softmax", "crossentropy", math.log(3)),
        ("softmax", strict, 100 * math.log(3)),
        ("sigmoid", "crossentropy", math.log(2)),
        ("scores", "hinge", 2),
    ],
)
def test_a_loss_that_began_at_nothing_is_compared_with_that_of_equal_answers(
    head: str, loss: Any, expected: float
) -> None:
    """A trained network may be right in the first step: every later loss is endlessly more."""
    model = architectures.build("linear", (4, 4, 1), 2 if head == "sigmoid" else 3, head=head)

    assert nothing_known(compile_model(model, loss=loss)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(  # of 5 steps: before and after the guard may judge
    ("rate", "epochs"), [(1e9, 4), (1e30, 1)]
)
def test_an_absurd_loss_is_a_training_that_diverged_and_the_advised_rate_is_a_usual_one(
    rate: float, epochs: int, splits: data.Splits
) -> None:
    with pytest.raises(
        KitError, match=r"diverged: .* Try a lower learning rate: learning_rate=0\.003\.$"
    ):
        fit(network(splits, learning_rate=rate), splits, epochs=epochs)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"patience": 0}, "patience must be at least 1"),
        ({"max_minutes": 0.0}, "max_minutes must be above 0"),
        ({"monitor": "acuracy"}, "monitor must be one of"),
        ({"schedule": "cos"}, "no schedule 'cos'"),
        ({"epochs": 2, "first": 2}, "first must be from 0 to below last"),
        ({"state": "state", "watch": True}, "no watch and no max_minutes"),
    ],
)
def test_a_wrong_setting_says_what_must_hold(
    setting: dict, message: str, splits: data.Splits
) -> None:
    with pytest.raises(SettingError, match=message):
        fit(network(splits), splits, **setting)


@pytest.mark.parametrize(("steps", "epochs"), [(1, 100), (75, 20), (37, 41), (5000, 10)])
def test_the_default_epochs_are_about_1500_steps(steps: int, epochs: int) -> None:
    assert default_epochs(steps) == epochs
    assert default_epochs(steps, max_minutes=1) == 100


def test_a_last_epoch_ends_the_training_within_its_schedule_and_is_kept(
    splits: data.Splits,
) -> None:
    whole = fit(network(splits), splits, epochs=3, patience=None).table
    model = network(splits)
    history = fit(model, splits, epochs=3, patience=1, monitor="val_loss", last_epoch=2)

    columns = ["loss", "val_loss", "learning_rate"]
    pd.testing.assert_frame_equal(history.table[columns], whole[columns][:2], check_exact=True)
    assert (history.best_epoch, history.stopped, history.why) == (2, "", "")
    measured = model.evaluate(splits.validation, verbose=0, return_dict=True)["loss"]
    assert measured == pytest.approx(history.table["val_loss"][1], rel=1e-5)


def test_without_a_validation_part_the_last_epoch_must_be_given(splits: data.Splits) -> None:
    parts = {"train": np.sort(np.concatenate([*splits.parts.values()]))}
    every = dataclasses.replace(splits, parts=parts)
    with pytest.raises(SettingError, match="give last_epoch"):
        fit(network(splits), every, epochs=2)
    history = fit(network(splits), every, epochs=1, last_epoch=1, watch=True)

    assert (history.monitor, history.best_epoch, history.evidence) == ("accuracy", 1, None)
    assert not [name for name in history.table if name.startswith("val_")]


def test_a_training_goes_on_from_its_state_bit_by_bit(splits: data.Splits, tmp_path: Path) -> None:
    """The kept epoch, patience and the rate of the schedule are those of the whole training."""
    settings = {"epochs": 6, "patience": 2, "schedule": "cosine", "monitor": "val_loss"}

    def built() -> keras.Model:
        return network(splits, optimizer="adam")

    def numbers(history: Any) -> pd.DataFrame:
        return history.table.drop(columns="seconds")

    class Killed(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            if epoch == 3:
                raise RuntimeError

    whole, parts, state = built(), built(), tmp_path / "state.npz"
    expected = fit(whole, splits, **settings)
    with pytest.raises(RuntimeError):
        fit(built(), splits, **settings, state=state, callbacks=[Killed()])
    file = tmp_path / "history.csv"
    history = fit(parts, splits, **settings, state=state, first=3, history_file=file)

    pd.testing.assert_frame_equal(numbers(history), numbers(expected), check_exact=True)
    assert list(pd.read_csv(file)["epoch"]) == list(history.table["epoch"])
    assert (history.best_epoch, history.why, history.stopped) == (
        expected.best_epoch,
        expected.why,
        expected.stopped,
    )
    for one, other in zip(whole.get_weights(), parts.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
