"""The monitor measures what it says, and the training does not notice."""

import dataclasses
import math
import time
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest

from kit import architectures, checks, data, monitoring, training
from kit.checks import image_sample
from kit.monitoring import layer_numbers as numbers
from kit.monitoring.monitor import COLUMNS

pytestmark = pytest.mark.usefixtures("eagerly")
RNG = np.random.default_rng(0)
CLASSES = np.arange(48) % 3
IMAGES = (RNG.random((48, 8, 8, 1)) * 60 + 80 * CLASSES[:, None, None, None]).astype(np.float32)
LABELS = np.eye(3, dtype=np.float32)[CLASSES]
SAMPLE = checks.from_arrays(IMAGES, LABELS, 40)


def model(style: str = "functional", name: str = "convnet", **settings: object) -> keras.Model:
    keras.utils.set_random_seed(3)
    wide = {"convnet": {"convolutions": 1, "filters": (4,)}, "basic_cnn": {"filters": (4, 6)}}
    built = architectures.build(name, (8, 8, 1), 3, style=style, **(wide.get(name, {}) | settings))
    return training.compile_model(built, optimizer="adam", learning_rate=1e-2, label_smoothing=0.0)


def fit(
    built: keras.Model, share: float | None = None, epochs: int = 3
) -> tuple[monitoring.Monitor, dict[str, list[float]]]:
    monitor = monitoring.Monitor(SAMPLE, SAMPLE, share=share)
    history = built.fit(
        IMAGES,
        LABELS,
        batch_size=16,
        epochs=epochs,
        shuffle=False,
        callbacks=[monitor],
        verbose=0,
    ).history
    return monitor, history


@pytest.fixture(scope="module")
def watched(eagerly: None) -> tuple[keras.Model, monitoring.Monitor, dict[str, list[float]]]:
    built = model(dropout=0.5, l2=0.1)
    return built, *fit(built, epochs=2)


@pytest.fixture(scope="module")
def dying(eagerly: None) -> monitoring.Monitor:
    return fit(three_dead(), epochs=1)[0]


def three_dead() -> keras.Model:
    built = model()
    built.get_layer("block1_1_conv").bias.assign([-1e3, -1e3, -1e3, 0.0])
    return built


def test_the_training_is_the_same_with_and_without_it(watched: Any) -> None:
    plain = model(dropout=0.5, l2=0.1)
    plain.fit(IMAGES, LABELS, batch_size=16, epochs=2, shuffle=False, verbose=0)

    for one, other in zip(plain.get_weights(), watched[0].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_epoch_gets_every_column_in_both_styles(watched: Any) -> None:
    for monitor, history in (watched[1:], fit(model("sequential", "basic_cnn"), epochs=2)):
        assert [row["epoch"] for row in monitor.rows] == [0, 1, 2]
        for name in COLUMNS:
            assert len(history[name]) == 2
            assert all(math.isfinite(value) for value in history[name]), name
        assert any("conv" in row["layer"] for row in monitor.layers)


def test_the_train_sample_is_scored_in_inference_and_without_penalties(watched: Any) -> None:
    built, monitor, history = watched
    outputs = built.predict(SAMPLE.images, verbose=0)
    right = np.mean(outputs.argmax(-1) == SAMPLE.classes)
    found = outputs.argmax(-1)
    recalls = [np.mean(found[SAMPLE.classes == one] == one) for one in range(3)]
    loss = -np.log((outputs * SAMPLE.labels).sum(-1)).mean()

    assert history["train_sample_accuracy"][-1] == pytest.approx(right)
    assert history["train_sample_balanced_accuracy"][-1] == pytest.approx(np.mean(recalls))
    assert history["train_sample_loss"][-1] == pytest.approx(loss, rel=1e-4)
    assert history["penalty"][-1] == pytest.approx(float(sum(built.losses)), rel=1e-5)
    assert monitor.rows[0]["penalty"] > history["penalty"][-1]


def test_large_images_are_shown_in_turn_and_measured_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built = model("sequential", "basic_cnn")
    outputs, dead, inputs = numbers.looked_into(built, SAMPLE.images)
    monkeypatch.setattr(numbers, "PIXELS", 3 * 8 * 8)
    turns, again, seen = numbers.looked_into(built, SAMPLE.images)

    assert (len(outputs), len(turns)) == (1, 14)
    np.testing.assert_allclose(np.concatenate(turns), outputs[0], rtol=1e-5)
    assert again == dead
    assert seen == pytest.approx(inputs)


def test_pixels_in_8_bits_are_measured_as_the_same_in_32() -> None:
    pixels = np.rint(SAMPLE.images)
    wide = dataclasses.replace(SAMPLE, images=pixels)
    narrow = dataclasses.replace(SAMPLE, images=pixels.astype(np.uint8))
    found = []
    for sample in (wide, narrow):
        monitor = monitoring.Monitor(sample, sample, share=None)
        model().fit(pixels, LABELS[:40], epochs=1, shuffle=False, callbacks=[monitor], verbose=0)
        found.append((monitor.rows, monitor.inputs, monitor.neighbours))

    assert str(found[0]) == str(found[1])


def test_a_sample_of_large_images_is_bounded_by_their_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = data.CachedImages(np.zeros((90, 8, 8, 3), np.uint8))
    splits = SimpleNamespace(
        parts={"train": np.arange(90)},
        labels=np.arange(90) % 3,
        images=images,
        num_classes=3,
        class_names=("a", "b", "c"),
        seed=0,
    )
    one = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(3)])
    whole = checks.sample(splits, one, 90)
    monkeypatch.setattr(image_sample, "MOST_VALUES", 70 * 8 * 8 * 3)
    bounded = checks.sample(splits, one, 90, as_stored=True)

    assert (len(whole), whole.images.dtype) == (90, np.float32)
    assert (len(bounded), bounded.images.dtype) == (70, np.uint8)
    monkeypatch.setattr(image_sample, "MOST_VALUES", 0)
    assert len(checks.sample(splits, one, 90)) == 64


