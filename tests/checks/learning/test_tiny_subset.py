import math

import keras
import numpy as np
import pytest
from keras import layers

from kit.checks import from_arrays, from_model, tiny_subset
from kit.checks.learning.tiny_subset_judged import Attempt, behaviour, judge_tiny_subset

NEAR = 0.115


def images(classes=2, count=24, column=False):
    rng = np.random.default_rng(0)
    numbers = np.arange(count) % classes
    labels = numbers[:, None] if column else np.eye(classes, dtype=np.float32)[numbers]
    pixels = rng.uniform(0, 255, (count, 8, 8, 3)).astype(np.float32)
    return from_arrays(pixels, labels.astype(np.float32))


def network(outputs=2, *, rate=0.01, loss="categorical_crossentropy", head="softmax", bias=0.0,
            normalization=True, noise=0.5):  # fmt: skip
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, name="conv", kernel_regularizer=keras.regularizers.L2(1.0),
                          bias_initializer=keras.initializers.Constant(bias)),
            *([layers.BatchNormalization()] if normalization else []),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dropout(noise),
            layers.Dense(outputs, activation=head, name="last"),
        ]
    )  # fmt: skip
    model.compile(keras.optimizers.AdamW(rate, weight_decay=0.5), loss)
    return model


def test_a_sound_network_learns_twenty_images_by_heart():
    """Scored with their present statistics: the stored ones are still those of the start."""
    model = network(loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.2))
    before = model.get_weights()
    found = tiny_subset(from_model(model), images())
    (attempt,) = found.numbers["attempts"]

    assert found.verdict == "ok"
    assert attempt["share"] == 1
    assert attempt["reached"] == len(attempt["losses"]) < 60
    assert attempt["loss"] <= attempt["losses"][-2]
    assert attempt["loss"] <= found.numbers["near"] == pytest.approx(0.05 * math.log(2))
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("settings", "sample"),
    [
        (
            {"outputs": 1, "head": "sigmoid", "loss": "binary_crossentropy"},
            {"column": True},
        ),
        ({"outputs": 4, "head": None, "loss": "categorical_hinge"}, {"classes": 4}),
    ],
)
def test_other_heads_and_losses_reach_it_too(settings, sample):
    assert tiny_subset(lambda: network(**settings), images(**sample)).verdict == "ok"


def test_a_rate_too_low_by_far_names_one_that_moves_the_loss():
    found = tiny_subset(lambda: network(rate=3e-6), images(), steps=30)

    assert found.verdict == "failed"
    assert found.measured.startswith("the loss does not move")
    assert "The learning rate is too low: at 0.003 the loss falls" in found.advice


def test_a_rate_far_too_high_diverges():
    def make_model():
        model = network(normalization=False, head=None, loss="mse")
        model.compile(keras.optimizers.SGD(1.0), "mse")
        return model

    found = tiny_subset(make_model, images())

    assert found.verdict == "failed"
    assert found.measured.startswith("the loss diverges")
    assert "The learning rate is too high: at 0.1" in found.advice or "at 0.01" in found.advice


def test_dead_units_are_told_from_a_low_rate():
    def make_model():
        model = network(bias=-100.0, normalization=False)
        model.get_layer("last").trainable = True
        return model

    found = tiny_subset(make_model, images(), steps=30)

    assert found.verdict == "failed"
    assert "no gradient reaches conv" in found.advice


def test_frozen_layers_are_named_before_any_step():
    def make_model():
        model = network()
        model.trainable = False
        model.compile("adam", "categorical_crossentropy")
        return model

    found = tiny_subset(make_model, images())

    assert found.verdict == "failed"
    assert "all layers are frozen" in found.measured


def test_the_same_image_with_two_labels_is_named():
    sample = images()
    sample.images[1] = sample.images[0]
    found = tiny_subset(network, sample)

    assert found.verdict == "failed"
    assert found.measured == "labels contradict each other: the same image is 0 and 1"


@pytest.mark.parametrize(
    ("losses", "loss", "expected"),
    [
        ([2.3, 3.0, 20.0, 80.0], 90.0, "diverged"),
        ([2.3, 3.0, math.nan], math.nan, "diverged"),
        ([2.3] * 40, 2.299, "still"),
        ([2.3, 2.0, 1.8, *[1.5] * 60], 1.5, "stuck"),
        (list(np.linspace(2.3, 1.0, 60)), 1.0, "slow"),
        ([2.3, 1.8], 1.7, "slow"),
    ],
)
def test_what_losses_do_has_a_name(losses, loss, expected):
    assert behaviour(Attempt(0.1, tuple(losses), None, 0.3, loss), NEAR) == expected


def judge(*attempts):
    return judge_tiny_subset(attempts, near=NEAR, images=20, classes=10, trainable=100)


def attempt(losses, rate=0.1, reached=None):
    return Attempt(rate, tuple(losses), reached, float(reached is not None), losses[-1])


def test_a_plateau_is_a_warning_and_says_when_another_rate_would_do():
    stuck = attempt([2.3, 2.0, *[1.5] * 60])
    alone, other = judge(stuck), judge(stuck, attempt([2.3, 0.1], 0.01, reached=2))

    assert alone.verdict == other.verdict == "warning"
    assert "large enough" in alone.advice
    assert "rather high: at 0.01" in other.advice


def test_few_steps_say_nothing():
    assert judge(attempt([2.3, 2.2])).verdict == "not applicable"


def test_learning_slowly_is_a_warning():
    assert judge(attempt(list(np.linspace(2.3, 1.0, 60)))).verdict == "warning"
