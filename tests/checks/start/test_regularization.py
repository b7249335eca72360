import math

import keras
import numpy as np
import pytest
from keras import layers, regularizers

from kit.checks import from_arrays, regularization
from kit.checks.start.regularization_judged import Penalty, judge_regularization


def images(count=12, shape=(6, 6, 3), classes=3):
    rng = np.random.default_rng(0)
    labels = np.eye(classes, dtype=np.float32)[np.arange(count) % classes]
    return from_arrays(rng.uniform(0, 255, (count, *shape)).astype(np.float32), labels)


def courses(penalty):
    """The two-layer network of the course: 50 hidden units, weights 0.0001 randn."""
    small = keras.initializers.RandomNormal(stddev=0.0001, seed=0)
    keep = {"kernel_initializer": small, "kernel_regularizer": penalty}
    model = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Flatten(),
            layers.Dense(50, activation="relu", name="hidden", **keep),
            layers.Dense(10, activation="softmax", name="probabilities", **keep),
        ]
    )
    model.compile("sgd", "categorical_crossentropy")
    return model


def convolutional(**of):
    model = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, name="conv", **of.get("conv", {})),
            layers.Flatten(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax", name="probabilities", **of.get("head", {})),
        ]
    )
    model.compile(keras.optimizers.AdamW(weight_decay=of.get("decay", 0.0)),
                  "categorical_crossentropy")  # fmt: skip
    return model


L2 = {"kernel_regularizer": regularizers.L2(0.01)}


@pytest.mark.parametrize(("strength", "loss"), [(1e3, 3.85), (0.5e3, 3.07)])
def test_the_courses_network_rises_to_the_courses_loss(strength, loss):
    found = regularization(
        lambda: courses(regularizers.L2(strength)), images(10, (32, 32, 3), classes=10)
    )

    assert found.verdict == "ok"
    assert found.numbers["loss"] == pytest.approx(2.3026, abs=2e-3)
    with_penalties = found.numbers["loss"] + found.numbers["raised"]
    assert with_penalties == pytest.approx(loss, abs=0.02)  # 153,600 draws: 0.4 % of the raise
    assert [one["layer"] for one in found.numbers["layers"]] == ["hidden", "probabilities"]


def test_each_layers_amount_is_the_strength_times_the_sum_of_squares():
    model = convolutional(conv=L2, head={"kernel_regularizer": regularizers.L1L2(0.02, 0.003)})
    found = regularization(lambda: model, images())
    conv, head = (model.get_layer(name).kernel.numpy() for name in ("conv", "probabilities"))

    assert found.verdict == "ok"
    assert [one["expected"] for one in found.numbers["layers"]] == pytest.approx(
        [0.01 * np.sum(conv**2), 0.02 * np.abs(head).sum() + 0.003 * np.sum(head**2)], rel=1e-5
    )


def test_a_penalty_on_outputs_counts_once_for_each_image():
    model = convolutional(conv={"activity_regularizer": regularizers.L1(0.1)})
    found = regularization(lambda: model, images())

    assert found.verdict == "ok"
    assert found.numbers["layers"][0]["what"] == "output"
    assert found.numbers["raised"] == pytest.approx(found.numbers["due"], rel=1e-4)
    assert found.numbers["raised"] > 0.1


def test_a_kernel_without_a_penalty_is_named_where_others_have_one():
    found = regularization(lambda: convolutional(head=L2), images())

    assert found.verdict == "warning"
    assert "kernel of conv" in found.advice


def test_no_penalty_is_not_applicable_and_weight_decay_is_said_to_be_elsewhere():
    plain = regularization(convolutional, images())
    decayed = regularization(lambda: convolutional(decay=0.05), images())

    assert plain.verdict == decayed.verdict == "not applicable"
    assert "l2=0.0001" in plain.measured
    assert "weight decay of 0.05 acts on the weights themselves" in decayed.measured


def test_a_frozen_layers_penalty_does_not_count():
    model = convolutional(conv=L2, head=L2)
    model.get_layer("conv").trainable = False
    found = regularization(lambda: model, images())

    assert found.verdict == "ok"
    assert found.numbers["frozen"] == ["conv"]
    assert [one["layer"] for one in found.numbers["layers"]] == ["probabilities"]


def test_layers_of_a_nested_model_are_found_by_their_names_within_it():
    inside = keras.Sequential([keras.Input((6, 6, 3)), layers.Conv2D(4, 3, name="conv", **L2)])
    model = keras.Sequential(
        [keras.Input((6, 6, 3)), keras.Sequential(inside.layers, name="block"), layers.Flatten(),
         layers.Dense(1, activation="sigmoid", **L2)]
    )  # fmt: skip
    model.compile("adam", "binary_crossentropy")
    rng = np.random.default_rng(0)
    pixels = rng.uniform(0, 1, (4, 6, 6, 3)).astype(np.float32)
    found = regularization(lambda: model, from_arrays(pixels, np.array([[0], [1], [0], [1]])))

    assert found.verdict == "ok"
    assert found.numbers["layers"][0]["layer"] == "block/conv"


@keras.saving.register_keras_serializable("tests")
class Halved(regularizers.L2):
    pass


def test_a_regularizer_of_ones_own_is_taken_at_its_word():
    found = regularization(lambda: courses(Halved(1.0)), images(10, (32, 32, 3), classes=10))

    assert found.verdict == "ok"
    assert {one["formula"] for one in found.numbers["layers"]} == {"Halved"}


def test_penalties_that_never_reach_the_loss_fail():
    found = judge_regularization([Penalty("a", "kernel", "L2", 1.5, 1.5)], 0.0, 2.3)

    assert found.verdict == "failed"
    assert "never reach the loss" in found.advice


def test_a_penalty_counted_twice_fails():
    found = judge_regularization([Penalty("a", "kernel", "L2", 1.5, 1.5)], 3.0, 2.3)

    assert found.verdict == "failed"
    assert "2 times the expected amount. Is" in found.advice


def test_a_layer_whose_penalty_is_not_its_formula_is_named():
    pair = [Penalty("a", "kernel", "L2", 1.5, 1.0), Penalty("b", "kernel", "L2", 0.5, 1.0)]
    found = judge_regularization(pair, 2.0, 2.3)

    assert found.verdict == "failed"
    assert "a, b" in found.advice


def test_a_penalty_far_above_the_data_loss_is_a_warning():
    heavy = judge_regularization([Penalty("a", "kernel", "1 x sum", 500.0, 500.0)], 500.0, 2.3)
    usual = judge_regularization([Penalty("a", "kernel", "1 x sum", 5.0, 5.0)], 5.0, 2.3)

    assert (heavy.verdict, usual.verdict) == ("warning", "ok")
    assert "217 times the data loss" in heavy.advice


def test_numbers_that_are_none_fail():
    found = judge_regularization([Penalty("a", "kernel", "L2", 1.0, 1.0)], math.nan, math.nan)

    assert found.verdict == "failed"
