import functools
import hashlib
import os
import random
import subprocess
import sys

import numpy as np
import pytest
import stand_in
import tensorflow as tf
from scipy import ndimage
from stand_in import splits

from kit.data.batches import augmentation, mirroring, pipeline, seeded_layers
from kit.data.batches.augmentation import PRESETS
from kit.errors import SettingError

OFFERED = {name: settings for preset in PRESETS.values() for name, settings in preset.layers}
CHANGES = ["RandomCrop", *(OFFERED.keys() - {"RandAugment"}), "light", "strong", "randaugment"]
CASES = [(change, (12, 10, 3)) for change in sorted(CHANGES)]
CASES += [(change, (8, 8, 1)) for change in ("light", "strong")]
FEW = np.arange(60)  # indices of so many photos


@functools.cache  # tracing is most of the cost
def function(change, shape):
    """One layer alone, the shift alone ("RandomCrop"), or a preset, as it is mapped."""
    if change in PRESETS:
        call = augmentation.changing(splits(1, shape, augmentation=change))
    elif change == "RandomCrop":
        call = seeded_layers.change([], shape, PRESETS["light"].shift)
    else:
        call = seeded_layers.change([(change, OFFERED[change])], shape)
    signature = [tf.TensorSpec((None, *shape), tf.uint8), tf.TensorSpec((None,), tf.int32)]
    return tf.function(call, input_signature=signature)


def changed(change, images, indices=None, seed=1, epoch=1):
    indices = np.arange(len(images)) if indices is None else indices
    return function(change, images.shape[1:])(
        images, seeded_layers.seeds(seed, epoch, indices)
    ).numpy()


def photos(count=60, shape=(12, 10, 3), low=0, high=256):
    return np.random.default_rng(0).integers(low, high, (count, *shape), dtype=np.uint8)


def ramps(shape):
    """Images whose first channel is the column, the second the row, the third noise."""
    images = photos(shape=(*shape, 3))
    images[..., 1], images[..., 0] = np.mgrid[: shape[0], : shape[1]]
    return images


def assert_seen_at(image, found, y, x):
    """The third channel is what SciPy finds at these places, edges mirrored."""
    expected = ndimage.map_coordinates(image[..., 2].astype(float), [y, x], order=1, mode="reflect")
    np.testing.assert_allclose(found[..., 2], expected, atol=0.05)  # of 255; float32 places


def middle_slopes(found):
    """How fast the seen column and row grow along the picture's columns and rows."""
    y, x = found.shape[0] // 2, found.shape[1] // 2
    return found[y, x + 1, :2] - found[y, x, :2], found[y + 1, x, :2] - found[y, x, :2]


@pytest.mark.parametrize(("change", "shape"), CASES)
def test_every_change_depends_on_seed_epoch_and_image_alone(change, shape):
    images = photos(shape=shape)
    whole = changed(change, images)
    np.testing.assert_array_equal(changed(change, images), whole)
    np.testing.assert_array_equal(changed(change, images[[7]], [7]), whole[[7]])
    order = np.random.default_rng(2).permutation(FEW)[:31]
    np.testing.assert_array_equal(changed(change, images[order], order), whole[order])
    assert (changed(change, images, seed=2) != whole).any()
    assert (changed(change, images, epoch=2) != whole).any()
    copies = changed(change, images[[0] * len(images)])
    assert (copies != copies[0]).any()


def test_flip_gives_the_image_or_its_mirror_image():
    images = photos()
    found = changed("RandomFlip", images)
    mirrored = (found == images[:, :, ::-1]).all(axis=(1, 2, 3))
    np.testing.assert_array_equal(found[~mirrored], images[~mirrored])
    assert 14 < mirrored.sum() < 46  # 30 of 60 expected, 4 standard deviations


def window(found, image, margins):
    """Where in the image with mirrored margins the found image lies."""
    (down, right), (height, width, _) = margins, image.shape
    framed = np.pad(image, ((down, down), (right, right), (0, 0)), "symmetric")
    places = [(y, x) for y in range(2 * down + 1) for x in range(2 * right + 1)]
    return [(y, x) for y, x in places if (framed[y : y + height, x : x + width] == found).all()]


@pytest.mark.parametrize(("shape", "margins"), [((8, 8, 1), (1, 1)), ((24, 20, 3), (3, 2))])
def test_shift_shows_a_window_of_the_image_with_mirrored_margins(shape, margins):
    images = photos(300, shape)
    found = changed("RandomCrop", images)
    places = [window(f, i, margins) for f, i in zip(found, images, strict=True)]
    assert all(len(place) == 1 for place in places)
    reached = (2 * margins[0] + 1) * (2 * margins[1] + 1)
    assert len({place[0] for place in places}) == reached


def test_light_shows_a_window_of_the_image_or_of_its_mirror_image():
    images = photos(shape=(24, 20, 3))
    found = changed("light", images)
    straight = [len(window(f, i, (3, 2))) for f, i in zip(found, images, strict=True)]
    mirrored = [len(window(f, i, (3, 2))) for f, i in zip(found, images[:, :, ::-1], strict=True)]
    assert all(a + b == 1 for a, b in zip(straight, mirrored, strict=True))
    assert 14 < sum(mirrored) < 46  # 30 of 60 expected, 4 standard deviations


def test_images_of_one_pixel_stay_as_they_are():
    images = photos(shape=(1, 1, 3))
    np.testing.assert_array_equal(changed("light", images), images)


