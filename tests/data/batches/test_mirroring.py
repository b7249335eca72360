"""Sentences about flips and rotations that may make one class of another."""

import pytest

from kit.data.batches import augmentation
from kit.data.batches.mirroring import advice, wanted
from kit.errors import SettingError

LEFT = ("left_hand", "other")
PLAIN = {"RandomFlip": {"mode": "horizontal"}}
UPSIDE = {"RandomFlip": {"mode": "vertical"}}


@pytest.mark.parametrize(
    ("names", "layers", "flip", "says"),
    [
        (LEFT, PLAIN, "auto", 'not mirrored: one class is "left_hand"'),
        (
            ("3", "6", "9"),
            PLAIN,
            "auto",
            'not mirrored: the classes look like digits or letters ("3")',
        ),
        (
            LEFT,
            PLAIN,
            "yes",
            'mirrored, but one class is "left_hand", so mirroring may change',
        ),
        (("b", "d"), PLAIN, "yes", "may change the label"),
        (("6", "9"), UPSIDE, "auto", "turned upside down"),
        (("thumbs up", "fist"), UPSIDE, "auto", 'one class is "thumbs up"'),
        (("6", "9"), {"RandomRotation": {"factor": 0.5}}, "auto", "rotated by up to 180 degrees"),
        (("6", "9"), {"RandomRotation": {"factor": [-0.3, 0.1]}}, "auto", "up to 108 degrees"),
    ],
)
def test_what_may_change_a_label_is_said_in_one_sentence(names, layers, flip, says):
    (note,) = advice(names, layers, flip)
    assert says in note


@pytest.mark.parametrize(
    ("names", "layers", "flip"),
    [
        (("cats", "dogs"), {**PLAIN, "RandomRotation": {"factor": 0.5}}, "yes"),
        (LEFT, PLAIN, "no"),  # as was asked
        (LEFT, {}, "auto"),  # nothing is mirrored anyway
        (("cup", "puppy"), UPSIDE, "auto"),
        (("6", "9"), {"RandomRotation": {"factor": 15 / 360}}, "auto"),
        (("6", "9"), {"RandomRotation": {"factor": "much"}}, "auto"),  # refused elsewhere
    ],
)
def test_nothing_is_said_where_nothing_is_at_stake(names, layers, flip):
    assert advice(names, layers, flip) == []


def test_the_presets_rotation_is_no_danger_to_digits():
    strong = dict(augmentation.preset("strong").layers)
    assert len(advice(("6", "9"), strong, "auto")) == 1  # the flip that is left out


@pytest.mark.parametrize(
    ("said", "word"), [(True, "yes"), (False, "no"), (None, "auto"), ("no", "no")]
)
def test_what_may_be_mirrored_is_asked_for_in_three_words(said, word):
    assert wanted(said) == word
    with pytest.raises(SettingError, match="flip takes auto, yes or no, not 'maybe'"):
        wanted("maybe")
