"""Scaling against NumPy: by numbers, by each image, and by the training images."""

import keras
import numpy as np
import pytest

from kit import architectures, runs
from kit.errors import SettingError

SHAPE = (5, 6, 3)
ADAPTED = ("mean_image", "mean_channel", "channel_zscore")
STYLES = ("functional", "sequential")


@pytest.fixture
def photos() -> np.ndarray:
    random = np.random.default_rng(0)
    tint = np.array([30.0, 120.0, 220.0])
    return np.clip(random.normal(tint, 25, (40, *SHAPE)), 0, 255).astype("float32")


def network(scale: str, style: str = "functional", shape=SHAPE) -> keras.Model:
    return architectures.build("linear", shape, 3, style, scale=scale)


def scaled(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return what the layer after the scaling sees."""
    before = keras.Model(model.inputs[0], model.get_layer("features").input)
    return np.asarray(before(images))


def wanted(scale: str, images: np.ndarray, training: np.ndarray) -> np.ndarray:
    images, training = images.astype("float64"), training.astype("float64")
    each = {"axis": (1, 2, 3), "keepdims": True}
    mean, deviation = training.mean(axis=(0, 1, 2)), training.std(axis=(0, 1, 2))
    low, high = images.min(**each), images.max(**each)
    return {
        "unit": images / 255,
        "symmetric": images / 127.5 - 1,
        "minmax": (images - low) / (high - low),
        "zscore": (images - images.mean(**each)) / images.std(**each),
        "mean_image": images - training.mean(axis=0),
        "mean_channel": images - mean,
        "channel_zscore": (images - mean) / deviation,
    }[scale]


@pytest.mark.parametrize("scale", ["unit", "symmetric", "minmax", "zscore", *ADAPTED])
def test_every_scaling_does_what_numpy_does(scale, photos):
    training, others = photos[:25], photos[25:]
    model = network(scale)
    architectures.adapt(model, (training[start : start + 10] for start in range(0, 25, 10)))
    np.testing.assert_allclose(
        scaled(model, others), wanted(scale, others, training), rtol=1e-4, atol=2e-5
    )


@pytest.mark.parametrize("scale", ["minmax", "zscore"])
@pytest.mark.parametrize("value", [0, 77.3, 255])
def test_an_image_of_one_value_becomes_zero(scale, value):
    images = np.full((2, *SHAPE), value, dtype="float32")
    images[1, 2, 3, 1] = 100
    answers = scaled(network(scale), images)
    np.testing.assert_array_equal(answers[0], 0)
    assert np.isfinite(answers).all()
    assert np.ptp(answers[1]) == pytest.approx(1 if scale == "minmax" else 9.54, abs=0.01)


@pytest.mark.parametrize("scale", ADAPTED)
def test_a_channel_without_variance_is_only_centred(scale):
    images = np.full((4, *SHAPE), 200.25, dtype="float32")
    model = network(scale)
    architectures.adapt(model, [images])
    np.testing.assert_array_equal(scaled(model, images), 0)
    np.testing.assert_allclose(scaled(model, images + 3), 3, rtol=1e-5)


@pytest.mark.parametrize("scale", ADAPTED)
def test_both_styles_a_copy_and_a_file_have_the_same_statistics(scale, photos, tmp_path):
    one, other = (network(scale, style) for style in STYLES)
    assert architectures.needs_data(one)
    assert architectures.needs_data(other)
    architectures.adapt(one, [photos])
    architectures.copy_weights(one, other)
    answers = np.asarray(one(photos))
    np.testing.assert_array_equal(other(photos), answers)
    np.testing.assert_array_equal(runs.uncompiled(one)(photos), answers)
    architectures.adapt(other, [photos[20:]])
    assert np.abs(np.asarray(other(photos)) - answers).max() > 1e-4
    for style, model in zip(STYLES, (one, other), strict=True):
        runs.save_model(model, tmp_path / f"{style}.keras")
        loaded = keras.models.load_model(tmp_path / f"{style}.keras")
        np.testing.assert_array_equal(loaded(photos), model(photos))
        architectures.adapt(loaded, [photos[:7]])  # a loaded model still knows which it is
        expected = wanted(scale, photos, photos[:7])
        if style == "functional":
            np.testing.assert_allclose(scaled(loaded, photos), expected, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize("scale", ADAPTED)
def test_before_it_is_adapted_a_model_leaves_the_pixels_as_they_are(scale, photos):
    np.testing.assert_array_equal(scaled(network(scale), photos), photos)


def test_images_are_not_read_where_nothing_needs_them():
    model = network("unit")
    assert not architectures.needs_data(model)

    def never():
        raise AssertionError("read")
        yield

    architectures.adapt(model, never())


def test_no_image_and_other_shapes_are_refused():
    model = network("mean_image")
    with pytest.raises(SettingError, match="at least one training image"):
        architectures.adapt(model, [])
    with pytest.raises(SettingError, match=r"shape, \(batch, 5, 6, 3\); they have \(2, 6, 5, 3\)"):
        architectures.adapt(model, [np.zeros((2, 6, 5, 3), "float32")])


@pytest.mark.parametrize("scale", [*ADAPTED, "minmax", "zscore"])
def test_statistics_are_exact_under_mixed_precision(scale, photos):
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = network(scale)
        architectures.adapt(model, [photos])
        answers = scaled(model, photos)
    finally:
        keras.config.set_dtype_policy(policy)
    np.testing.assert_allclose(answers, wanted(scale, photos, photos), rtol=1e-4, atol=2e-5)
