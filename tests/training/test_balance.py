"""Class weights, balanced epochs and mixed batches in a training."""

import dataclasses
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.utils.class_weight import compute_class_weight

from kit import architectures, data
from kit.data.batches import mixing
from kit.errors import SettingError
from kit.training import balance, compile_model, fit, fit_head, pretrain

pytestmark = pytest.mark.usefixtures("eagerly")


@pytest.fixture(scope="module")
def splits(photos: Path) -> data.Splits:
    """19 training images of one class, 5 of the other."""
    whole = data.load(photos, image_size=8, batch_size=8, augmentation="none")
    train = whole.parts["train"]
    first = np.flatnonzero(whole.labels[train] == 0)
    parts = {**whole.parts, "train": np.delete(train, first[5:])}
    return dataclasses.replace(whole, parts=parts)


def network(splits: data.Splits, units: int = 2, **settings: object) -> keras.Model:
    keras.utils.set_random_seed(1)
    layers = [
        keras.Input(splits.image_shape),
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(4, 3),
        keras.layers.GlobalAveragePooling2D(name="features"),
        keras.layers.Dense(units, activation="softmax" if units > 1 else "sigmoid"),
    ]
    return compile_model(keras.Sequential(layers), **{"learning_rate": 0.05, **settings})


def test_weights_of_classes_are_those_of_scikit_learn(splits: data.Splits) -> None:
    labels = splits.labels[splits.parts["train"]]
    expected = compute_class_weight("balanced", classes=np.unique(labels), y=labels)

    np.testing.assert_allclose(balance.class_weights(splits), expected)
    only = dataclasses.replace(
        splits, parts={**splits.parts, "train": np.flatnonzero(splits.labels)}
    )
    assert balance.class_weights(only) == [0.0, 1.0]


def test_weighted_training_is_that_of_keras_own_class_weights(splits: data.Splits) -> None:
    mine, keras_own = network(splits), network(splits)
    table = fit(mine, splits, epochs=2, schedule="constant", class_weight="balanced").table
    history = keras_own.fit(
        data.training_batches(splits),
        epochs=2,
        steps_per_epoch=data.steps(splits),
        shuffle=False,
        class_weight=dict(enumerate(balance.class_weights(splits))),
        verbose=0,
    ).history

    np.testing.assert_array_equal(table["loss"], history["loss"])
    np.testing.assert_array_equal(table["accuracy"], history["accuracy"])


@pytest.mark.parametrize(
    ("changes", "class_weight", "without"),
    [
        ({"mix": mixing.mix("both")}, "balanced", {"mix": mixing.mix("both")}),
        ({"sampling": "balanced"}, "none", {}),
    ],
    ids=["mixed and weighted", "balanced"],
)
def test_the_same_seed_gives_the_same_numbers(
    splits: data.Splits, changes: dict[str, object], class_weight: Any, without: dict[str, object]
) -> None:
    varied, plain = (dataclasses.replace(splits, **each) for each in (changes, without))
    one, other = (
        fit(network(varied), varied, epochs=1, class_weight=class_weight).table for _ in range(2)
    )

    pd.testing.assert_frame_equal(
        one.drop(columns="seconds"), other.drop(columns="seconds"), check_exact=True
    )
    assert one["loss"][0] != fit(network(plain), plain, epochs=1).table["loss"][0]


@pytest.mark.parametrize(
    ("units", "settings", "message"),
    [
        (1, {}, "With a sigmoid head, accuracy counts"),
        (2, {"loss": "hinge"}, "the loss categorical_hinge needs one right class"),
    ],
)
def test_a_model_that_cannot_learn_from_shares_is_refused(
    units: int, settings: dict[str, object], message: str, splits: data.Splits
) -> None:
    mixed = dataclasses.replace(splits, mix=mixing.mix("mixup"))
    with pytest.raises(SettingError, match=message):
        fit(network(mixed, units, **settings), mixed, epochs=1)


def test_a_head_of_scores_cannot_be_trained_on_mixed_images(splits: data.Splits) -> None:
    mixed = dataclasses.replace(splits, mix=mixing.mix("cutmix"))
    model = architectures.build("linear", (8, 8, 3), 2, head="scores")
    with pytest.raises(SettingError, match="a head that returns scores needs one right class"):
        fit(compile_model(model), mixed, epochs=1)


def test_classes_are_not_evened_out_twice(splits: data.Splits) -> None:
    balanced = dataclasses.replace(splits, sampling="balanced")
    with pytest.raises(SettingError, match="Leave one out"):
        fit(network(splits), balanced, epochs=1, class_weight="balanced")


def test_an_autoencoder_learns_from_whole_images_each_once(splits: data.Splits) -> None:
    varied = dataclasses.replace(splits, mix=mixing.mix("mixup"), sampling="balanced")
    one, other = (pretrain(network(each), each, epochs=1) for each in (splits, varied))

    assert one.history.table["loss"][0] == other.history.table["loss"][0]


@pytest.mark.parametrize("sampling", ["balanced", "smote"])
def test_a_head_on_features_sees_small_classes_as_often(sampling: str, splits: data.Splits) -> None:
    seen: list[np.ndarray] = []
    model = network(splits)
    varied = dataclasses.replace(splits, sampling=sampling, mix=mixing.mix("mixup"))
    original = data.training_batches

    def watched(given: data.Splits, *args: object, **settings: object) -> object:
        for _, labels in original(given).take(data.steps(given)):
            seen.append(labels.numpy().sum(axis=0))
        return original(given, *args, **settings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "training_batches", watched)
        done = fit_head(model, varied, epochs=1, cache=False)

    counts = np.sum(seen, axis=0)
    assert counts.max() - counts.min() <= 1
    assert counts.sum() == {"balanced": 24, "smote": 38}[sampling]
    assert done.history.monitor == "val_balanced_accuracy"  # as the images are
    assert done.splits.counts("validation") == splits.counts("validation")
