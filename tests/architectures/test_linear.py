"""Linear classifiers against NumPy and scikit-learn, and their first losses."""

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from kit import architectures, training

CIFAR = (32, 32, 3)


def build(shape=CIFAR, num_classes=10, **settings) -> keras.Model:
    keras.utils.set_random_seed(0)
    return architectures.build("linear", shape, num_classes, **settings)


def test_ten_classes_of_cifar_have_a_weight_for_each_value_and_a_bias():
    assert build().count_params() == 32 * 32 * 3 * 10 + 10 == 30_730


@pytest.mark.parametrize("head", ["softmax", "scores"])
def test_a_linear_model_is_one_matrix(head):
    model = build((4, 5, 3), 6, head=head)
    images = np.random.default_rng(0).uniform(0, 255, (7, 4, 5, 3)).astype("float32")
    kernel, bias = model.get_weights()
    scores = images.reshape(7, -1) / 255 @ kernel + bias
    softmax = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = scores if head == "scores" else softmax
    np.testing.assert_allclose(model(images), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("l1", "l2", "expected"),
    [(0.1, 0.0, 0.1 * 6), (0.0, 0.01, 0.01 * 14), (0.1, 0.01, 0.1 * 6 + 0.01 * 14), (0, 0, 0)],
)
def test_l1_adds_absolute_values_l2_squares_and_the_elastic_net_both(l1, l2, expected):
    model = build((1, 3, 1), 2, head="sigmoid", l1=l1, l2=l2)
    model.set_weights([np.array([[1.0], [-2.0], [3.0]]), np.zeros(1)])
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("shape", "scale"), [((8, 8, 1), "unit"), (CIFAR, "zscore"), ((128, 128, 3), "mean_channel")]
)
def test_the_first_losses_are_those_of_guessing_at_any_size(shape, scale):
    images = np.random.default_rng(0).uniform(0, 255, (20, *shape)).astype("float32")
    labels = np.eye(10)[np.arange(20) % 10]
    for head, guessing in (("softmax", np.log(10)), ("scores", 9)):
        model = build(shape, head=head, scale=scale)
        architectures.adapt(model, [images])
        training.compile_model(model, label_smoothing=0.0)
        model.run_eagerly = True
        assert model.test_on_batch(images, labels)[0] == pytest.approx(guessing, rel=0.1)


@pytest.mark.parametrize("initialization", ["small_gaussian", "glorot", "he", "lecun"])
def test_initial_weights_go_by_name(initialization):
    kernel, _ = build(initialization=initialization).get_weights()
    inputs = 32 * 32 * 3
    expected = {"small_gaussian": 0.01, "glorot": np.sqrt(2 / (inputs + 10))}
    expected |= {"he": np.sqrt(2 / inputs), "lecun": np.sqrt(1 / inputs)}
    assert np.std(kernel) == pytest.approx(expected[initialization], rel=0.03)


def test_the_optimum_that_scikit_learn_finds_is_one_of_softmax_regression():
    import tensorflow as tf

    digits = load_digits(n_class=3)
    images, labels = (digits.images[:150, ..., None] * 15).astype("float32"), digits.target[:150]
    strength, values = 0.01, images.reshape(150, -1) / 255
    oracle = LogisticRegression(C=1 / (2 * strength * 150), tol=1e-8, max_iter=1000)
    oracle.fit(values, labels)
    model = build((8, 8, 1), 3, l2=strength)

    def steepest() -> float:
        with tf.GradientTape() as tape:
            answers = keras.losses.categorical_crossentropy(np.eye(3)[labels], model(images))
            loss = tf.reduce_mean(answers) + sum(model.losses)
        return max(np.abs(g).max() for g in tape.gradient(loss, model.trainable_variables))

    before = steepest()
    model.set_weights([oracle.coef_.T, oracle.intercept_])
    np.testing.assert_allclose(model(images), oracle.predict_proba(values), rtol=1e-4)
    assert steepest() < 1e-4 < before / 100


def test_a_support_vector_machine_learns_digits():
    digits = load_digits()
    images, labels = digits.images[..., None] * 15, digits.target
    model = build((8, 8, 1), head="scores", l2=1e-4)
    training.compile_model(model, optimizer="adam", learning_rate=0.01)
    assert model.loss.__name__ == "multiclass_hinge"
    model.fit(images[:1200], np.eye(10)[labels[:1200]], epochs=5, verbose=0)
    answers = np.argmax(model(images[1200:]), axis=1)
    assert np.mean(answers == labels[1200:]) > 0.85