def test_a_frozen_layer_has_an_update_of_0_and_the_others_have_not() -> None:
    built = model()
    built.get_layer("block1_1_conv").trainable = False
    training.compile_model(built, optimizer="adam", learning_rate=1e-2)
    monitor, _ = fit(built, epochs=1)
    last = {row["layer"]: row["update_ratio"] for row in monitor.layers if row["epoch"] == 1}

    assert last["block1_1_conv"] == 0
    assert last["probabilities"] > 1e-3


def test_dead_units_are_counted_and_a_leaky_activation_has_none(
    dying: monitoring.Monitor,
) -> None:
    first = {row["layer"]: row["dead_share"] for row in dying.layers if row["epoch"] == 0}

    assert 0.75 in first.values()
    assert numbers.looked_into(model(activation="leaky_relu"), IMAGES)[1] == {}


def test_the_input_and_the_first_weights_are_described(watched: Any) -> None:
    monitor = watched[1]

    assert 0 <= monitor.inputs["least"] < monitor.inputs["greatest"] <= 1
    assert monitor.inputs["finite"] == 1
    assert list(monitor.scales) == ["block1_1_conv", "dense1", "probabilities"]
    assert monitor.scales["probabilities"] < 0.2 < monitor.scales["dense1"]


def test_the_gradient_is_that_of_one_plain_step(dying: monitoring.Monitor) -> None:
    twin = three_dead()
    twin.compile(keras.optimizers.SGD(1.0), "categorical_crossentropy", jit_compile=False)
    before = twin.get_weights()
    twin.train_on_batch(SAMPLE.images[:32], SAMPLE.labels[:32])
    moved = np.concatenate(
        [(a - b).ravel() for a, b in zip(twin.get_weights(), before, strict=True)]
    )

    assert dying.rows[0]["gradient_norm"] == pytest.approx(np.linalg.norm(moved), rel=1e-3)


def test_measuring_that_would_be_too_dear_is_left_out_and_done_on_less_at_the_end() -> None:
    images = np.zeros((400, 2), np.float32)
    many = checks.Sample(images, images, np.zeros(400, np.int64), ("a", "b"))
    monitor = monitoring.Monitor(many, many, share=0.03)
    monitor.params = {"epochs": 5}
    monitor._dearest, now = 2.0, time.monotonic()

    monitor._begun = now - 1000  # 3 % of it are 30 s
    assert [monitor._due(epoch) for epoch in (0, 4)] == [400, 400]
    monitor._begun, monitor.seconds = now - 105, 2.0  # about 3.1 s, of which 1.1 are left
    assert monitor._due(0) == 0
    assert 200 <= monitor._due(4) <= 230
    monitor._begun, monitor.seconds = now - 55, 5.0  # nothing is left
    assert [monitor._due(epoch) for epoch in (0, 4)] == [0, 128]


def test_an_epoch_that_was_not_measured_still_has_its_updates(watched: Any) -> None:
    monitor = watched[1]
    logs: dict[str, float] = {}
    monitor._due = lambda epoch: 0  # type: ignore[method-assign]
    monitor.on_epoch_end(1, logs)

    assert math.isnan(logs["train_sample_loss"])
    assert logs["update_ratio"] > 0
