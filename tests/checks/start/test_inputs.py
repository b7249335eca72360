import keras
import numpy as np
import pytest
from keras import layers

from kit.checks import blank_images, from_arrays, from_model, inputs
from kit.checks.learning.blank_images import chance, judge_blank_images
from kit.checks.start.inputs import unscrambled
from kit.checks.start.inputs_judged import judge_inputs
from kit.checks.start.inputs_seen import Channel, Pixels

pytestmark = pytest.mark.usefixtures("eagerly")


def photos(count=32, size=12):
    """Smooth colored pictures, in [0, 255]."""
    rng = np.random.default_rng(0)
    coarse = rng.uniform(0, 255, (count, 4, 4, 3))
    fine = np.repeat(np.repeat(coarse, size // 4, axis=1), size // 4, axis=2)
    return fine.astype(np.float32)


def sample(pixels, classes=2):
    return from_arrays(pixels, np.eye(classes, dtype=np.float32)[np.arange(len(pixels)) % classes])


def network(*scaling, shape=(12, 12, 3), rate=0.01):
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input(shape),
            *scaling,
            layers.Conv2D(4, 3, name="conv"),
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(2, "softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(rate), "categorical_crossentropy")
    return model


def unit():
    return layers.Rescaling(1 / 255)


def look(pixels, *scaling, **settings):
    model = network(*scaling, **settings)
    return inputs(lambda: model, sample(pixels))


@pytest.mark.parametrize(
    "scaling", [lambda: layers.Rescaling(1 / 255), lambda: layers.Rescaling(1 / 127.5, -1.0)]
)
def test_pixels_scaled_once_are_well(scaling):
    found = look(photos(), scaling())

    assert found.verdict == "ok"
    assert found.numbers["layer"] == "conv"


def test_a_normalization_adapted_to_the_images_counts_as_scaling():
    scaling = layers.Normalization(axis=-1)
    scaling.adapt(photos())
    model = network(scaling)
    found = inputs(from_model(model), sample(photos()))

    assert found.verdict == "ok"
    assert found.numbers["mean"] == pytest.approx(0, abs=1e-4)
    assert found.numbers["deviation"] == pytest.approx(1, rel=1e-3)


def test_the_numbers_are_those_that_enter_the_first_kernel():
    found = look(photos(), unit())
    expected = photos() / 255

    for channel, one in enumerate(found.numbers["channels"]):
        values = expected[..., channel].astype(np.float64)
        assert (one["mean"], one["deviation"]) == pytest.approx((values.mean(), values.std()))


@pytest.mark.parametrize(
    ("pixels", "scaling", "hint"),
    [
        (photos(), (unit(), unit()), "Remove one of the two divisions"),
        (photos() / 255, (unit(),), "in [0, 1]"),
    ],
)
def test_pixels_divided_twice_fail(pixels, scaling, hint):
    found = look(pixels, *scaling)

    assert found.verdict == "failed"
    assert found.measured.startswith("rescaled twice")
    assert hint in found.advice


def test_a_dark_photo_is_not_taken_for_one_that_is_divided_twice():
    found = look(photos() / 100, unit())

    assert found.verdict == "warning"
    assert "equalization=contrast" in found.advice


def test_pixels_that_are_not_scaled_fail_and_centred_ones_do_not():
    raw = look(photos())
    centred = look(photos(), layers.Rescaling(1.0, -127.0))

    assert raw.verdict == "failed"
    assert raw.measured.startswith("not rescaled")
    assert centred.verdict == "ok"
    assert "as VGG" in centred.measured


def test_channels_first_are_told_by_their_shape():
    found = look(photos().transpose(0, 3, 1, 2), unit())

    assert found.verdict == "failed"
    assert "images.transpose(0, 2, 3, 1)" in found.advice


def test_channels_that_were_reshaped_are_told_by_their_roughness():
    scrambled = photos().transpose(0, 3, 1, 2).reshape(photos().shape)
    found = look(scrambled, unit())

    assert unscrambled(photos()) > 1.5
    assert unscrambled(scrambled) < 0.8
    assert found.verdict == "failed"
    assert found.measured.startswith("the channels are scrambled")


def test_noise_is_not_taken_for_scrambled_channels():
    noise = np.random.default_rng(0).uniform(0, 255, (16, 12, 12, 3)).astype(np.float32)

    assert unscrambled(noise) == pytest.approx(1, abs=0.05)
    assert look(noise, unit()).verdict == "ok"


def test_what_is_not_a_number_is_counted_in_images():
    pixels = photos()
    pixels[3, 0, 0, 0] = np.nan
    pixels[5, 0, 0, :] = np.inf
    found = look(pixels, unit())

    assert found.verdict == "failed"
    assert found.measured.startswith("2 of 32 images contain NaN")


def test_a_channel_that_never_changes_is_named():
    pixels = photos()
    pixels[..., 1] = 0
    found = look(pixels, unit())

    assert found.verdict == "warning"
    assert "channel 2 never changes" in found.measured


def test_images_of_two_ranges_are_counted():
    pixels = photos()
    pixels[::4] /= 255
    found = look(pixels, unit())

    assert found.verdict == "warning"
    assert "8 of 32 images are in [0, 1]" in found.measured


def test_gray_pictures_of_three_channels_are_well_and_said_to_be():
    pixels = np.repeat(photos()[..., :1], 3, axis=-1)
    found = look(pixels, unit())

    assert found.verdict == "ok"
    assert "color=grayscale" in found.measured


def test_vectors_are_judged_by_their_size_only():
    model = keras.Sequential([keras.Input((20,)), layers.Dense(2, "softmax")])
    model.compile("adam", "categorical_crossentropy")
    rng = np.random.default_rng(0)

    def of(size):
        return inputs(lambda: model, sample(rng.normal(0, size, (24, 20)).astype(np.float32)))

    assert [of(size).verdict for size in (1, 0.001, 100)] == ["ok", "warning", "warning"]


def test_one_value_everywhere_fails():
    channel = Channel(0.0, 0.0, 0.0, 0.0)
    seen = Pixels("conv", (channel,) * 3, channel, 8, (4, 4, 3), (4, 4, 3))

    assert judge_inputs(seen).verdict == "failed"


def test_real_images_do_better_than_grey_ones():
    model = network(unit())
    before = model.get_weights()
    found = blank_images(from_model(model), sample(photos()), seconds=60)

    assert found.verdict == "ok"
    assert found.numbers["hits"] > found.numbers["largest"] == 16
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_grey_images_are_right_for_the_largest_class_at_most():
    found = blank_images(lambda: network(unit()), sample(np.full_like(photos(), 127)))

    assert found.verdict == "warning"
    assert found.numbers["hits"] <= found.numbers["largest"]
    assert found.numbers["chance"] == 1


def test_too_few_images_or_one_class_say_nothing():
    few = blank_images(lambda: network(unit()), sample(photos()[:8]))
    one = judge_blank_images(32, 32, 32, 1.0, 10)

    assert few.verdict == one.verdict == "not applicable"


def test_the_chance_is_that_of_counting_all_orders():
    """Six images, three right of each: 1 of the 20 ways to label them fits as well."""
    given = np.eye(2)[[0, 0, 0, 1, 1, 1]]
    rng = np.random.default_rng(0)

    assert chance(given, np.array([0, 0, 0, 1, 1, 1]), rng) == pytest.approx(1 / 20, abs=0.012)
    assert chance(given, np.array([1, 1, 1, 0, 0, 0]), rng) == 1
    column = np.array([[0.1], [0.2], [0.1], [0.9], [0.8], [0.9]])
    assert chance(column, np.array([0, 0, 0, 1, 1, 1]), rng) == pytest.approx(1 / 20, abs=0.012)


def test_answers_that_know_nothing_are_ok_as_rarely_as_promised():
    rng = np.random.default_rng(1)
    labels = np.arange(40) % 4
    found = [chance(rng.normal(size=(40, 4)), labels, rng) for _ in range(80)]

    assert np.mean(np.array(found) < 0.1) == pytest.approx(0.1, abs=0.09)
