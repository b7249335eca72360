import dataclasses
import math
import random

import keras
import numpy as np
import pytest
from keras import layers

from kit import architectures, training
from kit.checks import from_arrays, from_model, initial_loss
from kit.checks.start.initial_loss_judged import Sight, Start, judge_initial_loss
from kit.training.losses import multiclass_hinge, squared_multiclass_hinge


def images(classes=10, count=40, shape=(8, 8, 3), column=False):
    rng = np.random.default_rng(0)
    numbers = np.arange(count) % classes
    labels = numbers[:, None] if column else np.eye(classes, dtype=np.float32)[numbers]
    pixels = rng.uniform(0, 255, (count, 1, 1, shape[-1])) * rng.uniform(0.3, 1, (count, *shape))
    return from_arrays(pixels.astype(np.float32), labels.astype(np.float32))


def network(outputs=10, *, head="softmax", loss="categorical_crossentropy", start=0.01, bias=0.0,
            before=(), body=None):  # fmt: skip
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Rescaling(1 / 255),
            *before,
            layers.Conv2D(8, 3, kernel_initializer="he_normal", name="conv", **(body or {})),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(
                outputs,
                activation=head,
                kernel_initializer=keras.initializers.RandomNormal(stddev=start),
                bias_initializer=keras.initializers.Constant(bias),
                kernel_regularizer="l2",
                name="last",
            ),
        ]
    )
    model.compile("adam", loss)
    return model


@pytest.mark.parametrize(
    ("model", "sample", "expected", "why"),
    [
        ({}, {}, math.log(10), "ln 10"),
        (
            {"loss": keras.losses.CategoricalCrossentropy(label_smoothing=0.2)},
            {},
            math.log(10),
            "ln 10",
        ),
        (
            {"loss": keras.losses.CategoricalCrossentropy(from_logits=True), "head": None},
            {},
            math.log(10),
            "ln 10",
        ),
        (
            {"outputs": 1, "head": "sigmoid", "loss": "bce"},
            {"classes": 2, "column": True},
            math.log(2),
            "ln 2",
        ),
        ({"head": None, "loss": multiclass_hinge}, {}, 9, "10 - 1"),
        ({"head": None, "loss": squared_multiclass_hinge}, {}, 9, "10 - 1"),
        ({"loss": "mse"}, {}, 0.09, "the loss of equal answers for all classes"),
        (
            {"loss": "categorical_focal_crossentropy"},
            {},
            0.25 * 0.9**2 * math.log(10),
            "the loss of equal answers for all classes",
        ),
    ],
)
def test_an_untrained_network_guesses(model, sample, expected, why):
    found = initial_loss(lambda: network(**model), images(**sample))

    assert found.verdict == "ok"
    assert found.numbers["why"] == why
    assert found.numbers["expected"] == pytest.approx(expected, rel=1e-5)
    assert found.numbers["loss"] == pytest.approx(expected, rel=0.1)


def test_class_numbers_as_labels_have_the_same_loss():
    sample = images()
    numbers = from_arrays(sample.images, sample.classes)
    model = network(loss="sparse_categorical_crossentropy")

    assert initial_loss(lambda: model, numbers).numbers["why"] == "ln 10"


def test_a_head_of_zeros_is_a_good_start_though_all_answers_are_the_same():
    found = initial_loss(lambda: network(start=0.0), images())

    assert found.verdict == "ok"
    assert found.numbers["loss"] == pytest.approx(math.log(10), abs=1e-5)
    assert "kernel is zero, a good start" in found.measured


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"bias_initializer": keras.initializers.Constant(-100)}, "last is already the same"),
        ({"kernel_initializer": "zeros"}, "The kernel of conv is zero"),
    ],
)
def test_a_network_that_does_not_see_fails_at_a_perfect_loss(body, hint):
    body = {"kernel_initializer": "he_normal"} | body

    def make_model():
        model = network()
        config = model.get_layer("conv").get_config() | body
        model.get_layer("conv").set_weights(
            layers_weights(config, model.get_layer("conv").get_weights())
        )
        return model

    found = initial_loss(make_model, images())

    assert found.numbers["loss"] == pytest.approx(math.log(10), abs=1e-4)
    assert found.verdict == "failed"
    assert "does not see its input" in found.measured
    assert hint in found.advice


def layers_weights(config, weights):
    kernel, bias = weights
    if config["kernel_initializer"] == "zeros":
        return [np.zeros_like(kernel), bias]
    return [kernel, np.full_like(bias, -100)]


def test_the_same_image_again_and_again_is_not_seen():
    sample = images()
    same = from_arrays(np.repeat(sample.images[:1], 40, axis=0), sample.labels)

    assert initial_loss(network, same).verdict == "failed"


def test_pixels_divided_twice_are_faint_at_a_perfect_loss():
    again = network(before=[layers.Rescaling(1 / 255)])
    found = initial_loss(lambda: again, images())

    assert found.numbers["loss"] == pytest.approx(math.log(10), abs=1e-3)
    assert found.verdict == "warning"
    assert "divided by 255 twice" in found.advice


