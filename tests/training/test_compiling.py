from typing import get_args

import keras
import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from kit import choices
from kit.errors import SettingError
from kit.training import check_compile, compile_model, learning_rate
from kit.training.compiling import OPTIMIZERS
from kit.training.metrics import BalancedAccuracy

pytestmark = pytest.mark.usefixtures("eagerly")


def small(outputs: int = 3, activation: str = "softmax") -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            keras.layers.Flatten(),
            keras.layers.Dense(4, name="dense"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dense(outputs, activation=activation, name="probabilities"),
        ]
    )


def batch(outputs: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (12, 4, 4, 1)).astype("float32")
    labels = rng.integers(0, max(outputs, 2), 12)
    rows = labels[:, None] if outputs == 1 else np.eye(outputs)[labels]
    return images, rows.astype("float32")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_changes_the_weights(name: str) -> None:
    model = compile_model(small(), optimizer=name, weight_decay=0.01)
    before = [weights.copy() for weights in model.get_weights()]

    model.train_on_batch(*batch())

    assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("loss", ["crossentropy", "hinge", "mse", "l1", "kl_divergence"])
@pytest.mark.parametrize(("outputs", "activation"), [(3, "softmax"), (1, "sigmoid")])
def test_losses_by_name_fit_both_heads(loss: str, outputs: int, activation: str) -> None:
    model = compile_model(small(outputs, activation), loss=loss)

    assert np.isfinite(model.train_on_batch(*batch(outputs))).all()


def test_the_crossentropy_of_an_even_answer_is_the_logarithm_of_the_classes() -> None:
    images, rows = batch()
    model = compile_model(small())
    model.get_layer("probabilities").set_weights([np.zeros((4, 3)), np.zeros(3)])

    assert model.test_on_batch(images, rows)[0] == pytest.approx(np.log(3), rel=1e-5)


def test_a_loss_given_as_a_function_is_taken() -> None:
    model = compile_model(small(), loss=lambda true, given: keras.ops.mean((true - given) ** 4))

    assert np.isfinite(model.train_on_batch(*batch())).all()


def test_weight_decay_leaves_biases_and_normalization_alone() -> None:
    model = compile_model(small(), optimizer="sgd", learning_rate=0.1, weight_decay=0.5, momentum=0)
    for layer in model.layers[1:]:
        layer.set_weights([np.ones_like(weights) for weights in layer.get_weights()])
    images, rows = batch()
    flat = np.zeros_like(images)  # no gradient reaches the first kernel from a black image

    model.train_on_batch(flat, rows)

    kernel, _ = model.get_layer("dense").get_weights()
    np.testing.assert_allclose(kernel, 1 - 0.1 * 0.5, rtol=1e-5)
    decay = model.optimizer._use_weight_decay
    used = {variable.name for variable in model.trainable_variables if decay(variable)}
    assert used == {"kernel"}


def test_the_rate_is_the_given_one_or_the_optimizers_own() -> None:
    assert learning_rate(compile_model(small(), learning_rate=0.125)) == 0.125
    sgd, adam = (learning_rate(compile_model(small(), optimizer=o)) for o in ("sgd", "adam"))
    assert sgd > adam


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"optimizer": "adm"}, "no optimizer 'adm'"),
        ({"loss": "crosentropy"}, 'Did you mean "crossentropy"'),
        ({"loss": "sparse_categorical_crossentropy"}, "the same loss"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0"),
        ({"learning_rate": float("inf")}, "learning_rate must be above 0"),
        ({"weight_decay": -1.0}, "weight_decay must be 0 or more"),
        ({"momentum": 1.0}, "momentum must be from 0 to below 1"),
        ({"loss": "ctc"}, "does not take one probability per class"),
        ({"label_smoothing": 1.0}, "label_smoothing must be in"),
        ({"label_smoothing": 0.1, "loss": "hinge"}, "needs the loss crossentropy"),
    ],
)
def test_a_wrong_setting_says_what_must_hold(setting: dict, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        compile_model(small(), **setting)


@pytest.mark.parametrize("classes", [2, 5])
def test_balanced_accuracy_equals_scikit_learns_over_several_batches(classes: int) -> None:
    rng = np.random.default_rng(1)
    true = rng.choice(classes, 60, p=np.array([0.8] + [0.2 / (classes - 1)] * (classes - 1)))
    given = rng.uniform(size=(60, classes))
    metric = BalancedAccuracy(classes)
    for start in range(0, 60, 20):
        part = slice(start, start + 20)
        metric.update_state(np.eye(classes)[true[part]], given[part])

    expected = balanced_accuracy_score(true, given.argmax(1))
    assert float(metric.result()) == pytest.approx(expected, rel=1e-5)


def test_balanced_accuracy_reads_one_sigmoid_column() -> None:
    metric = BalancedAccuracy(2)
    metric.update_state(np.array([[0], [0], [0], [1]]), np.array([[0.1], [0.2], [0.7], [0.9]]))

    assert float(metric.result()) == pytest.approx((2 / 3 + 1) / 2)


@pytest.mark.parametrize("ahead", [True, False])
def test_the_momentum_of_sgd_looks_ahead_unless_it_is_told_not_to(ahead: bool) -> None:
    assert compile_model(small(), optimizer="sgd", nesterov=ahead).optimizer.nesterov is ahead
    compile_model(small(), nesterov=ahead)  # of adamw, which has none


def test_only_adamw_decays_by_default_and_only_crossentropy_smooths() -> None:
    assert compile_model(small()).optimizer.weight_decay == 0.05
    assert compile_model(small(), optimizer="adadelta").optimizer.weight_decay is None
    assert compile_model(small()).loss.label_smoothing == 0.1
    compile_model(small(), loss="mse")


def test_settings_are_checked_without_a_model() -> None:
    check_compile(optimizer="sgd", loss="mse")
    with pytest.raises(SettingError, match="learning_rate"):
        check_compile(learning_rate=-1.0)
    with pytest.raises(SettingError, match="would never change"):
        check_compile("sigmoid", loss="categorical_hinge")


def test_the_names_of_choices_are_those_of_the_tables() -> None:
    assert set(get_args(choices.Optimizer)) == set(OPTIMIZERS)
    assert set(choices.DECAYS) < set(get_args(choices.Schedule))
