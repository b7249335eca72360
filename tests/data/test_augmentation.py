import subprocess
import sys

import numpy as np
import pytest
from scipy import ndimage
from stand_in import splits

from kit.data import _plan, augmentation
from kit.data.augmentation import PRESETS, Preset
from kit.errors import SettingError

MIDDLE = np.full((1, _plan.NUMBERS), 0.5)  # the draw that changes nothing
ONE_CHANGE = {
    "translation": Preset(translation=0.2),
    "zoom": Preset(zoom=(0.5, 1.2)),
    "stretch": Preset(stretch=0.3),
    "rotation": Preset(rotation=40),
    "brightness": Preset(brightness=0.2),
    "contrast": Preset(contrast=0.5),
    "saturation": Preset(saturation=0.5),
    "erased": Preset(erased=1.0),
}


def drawn(**numbers):
    row = MIDDLE.copy()
    for name, value in numbers.items():
        row[0, getattr(_plan, name.upper())] = value
    return row


def changed(preset, images, numbers, flip=False):
    shape = images.shape[1:]
    places, colours = augmentation.plan(preset, flip, shape, numbers)
    apply = augmentation.change(preset, shape)
    return apply(augmentation.erase(preset, images, numbers), places, colours).numpy()


def photos(count=3, shape=(12, 10, 3)):
    return splits(count, shape).images.values


def resampled(image, places):
    """What SciPy finds at the places of a plan, edges mirrored."""
    height, width, channels = image.shape
    y, x = np.mgrid[:height, :width]
    a, b, c, d, e, f = places[:6].astype(float)
    where = [d * x + e * y + f, a * x + b * y + c]
    planes = [
        ndimage.map_coordinates(image[..., k].astype(float), where, order=1, mode="reflect")
        for k in range(channels)
    ]
    return np.stack(planes, axis=-1)


def test_middle_draw_leaves_images_as_they_are():
    images = photos(1)
    for preset in (Preset(translation=0.1), Preset(rotation=10), Preset(contrast=0.3)):
        np.testing.assert_allclose(changed(preset, images, MIDDLE), images, atol=1e-3)


@pytest.mark.parametrize("preset", [Preset(translation=0.1), Preset(rotation=10)])
def test_flip_mirrors_left_and_right(preset):
    images = photos(1)
    mirrored = changed(preset, images, drawn(flip=0.1), flip=True)
    np.testing.assert_allclose(mirrored, images[:, :, ::-1], atol=1e-3)
    np.testing.assert_allclose(
        changed(preset, images, drawn(flip=0.9), flip=True), images, atol=1e-3
    )


@pytest.mark.parametrize("rotation", [0, 1e-9])  # without and with the path that can turn
def test_whole_pixel_move_shows_the_mirrored_edge(rotation):
    images = photos(1, (10, 10, 3))
    preset = Preset(translation=0.2, rotation=rotation)
    moved = changed(preset, images, drawn(right=1.0, down=0.0))  # 2 to the right, 2 up
    framed = np.pad(images[0], ((2, 2), (2, 2), (0, 0)), "symmetric")
    np.testing.assert_allclose(moved[0], framed[0:10, 4:14], atol=1e-3)


def test_quarter_turn_is_that_of_numpy():
    images = photos(1, (10, 10, 3))
    turned = changed(Preset(rotation=90), images, drawn(angle=1.0))
    np.testing.assert_allclose(turned[0], np.rot90(images[0]), atol=1e-2)


@pytest.mark.parametrize("name", ["light", "medium", "strong"])
@pytest.mark.parametrize("shape", [(12, 10, 3), (8, 8, 1), (31, 17, 3)])
def test_every_preset_takes_pixels_from_where_scipy_does(name, shape):
    images, only_places = (
        photos(6, shape),
        Preset(
            PRESETS[name].translation,
            PRESETS[name].zoom,
            PRESETS[name].stretch,
            PRESETS[name].rotation,
        ),
    )
    numbers = augmentation.draws(1, 2, np.arange(6))
    places, _ = augmentation.plan(only_places, True, shape, numbers)
    expected = np.stack([resampled(i, p) for i, p in zip(images, places, strict=True)])
    found = changed(only_places, images, numbers, flip=True)
    np.testing.assert_allclose(found, expected, atol=0.05)  # of 255; float32 places


def test_half_zoom_shows_the_middle_quarter():
    places, _ = augmentation.plan(Preset(zoom=(0.5, 1.0)), False, (9, 9, 1), drawn(zoom=0.0))
    np.testing.assert_allclose(places[0], [0.5, 0, 2, 0, 0.5, 2, 0, 0])


def test_no_saturation_leaves_the_luminance():
    images = photos(1)
    grey = changed(Preset(saturation=1.0), images, drawn(saturation=0.0))
    expected = images @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(grey, np.repeat(expected[..., None], 3, -1), atol=1e-3)


def test_brightness_is_added_and_contrast_turns_about_the_middle():
    images = np.full((1, 4, 4, 1), 100, np.uint8)
    brighter = changed(Preset(brightness=0.2), images, drawn(brightness=1.0))
    np.testing.assert_allclose(brighter, 100 + 0.2 * 255, atol=1e-3)
    steeper = changed(Preset(contrast=0.5), images, drawn(contrast=1.0))
    np.testing.assert_allclose(steeper, 127.5 - 1.5 * 27.5, atol=1e-3)


