"""RandAugment: each change beside Pillow's, and the draws."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageEnhance, ImageOps
from stand_in import splits

from kit.data.batches import (
    augmentation,
    image_numbers,
    offered_layers,
    rand_augment,
    seeded_layers,
)
from kit.data.decoding.equalization import equalized

SHAPE = (31, 40, 3)
HALF = 15  # of magnitude 30


def photo(channels=3):
    """Soft blobs, so that places between pixels can be compared."""
    rng = np.random.default_rng(1)
    small = Image.fromarray(rng.integers(40, 200, (6, 8, 3), dtype=np.uint8))
    pixels = np.asarray(small.resize((40, 31), Image.Resampling.BICUBIC))
    return pixels[..., :channels]


def changed(name, side, magnitude=HALF, image=None):
    image = photo() if image is None else image
    operation = rand_augment.operations(magnitude, image.shape)[name]
    return operation(tf.cast(image, tf.float32), tf.constant(side, tf.float32)).numpy()


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(
    ("name", "enhancer"),
    [
        ("color", ImageEnhance.Color),
        ("contrast", ImageEnhance.Contrast),
        ("brightness", ImageEnhance.Brightness),
        ("sharpness", ImageEnhance.Sharpness),
    ],
)
def test_blends_are_those_of_pillow(name, enhancer, side):
    expected = np.asarray(enhancer(Image.fromarray(photo())).enhance(1 + side * 0.9 / 2))
    np.testing.assert_allclose(changed(name, side), expected, atol=2)  # Pillow rounds twice


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("identity", lambda image: image),
        ("auto_contrast", ImageOps.autocontrast),
        ("solarize", lambda image: ImageOps.solarize(image, 128)),
        ("posterize", lambda image: ImageOps.posterize(image, 6)),
    ],
)
def test_curves_are_those_of_pillow(name, expected):
    found = np.asarray(expected(Image.fromarray(photo())))
    np.testing.assert_allclose(changed(name, 1), found, atol=1)


def test_a_gray_image_is_equalized_as_in_decoding():
    gray = photo(1)
    expected = np.asarray(equalized(Image.fromarray(gray[..., 0]), "histogram"))
    np.testing.assert_allclose(changed("equalize", 1, image=gray)[..., 0], expected, atol=0.51)


@pytest.mark.parametrize("name", ["equalize", "auto_contrast"])
def test_an_image_of_one_color_stays(name):
    flat = np.full((8, 8, 3), 90, np.uint8)
    np.testing.assert_array_equal(changed(name, 1, image=flat), flat)


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(
    ("name", "matrix"),
    [
        ("shear_x", lambda s: (1, 0.15 * s, 0, 0, 1, 0)),
        ("shear_y", lambda s: (1, 0, 0, 0.15 * s, 1, 0)),
        ("translate_x", lambda s: (1, 0, s * 40 * 75 / 331, 0, 1, 0)),
        ("translate_y", lambda s: (1, 0, 0, 0, 1, s * 31 * 75 / 331)),
    ],
)
def test_moves_are_those_of_pillow_inside_the_frame(name, matrix, side):
    expected = np.asarray(
        Image.fromarray(photo()).transform(
            (40, 31), Image.Transform.AFFINE, matrix(side), Image.Resampling.BILINEAR
        )
    )
    found = changed(name, side)
    inside = expected.min(axis=-1) > 30  # elsewhere Pillow has black
    inside[[0, -1]] = inside[:, [0, -1]] = False
    # Pillow's places are the middles of pixels, TensorFlow's their corners: up to 0.15 pixels.
    assert np.abs(found - expected)[inside].mean() < 1.5
    assert inside.mean() > 0.5


@pytest.mark.parametrize("side", [-1, 1])
def test_rotation_is_about_the_middle_and_to_either_side(side):
    expected = Image.fromarray(photo()).rotate(15 * side, Image.Resampling.BILINEAR)
    inside = np.asarray(expected).min(axis=-1) > 30
    assert np.abs(changed("rotate", side) - np.asarray(expected))[inside].mean() < 1


def test_nothing_black_is_moved_in():
    white = np.full((12, 14, 3), 255, np.uint8)
    for name in ("rotate", "shear_x", "shear_y", "translate_x", "translate_y", "sharpness"):
        np.testing.assert_allclose(changed(name, 1, 30, white), white, atol=1e-3)


def test_magnitude_0_changes_no_more_than_an_equalized_histogram():
    for name in rand_augment.operations(0, SHAPE):
        if name not in ("equalize", "auto_contrast"):
            np.testing.assert_allclose(changed(name, 1, 0), photo(), atol=1e-3)


def test_gray_images_have_one_change_less():
    three, one = (rand_augment.operations(9, (8, 8, channels)) for channels in (3, 1))
    assert len(three) == 14
    assert set(three) - set(one) == {"color"}


def drawn(settings, count=300):
    """Which changes images get, by their seeds."""
    layer = rand_augment.RandAugment(**settings)
    found = []
    for seed in seeded_layers.seeds(1, 0, range(count)):
        generator = image_numbers.ImageSeed()
        generator.start(tf.constant(seed))
        found.append(layer.get_random_transformation(tf.zeros(SHAPE), True, generator))
    return np.array([c for c, _ in found]), np.array([s for _, s in found])


def test_every_change_is_drawn_about_equally_often_and_to_both_sides():
    chosen, sides = drawn({"num_ops": 3})
    assert chosen.shape == (300, 3)
    counts = np.bincount(chosen.ravel(), minlength=14)
    assert len(counts) == 14
    assert 32 < counts.min() <= counts.max() < 97  # 64 expected, 4 standard deviations
    assert set(np.unique(sides)) == {-1.0, 1.0}
    assert 0.4 < (sides > 0).mean() < 0.6


def test_the_image_is_what_its_changes_make_of_it_one_after_the_other():
    asked = offered_layers.rows({"RandAugment": {"num_ops": 2, "magnitude": 12}})
    call = augmentation.changing(splits(1, SHAPE, augment=asked))
    chosen, sides = drawn({"num_ops": 2, "magnitude": 12}, 30)
    found = call(photo()[None].repeat(30, 0), seeded_layers.seeds(1, 0, range(30))).numpy()
    operations = list(rand_augment.operations(12, SHAPE).values())
    for image, (first, second), (one, other) in zip(found, chosen, sides, strict=True):
        expected = operations[first](tf.cast(photo(), tf.float32), one)
        expected = np.clip(operations[second](expected, other), 0, 255)
        np.testing.assert_allclose(image, expected, atol=0.1)
