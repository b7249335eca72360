"""Hinges of the multi-class support vector machine, and losses matched to what a model gives."""

import keras
import numpy as np
import pytest

from kit.errors import SettingError
from kit.training import check_compile, compile_model
from kit.training.losses import multiclass_hinge, squared_multiclass_hinge

# Three images of a cat, a car and a frog, as a well-known lecture scores them.
SCORES = np.array([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
TRUE = np.eye(3)


def model_with(name: str, outputs: int = 3, activation: str | None = None) -> keras.Model:
    last = keras.layers.Dense(outputs, activation=activation, name=name)
    return keras.Sequential([keras.Input((3,)), last])


def by_hand(scores, true, power):
    """Return the sum over the wrong classes, one after the other."""
    total = 0.0
    right = int(np.argmax(true))
    for other, score in enumerate(scores):
        if other != right:
            total += max(0.0, score - scores[right] + 1) ** power
    return total


def test_the_scores_of_the_lecture_give_its_losses():
    losses = np.asarray(multiclass_hinge(TRUE, SCORES))
    np.testing.assert_allclose(losses, [2.9, 0, 12.9], atol=1e-6)
    assert losses.mean() == pytest.approx(5.27, abs=0.005)


@pytest.mark.parametrize("loss", [multiclass_hinge, squared_multiclass_hinge])
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_equal_scores_give_the_number_of_classes_less_one(loss, classes):
    np.testing.assert_allclose(loss(np.eye(classes), np.full((classes, classes), 7.0)), classes - 1)


@pytest.mark.parametrize(("loss", "power"), [(multiclass_hinge, 1), (squared_multiclass_hinge, 2)])
def test_values_and_slopes_are_those_of_the_sum_written_out(loss, power):
    import tensorflow as tf

    random = np.random.default_rng(0)
    scores, true = random.normal(0, 2, (6, 4)), np.eye(4)[random.integers(4, size=6)]
    inputs = tf.constant(scores)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        values = loss(true, inputs)
    expected = [by_hand(*pair, power) for pair in zip(scores, true, strict=True)]
    np.testing.assert_allclose(values, expected, rtol=1e-10)
    slopes, step = np.zeros_like(scores), 1e-6
    for image in range(6):
        for one in range(4):
            moved = scores[image] + step * np.eye(4)[one]
            back = scores[image] - step * np.eye(4)[one]
            rise = by_hand(moved, true[image], power) - by_hand(back, true[image], power)
            slopes[image, one] = rise / (2 * step)
    np.testing.assert_allclose(tape.gradient(values, inputs), slopes, atol=1e-5)


def test_the_hinge_of_keras_is_another_one():
    keras_hinge = np.asarray(keras.losses.categorical_hinge(TRUE, SCORES))
    assert keras_hinge[2] == pytest.approx(6.6)  # the strongest wrong class, not their sum


def test_a_model_that_ends_in_scores_is_compiled_with_the_hinge():
    model = compile_model(model_with("scores"))
    model.set_weights([np.eye(3), np.zeros(3)])
    loss, accuracy, balanced = model.test_on_batch(SCORES, TRUE)
    assert loss == pytest.approx(5.2667, abs=1e-3)
    assert accuracy == balanced == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("hinge", multiclass_hinge),
        ("multiclass_hinge", multiclass_hinge),
        ("squared_hinge", squared_multiclass_hinge),
        ("squared_multiclass_hinge", squared_multiclass_hinge),
        ("mse", keras.losses.mean_squared_error),
        ("l1", keras.losses.mean_absolute_error),
    ],
)
def test_losses_for_scores_go_by_name(loss, expected):
    assert compile_model(model_with("scores"), loss=loss).loss is expected


@pytest.mark.parametrize("loss", ["crossentropy", "kl_divergence", "categorical_crossentropy", "x"])
def test_a_loss_of_probabilities_is_refused_for_scores(loss):
    for refuse in (
        lambda: check_compile("scores", loss=loss),
        lambda: compile_model(model_with("scores"), loss=loss, label_smoothing=0.0),
    ):
        with pytest.raises(SettingError, match="the model returns scores, not probabilities"):
            refuse()


@pytest.mark.parametrize("head", ["softmax", "sigmoid"])
@pytest.mark.parametrize("loss", ["multiclass_hinge", "squared_multiclass_hinge"])
def test_a_hinge_of_scores_is_refused_for_probabilities(loss, head):
    with pytest.raises(SettingError, match='Use head="scores"'):
        check_compile(head, loss=loss)


def test_smoothed_labels_are_refused_for_scores():
    with pytest.raises(SettingError, match="label_smoothing needs the loss crossentropy"):
        check_compile("scores", label_smoothing=0.1)


def test_what_an_activation_learns_is_not_decayed():
    model = keras.Sequential([keras.Input((3,)), keras.layers.PReLU(), keras.layers.Dense(2)])
    compile_model(model, optimizer="adamw")
    decayed = [w.name for w in model.trainable_weights if model.optimizer._use_weight_decay(w)]
    assert decayed == ["kernel"]
