"""What becomes of small things at an image size."""

import pandas as pd
import pytest

from kit.auditing.detail import detail


def images(*sizes: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame(sizes, columns=["width", "height"])


def test_a_hundred_pixels_of_4032_become_5_6_at_224() -> None:
    found = detail(images((4032, 3024)), (224, 224), 100)

    assert found is not None
    assert found.sentence == (
        "100 pixels of 4032 shrink to 5.6 at 224. With aspect=crop they shrink to 7.4, and 25% of "
        "the picture is "
        "cut off."
    )
    assert found.needed == 352  # 8 pixels: 100 * 352 / 4032 is 8.7, and 320 gives 7.9
    assert "image_size=352" in found.advice[0]


@pytest.mark.parametrize("thing", [10, 50, 100, 400])
def test_the_advised_size_shows_the_thing(thing: int) -> None:
    table = images((4032, 3024))
    needed = detail(table, (64, 64), thing).needed

    assert detail(table, (needed, needed), thing).stretched >= 8
    assert detail(table, (needed - 32, needed - 32), thing).stretched < 8


def test_a_thing_that_is_seen_needs_no_advice() -> None:
    found = detail(images((500, 500)), (224, 224), 100)

    assert found.needed is None
    assert found.advice == ()
    assert found.stretched == found.cropped == pytest.approx(44.8)


def test_no_size_helps_where_the_thing_is_a_dot_in_the_image() -> None:
    found = detail(images((500, 500)), (224, 224), 4)

    assert found.needed is None
    assert "No image size helps" in found.advice[0]


def test_without_a_size_it_is_what_a_training_takes() -> None:
    assert detail(images((500, 300)), None, None).image_size == (128, 128)
    small = detail(images((20, 24)), None, None)
    assert small.image_size == (24, 24)
    assert small.sentence == "The median image has 24 pixels and is not shrunk at 24."
    assert small.advice == ()


def test_bent_shapes_and_enlarged_images_are_said() -> None:
    bent = detail(images((600, 300), (600, 300), (300, 600)), (128, 128), 100)
    grown = detail(images((100, 100), (90, 90), (500, 500)), (224, 224), 100)

    assert bent.distorted == 1
    assert "aspect=crop" in bent.advice[-1]
    assert grown.enlarged == pytest.approx(2 / 3)
    assert "67% of the images are smaller" in grown.advice[-1]


def test_a_wide_size_fits_wide_images() -> None:
    found = detail(images((400, 200)), (100, 200), 40)

    assert found.distorted == 0
    assert found.stretched == found.cropped == 20
    assert "at 100x200" in found.sentence


def test_without_images_there_is_no_detail() -> None:
    assert detail(images(), (224, 224), 100) is None