def test_rotation_resamples_about_the_middle():
    images, angles = ramps((21, 33)), []
    for image, found in zip(images, changed("RandomRotation", images), strict=True):
        (cos, sin), (minus_sin, other_cos) = middle_slopes(found)
        assert (cos, sin) == pytest.approx((other_cos, -minus_sin), abs=1e-4)
        y, x = np.mgrid[:21, :33] - np.reshape([10, 16], (2, 1, 1))
        assert_seen_at(image, found, 10 + sin * x + cos * y, 16 + cos * x - sin * y)
        angles.append(np.degrees(np.arctan2(sin, cos)))
    assert -15 < min(angles) < -12
    assert 12 < max(angles) < 15


def test_erasing_paints_a_rectangle_in_a_quarter_of_the_images():
    images = photos(300, (20, 30, 3))
    grey = changed("RandomErasing", images) == 127.5
    np.testing.assert_array_equal(changed("RandomErasing", images)[~grey], images[~grey])
    areas = grey[..., 0].mean(axis=(1, 2))
    for one in grey[areas > 0]:
        rows, columns, _ = (np.unique(places) for places in np.nonzero(one))
        box = one[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        assert box.all()
    assert 45 < np.count_nonzero(areas) < 105  # 75 expected, 4 standard deviations
    assert 0.01 < areas[areas > 0].min() < 0.05
    assert 0.15 < areas.max() < 0.23


@pytest.mark.parametrize(("change", "shape"), CASES)
def test_values_stay_in_range(change, shape):
    found = changed(change, photos(shape=shape, high=2) * np.uint8(255))
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 255


@pytest.mark.parametrize("change", ["light", "RandomZoom", "RandomRotation"])
def test_no_pixel_is_black_from_beyond_the_edge(change):
    white = np.full((300, 8, 8, 1), 255, np.uint8)
    np.testing.assert_allclose(changed(change, white), white, atol=1e-4)


def test_images_that_must_not_be_mirrored_are_only_moved():
    images = photos(shape=(8, 8, 1))
    light = augmentation.changing(splits(1, (8, 8, 1), augmentation="light", flip=False))
    found = light(images, seeded_layers.seeds(1, 1, FEW)).numpy()
    assert all(window(f, i, (1, 1)) for f, i in zip(found, images, strict=True))


def test_seeds_of_images_and_epochs_differ():
    words = [seeded_layers.seeds(42, epoch, np.arange(1000)) for epoch in range(3)]
    assert len(np.unique(words)) == 3000
    assert seeded_layers.seeds(42, 0, np.array([], int)).shape == (0,)


def test_pixels_are_not_rounded_by_mixed_precision():
    import keras

    images, expected = photos(), changed("light", photos())
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        call = augmentation.changing(splits(1, augmentation="light"))
        found = tf.function(call)(images, seeded_layers.seeds(1, 1, FEW))
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(found, expected)


def test_random_numbers_that_start_a_network_stay_the_same():
    random.seed(5)
    before = random.getstate()
    augmentation.changing(splits(1, augmentation="strong"))
    assert random.getstate() == before


DIGEST = """
import hashlib
from stand_in import splits
from kit.data.batches import augmentation
shown = augmentation.preview(splits(augmentation="strong"), variants=3)
print(hashlib.sha256(shown.tobytes()).hexdigest())
"""


@pytest.mark.proof
def test_another_backend_of_keras_gives_the_same_images():
    pytest.importorskip("jax")
    shown = augmentation.preview(splits(augmentation="strong"), variants=3)
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    folder = os.path.dirname(stand_in.__file__)
    other = subprocess.run(
        [sys.executable, "-c", DIGEST], cwd=folder, env=environment, check=True, capture_output=True
    )
    assert other.stdout.decode().strip() == hashlib.sha256(shown.tobytes()).hexdigest()


@pytest.mark.parametrize(
    ("names", "allowed"),
    [
        (("cats", "dogs"), True),
        (("0", "1", "9"), False),
        (("10", "11"), False),
        (("۰", "۱"), False),
        (("A", "B"), False),
        (("cats", "B"), True),
        (("Turn LEFT", "stop"), False),
        (("right_hand", "none"), False),
        (("گربه", "سگ"), True),
        (("چپ", "میانه"), False),
    ],
)
def test_mirrored_images_are_refused_where_names_forbid_them(names, allowed):
    assert mirroring.may_flip(names) is allowed


def test_unknown_preset_names_the_known_ones():
    with pytest.raises(SettingError, match="none, light, medium, strong, randaugment, not 'heavy'"):
        augmentation.preset("heavy")


def test_preview_shows_the_image_and_what_the_first_epochs_see():
    data = splits(augmentation="light", batch_size=20)
    shown = augmentation.preview(data, count=4, variants=2, seed=5)
    assert shown.shape == (4, 3, 12, 10, 3)
    assert shown.dtype == np.uint8
    chosen = [int(image[0, 0, 0]) for image in shown[:, 0]]
    np.testing.assert_array_equal(shown[:, 0], data.images.read(chosen))
    epochs = [x.numpy() for x, _ in pipeline.training(data).take(2)]
    for epoch, seen in enumerate(epochs):
        order = np.random.default_rng([42, epoch]).permutation(data.parts["train"])
        places = [int(np.flatnonzero(order == i)[0]) for i in chosen]
        np.testing.assert_array_equal(shown[:, 1 + epoch], np.rint(seen[places]))


def test_preview_without_augmentation_repeats_the_image():
    shown = augmentation.preview(splits(), count=100, variants=1)
    assert len(shown) == 11
    np.testing.assert_array_equal(shown[:, 0], shown[:, 1])
