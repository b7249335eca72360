"""Single layers of augmentation: which there are, what they are given, and that seeds rule them."""

import inspect

import numpy as np
import pytest
import tensorflow as tf
from stand_in import splits

from kit.data.batches import augmentation, offered_layers, seeded_layers
from kit.data.batches.augmentation import PRESETS, Preset
from kit.data.batches.offered_layers import OFFERED
from kit.errors import SettingError

SHAPE = (12, 10, 3)
IN_PRESETS = {name for preset in PRESETS.values() for name, _ in preset.layers}
EXAMPLES = {  # of layers that no preset has; those of presets are tried in test_augmentation.py
    "RandomElasticTransform": {"factor": 0.8},
    "RandomGaussianBlur": {"factor": 0.5, "kernel_size": 3},
    "RandomGrayscale": 0.5,
    "RandomHue": 0.4,
    "RandomInvert": 0.5,
    "RandomPerspective": 0.7,
    "RandomPosterization": [2, 6],
    "RandomSharpness": 0.9,
    "RandomShear": 0.3,
    "RandomTranslation": 0.2,
    "Solarization": 0.5,
}


def photos(count=24):
    return np.random.default_rng(0).integers(0, 256, (count, *SHAPE), dtype=np.uint8)


def test_every_offered_layer_is_tried_here_or_with_the_presets():
    assert IN_PRESETS | set(EXAMPLES) == set(OFFERED)


def test_a_value_goes_to_settings_that_the_layer_has():
    for name, settings in OFFERED.items():
        known = inspect.signature(seeded_layers._kind(name)).parameters
        assert set(settings) <= set(known)
        needed = {k for k, one in known.items() if one.default is one.empty and k != "kwargs"}
        assert needed <= set(settings)  # so that one value is enough


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_offered_layer_depends_on_seed_epoch_and_image_alone(name):
    layer = offered_layers.rows({name: EXAMPLES[name]})
    call = tf.function(seeded_layers.change(layer, SHAPE))
    images, every = photos(), np.arange(24)

    def changed(seed=1, epoch=1, indices=every, given=images):
        return call(given, seeded_layers.seeds(seed, epoch, indices)).numpy()

    first = changed()
    assert first.dtype == np.float32
    assert 0 <= first.min() <= first.max() <= 255
    np.testing.assert_array_equal(changed(), first)
    np.testing.assert_array_equal(changed(indices=[7], given=images[[7]]), first[[7]])
    assert (changed(seed=2) != first).any()
    assert (changed(epoch=2) != first).any()
    copies = changed(given=images[[0] * 24])
    assert (copies != copies[0]).any()


def test_single_layers_replace_those_of_the_preset_or_follow_them():
    asked = offered_layers.rows({"RandomZoom": 0.3, "RandomHue": {"factor": 0.1}})
    found = augmentation.chosen(splits(augmentation="medium", augment=asked))
    names = [name for name, _ in found.layers]

    assert names == ["RandomFlip", "RandomZoom", "RandomBrightness", "RandomContrast", "RandomHue"]
    assert dict(found.layers)["RandomZoom"] == {"height_factor": 0.3}
    assert found.shift == PRESETS["medium"].shift


def test_a_single_layer_needs_no_preset():
    asked = offered_layers.rows({"RandomTranslation": 0.25})
    data = splits(augmentation="none", augment=asked)

    assert augmentation.changes(data)
    both = {"height_factor": 0.25, "width_factor": 0.25}
    assert augmentation.chosen(data) == Preset(layers=(("RandomTranslation", both),))
    assert not augmentation.changes(splits(augmentation="none"))


def test_a_flip_that_is_asked_for_by_name_is_done_where_the_presets_own_is_not():
    asked = offered_layers.rows({"RandomFlip": "vertical"})
    data = splits(flip=False, augmentation="light", augment=asked)

    assert augmentation.chosen(data).layers == (("RandomFlip", {"mode": "vertical"}),)
    assert augmentation.chosen(splits(flip=False, augmentation="light")).layers == ()


def test_gray_images_go_without_what_changes_colours():
    layers = offered_layers.rows({"RandomHue": 0.2, "RandomZoom": 0.1})
    found = augmentation.chosen(splits(shape=(8, 8, 1), augment=layers))

    assert [name for name, _ in found.layers] == ["RandomZoom"]
    assert offered_layers.colourless(layers) == ["RandomHue is left out: the images are gray."]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"RandomZom": 0.1}, 'Did you mean "RandomZoom"'),
        (
            {"RandomSaturation": 0.1},
            "output leaves the range of pixels; use RandomColorDegeneration",
        ),
        ({"RandomColorJitter": 0.1}, "its random numbers do not come from a seed"),
        ({"RandomZoom": None}, "RandomZoom needs a value"),
        ({"RandomZoom": {"hight_factor": 0.1}}, 'Did you mean "height_factor"'),
        ({"RandomZoom": {"seed": 3}}, 'no setting "seed"'),
        ({"RandomZoom": 7}, r"cannot take height_factor=7: .* in the range \(-1.0, 1.0\]"),
        ({"RandomRotation": "much"}, "cannot take factor='much'"),
        ({"RandomTranslation": {"width_factor": 0.1}}, "missing 1 required .* 'height_factor'"),
        ({"RandomFlip": "sideways"}, "mode must be one of horizontal, vertical"),
        ({"RandomBrightness": float("nan")}, "cannot take factor=nan"),
        ({"RandAugment": 31}, "magnitude a number from 0 to 30"),
        ({"RandAugment": {"num_ops": 0}}, "num_ops must be a whole number of at least 1"),
        ({"RandomGaussianBlur": {"kernel_size": 4}}, "odd number"),
    ],
)
def test_a_layer_or_setting_that_there_is_not_is_named(asked, message):
    with pytest.raises(SettingError, match=message):
        augmentation.check(asked)


def test_what_the_presets_have_passes_the_same_check():
    augmentation.check({name: row for one in PRESETS.values() for name, row in one.layers})