def test_colour_changes_compose_as_they_would_one_after_the_other():
    images = photos(1) // 4 + 96  # so that nothing is clipped
    preset = Preset(brightness=0.1, contrast=0.2, saturation=0.3)
    found = changed(preset, images, drawn(brightness=1.0, contrast=0.0, saturation=1.0))
    grey = (images @ np.array(_plan.LUMINANCE))[..., None]
    saturated = grey + 1.3 * (images - grey)
    expected = 127.5 + 0.8 * (saturated - 127.5) + 25.5
    np.testing.assert_allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize("name", PRESETS)
def test_values_stay_in_range(name):
    extremes = np.random.default_rng(0).choice(np.array([0, 255], np.uint8), (40, 9, 9, 3))
    numbers = augmentation.draws(0, 0, np.arange(40))
    found = changed(PRESETS[name], extremes, numbers, flip=True)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 255


def test_no_pixel_is_black_from_beyond_the_edge():
    white = np.full((200, 8, 8, 1), 255, np.uint8)
    numbers = augmentation.draws(3, 0, np.arange(200))
    for corner in (drawn(zoom=1.0, right=1.0, down=0.0), drawn(zoom=1.0, right=0.0, down=1.0)):
        assert changed(PRESETS["light"], white[:1], corner).min() == 255
    assert changed(PRESETS["light"], white, numbers, flip=True).min() == 255


def test_erasing_takes_the_announced_share_and_area():
    images = np.zeros((400, 20, 30, 3), np.uint8)
    numbers = augmentation.draws(0, 0, np.arange(400))
    found = augmentation.erase(Preset(erased=0.25), images, numbers)
    area = (found[..., 0] > 0).mean(axis=(1, 2))
    assert 60 < np.count_nonzero(area) < 140  # 100 expected, 4.6 standard deviations
    assert area[area > 0].min() > 0.01
    assert area.max() < 0.25
    assert not images.any()


@pytest.mark.parametrize("name", ONE_CHANGE)
def test_every_change_depends_on_seed_epoch_and_image_alone(name):
    preset, images = ONE_CHANGE[name], photos(5)

    def run(seed, epoch, chosen):
        return changed(preset, images[chosen], augmentation.draws(seed, epoch, np.array(chosen)))

    all_five = run(1, 1, [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(run(1, 1, [0, 1, 2, 3, 4]), all_five)
    np.testing.assert_array_equal(run(1, 1, [3]), all_five[3:4])
    np.testing.assert_array_equal(run(1, 1, [4, 2]), all_five[[4, 2]])
    assert (run(2, 1, [3]) != all_five[3]).any()
    assert (run(1, 2, [3]) != all_five[3]).any()
    same_image = changed(preset, images[[3]], augmentation.draws(1, 1, np.array([0])))
    assert (same_image != all_five[3]).any()


def test_every_setting_of_a_preset_is_tried_above():
    assert set(ONE_CHANGE) == set(Preset.__dataclass_fields__)


def test_draws_are_even_and_differ_between_images():
    numbers = augmentation.draws(42, 0, np.arange(2000))
    assert numbers.min() >= 0
    assert numbers.max() < 1
    np.testing.assert_allclose(numbers.mean(axis=0), 0.5, atol=0.03)  # 4.6 standard deviations
    assert len(np.unique(numbers)) == numbers.size


def test_draws_of_no_image_have_their_columns():
    assert augmentation.draws(1, 1, np.array([], int)).shape == (0, _plan.NUMBERS)


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
    assert augmentation.may_flip(names) is allowed


def test_unknown_preset_names_the_known_ones():
    with pytest.raises(SettingError, match="none, light, medium, strong, not 'heavy'"):
        augmentation.preset("heavy")


def test_preview_shows_the_image_and_what_the_first_epochs_see():
    from kit.data import _pipeline

    data = splits(augmentation="light", batch_size=20)
    shown = augmentation.preview(data, count=4, variants=2, seed=5)
    assert shown.shape == (4, 3, 12, 10, 3)
    assert shown.dtype == np.uint8
    chosen = [int(image[0, 0, 0]) for image in shown[:, 0]]
    np.testing.assert_array_equal(shown[:, 0], data.images.read(chosen))
    order = np.random.default_rng([42, 1]).permutation(data.parts["train"])
    second_epoch, _ = next(iter(_pipeline.training(data, first_epoch=1)))
    places = [int(np.flatnonzero(order == i)[0]) for i in chosen]
    np.testing.assert_array_equal(shown[:, 2], np.rint(second_epoch.numpy()[places]))


def test_preview_without_augmentation_repeats_the_image():
    shown = augmentation.preview(splits(), count=100, variants=1)
    assert len(shown) == 11
    np.testing.assert_array_equal(shown[:, 0], shown[:, 1])


def test_names_and_plans_need_no_tensorflow():
    code = (
        "import sys; from kit.data import augmentation, samples, download;"
        "augmentation.may_flip(['cats']); sys.exit('tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
