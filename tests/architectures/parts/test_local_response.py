"""Local response normalization against the formula of its paper, written as loops."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from kit.architectures.parts.assembling import Block
from kit.architectures.parts.local_response import local_response_normalization

PAPER = {"depth": 5, "bias": 2.0, "alpha": 1e-4, "beta": 0.75}
STRONG = {"depth": 3, "bias": 1.5, "alpha": 0.4, "beta": 0.6}


def model_of(shape: tuple[int, ...], **settings: float) -> keras.Model:
    return Block(local_response_normalization, name="tried", **settings).as_layer(shape)


def as_published(x: np.ndarray, depth: int, bias: float, alpha: float, beta: float) -> np.ndarray:
    """Sum from max(0, i - n/2) to min(N - 1, i + n/2), as section 3.3 of Krizhevsky et al. does."""
    result = np.zeros(x.shape)
    channels = x.shape[-1]
    for i in range(channels):
        total = np.zeros(x.shape[:-1])
        for j in range(max(0, i - depth // 2), min(channels - 1, i + depth // 2) + 1):
            total += x[..., j].astype("float64") ** 2
        result[..., i] = x[..., i] / (bias + alpha * total) ** beta
    return result


@pytest.mark.parametrize("settings", [PAPER, STRONG], ids=["paper", "strong"])
@pytest.mark.parametrize("channels", [1, 4, 9])
def test_every_value_is_that_of_the_papers_formula(settings, channels):
    x = np.random.default_rng(0).normal(0, 60, (2, 3, 4, channels)).astype("float32")
    answers = model_of((3, 4, channels), **settings)(x)
    np.testing.assert_allclose(answers, as_published(x, **settings), rtol=1e-5)


def test_the_defaults_are_the_numbers_of_the_paper():
    x = np.random.default_rng(0).normal(0, 60, (1, 2, 2, 8)).astype("float32")
    np.testing.assert_allclose(model_of((2, 2, 8))(x), as_published(x, **PAPER), rtol=1e-5)


def test_a_pixel_is_damped_by_its_own_channels_only():
    x = np.ones((1, 2, 2, 3), "float32")
    brighter = x.copy()
    brighter[0, 0, 0] = 90.0
    change = np.asarray(model_of((2, 2, 3))(brighter)) != np.asarray(model_of((2, 2, 3))(x))
    assert change[0, 0, 0].all()
    assert change.sum() == 3


def test_the_gradient_is_that_of_finite_differences():
    random = np.random.default_rng(1)
    x, weights = random.normal(size=(2, 1, 2, 2, 6))
    given = tf.constant(x, "float32")
    with tf.GradientTape() as tape:
        tape.watch(given)
        total = tf.reduce_sum(model_of((2, 2, 6), **STRONG)(given) * weights)
    expected = np.zeros_like(x)
    for place in np.ndindex(x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-5
        after, before = as_published(x + step, **STRONG), as_published(x - step, **STRONG)
        expected[place] = np.sum((after - before) * weights) / 2e-5
    np.testing.assert_allclose(tape.gradient(total, given), expected, rtol=1e-3, atol=1e-5)


def test_any_number_of_images_is_taken():
    model = model_of((2, 3, 4))
    x = np.random.default_rng(0).normal(0, 60, (5, 2, 3, 4)).astype("float32")
    np.testing.assert_allclose(model(x)[3:4], model(x[3:4]), rtol=1e-6)
    assert model.output_shape == (None, 2, 3, 4)


def test_nothing_is_learned():
    assert model_of((2, 3, 4)).count_params() == 0


def test_the_divisor_stays_float32_under_mixed_precision():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = model_of((1, 1, 5))
    finally:
        keras.config.set_dtype_policy(policy)
    # The sum is 5 * 8**2: 2.032 to the power of -0.75. In bfloat16 the divisor would be 2.03125.
    x = np.full((1, 1, 1, 5), 8.0, "float32")
    factor = keras.Model(model.input, model.get_layer("tried_factor").output)(x)
    np.testing.assert_allclose(factor[0, 0, 0, 2], 2.032**-0.75, rtol=1e-6)
    assert keras.backend.standardize_dtype(model(x).dtype) == "bfloat16"