def test_a_wide_head_is_a_warning_and_missing_scaling_a_failure():
    wide = initial_loss(lambda: network(start=0.3), images())
    model = network(start=0.1)
    unscaled = keras.Sequential([keras.Input((8, 8, 3)), *model.layers[1:]])
    unscaled.compile("adam", "categorical_crossentropy")
    exploding = initial_loss(lambda: unscaled, images())

    assert wide.verdict == "warning"
    assert "last kernel_initializer=VarianceScaling(0.0025)" in wide.advice
    assert exploding.verdict == "failed"
    assert "features explode" in exploding.advice


def test_a_bias_of_the_classes_shares_is_expected_to_show():
    shares = np.array([0.9] + [0.1 / 9] * 9)
    model = network()
    last = model.get_layer("last")
    last.set_weights([last.get_weights()[0], np.log(shares)])
    found = initial_loss(lambda: model, images())

    assert found.verdict == "ok"
    assert found.numbers["expected"] == pytest.approx(-np.log(shares).mean(), rel=1e-3)
    assert 'the bias of "last"' in found.expected


def test_a_trained_model_is_told_and_left_alone():
    sample = images(classes=2)
    bright = from_arrays(
        np.float32(200) * sample.classes[:, None, None, None] + sample.images / 9, sample.labels
    )
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.GlobalAveragePooling2D(), layers.Dense(2, "softmax")]
    )
    model.layers[-1].set_weights([np.tile([[-0.1, 0.1]], (3, 1)), np.array([30.0, -30.0])])
    model.compile("adam", "categorical_crossentropy")
    before = model.get_weights()
    found = initial_loss(from_model(model), bright)

    assert found.verdict == "not applicable"
    assert "already trained" in found.measured, found
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_softmax_over_one_unit_fails():
    model = network(1, head="softmax", loss="binary_crossentropy")
    found = initial_loss(lambda: model, images(2, column=True))

    assert found.verdict == "failed"


def test_a_model_that_cannot_be_run_is_a_finding():
    found = initial_loss(network, images(classes=3))

    assert found.verdict == "failed"
    assert "cannot be run" in found.measured


def test_not_a_number_fails():
    sample = images()
    sample.images[3, 2, 2, 1] = np.nan
    found = initial_loss(network, sample)

    assert found.verdict == "failed"
    assert "not a number" in found.measured


def test_public_random_numbers_go_on_as_if_nothing_had_been():
    random.seed(3)
    np.random.seed(3)
    expected = random.random(), np.random.rand()
    model = network()
    random.seed(3)
    np.random.seed(3)
    initial_loss(from_model(model), images())

    assert (random.random(), np.random.rand()) != expected  # from_model itself draws
    random.seed(3)
    np.random.seed(3)
    initial_loss(lambda: model, images())
    assert (random.random(), np.random.rand()) == expected


def test_an_architecture_of_nested_blocks_starts_well():
    keras.utils.set_random_seed(0)
    model = architectures.build("basic_cnn", (8, 8, 3), 10, "sequential", filters=(4,))
    training.compile_model(model)
    found = initial_loss(lambda: model, images())

    assert found.verdict == "ok"
    assert found.numbers["why"] == "ln 10"


def test_a_head_alone_on_vectors_is_checked_too():
    model = keras.Sequential([keras.Input((16,)), layers.Dense(3, "softmax")])
    kernel = np.random.default_rng(1).normal(0, 0.01, (16, 3))
    model.layers[-1].set_weights([kernel, np.zeros(3)])
    model.compile("adam", "categorical_crossentropy")
    rng = np.random.default_rng(0)
    vectors = from_arrays(rng.normal(size=(30, 16)), np.eye(3, dtype=np.float32)[np.arange(30) % 3])

    assert initial_loss(lambda: model, vectors).verdict == "ok"


GOOD = Sight(head="last", size=1.0, spread=0.3, kernel=0.01, answers=0.01)


def start(loss, **of):
    numbers = {"expected": 2.3026, "why": "ln 10", "error": 0.01, "images": 64, "hits": 6,
               "largest": 7}  # fmt: skip
    return Start(loss=loss, **(numbers | of))


@pytest.mark.parametrize(
    ("loss", "verdict"),
    [
        (2.31, "ok"),
        (2.50, "ok"),
        (2.60, "warning"),
        (5.0, "warning"),
        (1.9, "warning"),
        (126.4, "failed"),
        (math.nan, "failed"),
        (math.inf, "failed"),
    ],
)
def test_the_loss_is_judged_by_its_distance_from_guessing(loss, verdict):
    assert judge_initial_loss(start(loss), GOOD).verdict == verdict


@pytest.mark.parametrize("loss", [2.6, 126.4])
def test_a_small_start_of_the_last_layer_is_not_advised_where_it_is_in_force(loss):
    small = dataclasses.replace(GOOD, gain=0.05, size=9.0)

    assert "VarianceScaling" in judge_initial_loss(start(loss), GOOD).advice
    assert "VarianceScaling" not in judge_initial_loss(start(loss), small).advice
    assert ("of size 9" in judge_initial_loss(start(loss), small).advice) == (loss < 3)


def test_a_few_noisy_images_are_given_more_room():
    assert judge_initial_loss(start(2.6, error=0.2), GOOD).verdict == "ok"
