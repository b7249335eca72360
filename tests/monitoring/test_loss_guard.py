"""The guard stops what has exploded, names the layer, and leaves the rest alone."""

import keras
import numpy as np
import pytest

from kit import checks, monitoring
from kit.errors import SettingError
from kit.monitoring import layer_faults, smoothed_loss

pytestmark = pytest.mark.usefixtures("eagerly")

IMAGES = np.random.default_rng(0).random((64, 6, 6, 1)).astype(np.float32)
LABELS = np.eye(2, dtype=np.float32)[(IMAGES.mean((1, 2, 3)) > 0.5).astype(int)]


def model(rate: float = 1e-3, activation: str = "relu") -> keras.Model:
    keras.utils.set_random_seed(1)
    built = keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            keras.layers.Conv2D(4, 3, activation=activation, name="first"),
            keras.layers.Flatten(name="flat"),
            keras.layers.Dense(2, name="scores"),
            keras.layers.Softmax(name="probabilities"),
        ]
    )
    built.compile(keras.optimizers.SGD(rate), "categorical_crossentropy", jit_compile=False)
    return built


def fit(built: keras.Model, images: np.ndarray = IMAGES, **settings: float) -> monitoring.LossGuard:
    sample = checks.from_arrays(images, LABELS, 16)
    guard = monitoring.LossGuard(sample, floor=np.log(2), **settings)
    built.fit(images, LABELS, batch_size=8, epochs=3, verbose=0, callbacks=[guard])
    return guard


def test_an_ordinary_training_is_left_alone() -> None:
    guard = fit(model(0.05))

    assert guard.stopped == guard.where == ""
    assert len(guard.losses) == 24


def test_the_losses_are_those_of_single_steps() -> None:
    steps = smoothed_loss.StepLosses()

    assert [steps.loss(0, 4.0), steps.loss(1, 3.0), steps.loss(2, 4.0)] == [4.0, 2.0, 6.0]
    assert steps.loss(0, 1.0) == 1.0  # the next epoch


def test_images_that_are_no_numbers_are_named() -> None:
    images = IMAGES.copy()
    images[3] = np.nan
    guard = monitoring.LossGuard(checks.Sample(images, LABELS, LABELS.argmax(-1), ("a", "b")))
    # A ReLU of TensorFlow's on a processor answers 0 to NaN, so that nobody notices.
    model(activation="tanh").fit(images, LABELS, epochs=2, verbose=0, callbacks=[guard])

    assert guard.stopped.startswith("the loss became nan at step")
    assert guard.layer == "images"


def test_the_first_layer_whose_weights_are_no_numbers_is_named() -> None:
    built = model()
    kernel, bias = built.get_layer("scores").get_weights()
    kernel[0, 0] = np.inf
    built.get_layer("scores").set_weights([kernel, bias])

    assert layer_faults.first_not_finite(built) == (
        "scores",
        'the weights of "scores" are NaN or infinite',
    )


def test_the_first_layer_whose_answers_are_no_numbers_is_named() -> None:
    built = model()
    kernel, bias = built.get_layer("first").get_weights()
    built.get_layer("first").set_weights([np.full_like(kernel, 3e38), bias])

    assert layer_faults.first_not_finite(built, IMAGES)[0] == "first"
    assert layer_faults.first_not_finite(model(), IMAGES) == ("", "")


def test_a_rate_that_explodes_is_stopped_with_the_layer_that_grew() -> None:
    guard = fit(model(1e4), warm_up=2)

    assert "step" in guard.stopped
    assert guard.layer in {"first", "scores"}
    assert guard.where


def test_three_times_the_first_loss_is_too_much_after_the_warm_up() -> None:
    smoothed = smoothed_loss.Smoothed(warm_up=5)

    assert [smoothed.add(loss) for loss in (1, 50, 50, 50, 50)] == [""] * 5
    assert "more than 3 times the 1 it began with" in smoothed.add(50)


def test_one_bad_step_is_smoothed_away() -> None:
    smoothed = smoothed_loss.Smoothed(warm_up=5)

    assert not any(smoothed.add(loss) for loss in [1.0] * 30 + [15.0] + [1.0] * 30)


def test_a_loss_that_starts_near_0_is_compared_with_knowing_nothing() -> None:
    bare, floored = (
        smoothed_loss.Smoothed(warm_up=5),
        smoothed_loss.Smoothed(warm_up=5, floor=np.log(10)),
    )
    losses = [0.01] + [0.2] * 40

    assert any(bare.add(loss) for loss in losses)
    assert not any(floored.add(loss) for loss in losses)
    assert any(floored.add(8.0) for _ in range(40))


def test_what_grew_most_is_told_with_its_factor() -> None:
    assert layer_faults.grown_most({"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 20.0}) == ("b", 10.0)
    assert layer_faults.grown_most({"a": 1.0}, {"a": np.nan}) == ("", 0.0)


def test_times_must_be_above_1() -> None:
    with pytest.raises(SettingError, match="above 1"):
        monitoring.LossGuard(times=1.0)
