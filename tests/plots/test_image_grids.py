import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from kit import plots
from kit.errors import SettingError


def shown(figure):
    return [axes for axes in figure.axes if axes.images]


def test_every_image_stands_under_its_own_title():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3), np.uint8)
    figure = plots.images(pixels, ["$x$", "_b", "سگ", "d", "e"])
    drawn = shown(figure)
    assert [axes.get_title() for axes in drawn] == ["$x$", "_b", "سگ", "d", "e"]
    for axes, image in zip(drawn, pixels, strict=True):
        np.testing.assert_array_equal(axes.images[0].get_array(), image)
    figure.savefig(io.BytesIO(), format="png", dpi=40)


def test_a_title_of_several_lines_keeps_the_ends_of_each() -> None:
    title = ("validation/Golden-Delicious", "photo_2021\n_0001234.jpg")
    figure = plots.images(np.zeros((1, 8, 8, 3), np.uint8), [title], lines=2)

    assert figure.axes[0].get_title() == "validation…Delicious\nphoto_2021…01234.jpg"


def test_a_pale_gray_image_stays_pale():
    figure = plots.images(np.full((1, 8, 8, 1), 200, np.uint8), ["a"])
    figure.axes[0].set_title("")
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    buffer = np.asarray(canvas.buffer_rgba())[..., 0]
    box = figure.axes[0].get_window_extent()
    middle = buffer[buffer.shape[0] - int(box.y0 + box.height / 2), int(box.x0 + box.width / 2)]
    assert middle == 200


def test_the_grid_is_as_wide_as_asked():
    figure = plots.images(np.zeros((5, 8, 8, 3), np.uint8), list("abcde"), columns=5)
    assert [axes.get_subplotspec().colspan.start for axes in shown(figure)] == [0, 1, 2, 3, 4]


def test_rows_of_augmented_images_begin_with_the_original():
    pixels = np.arange(2 * 3 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 4, 3)
    figure = plots.augmented(pixels, ["گربه", "dog"])
    drawn = shown(figure)
    assert [axes.get_title() for axes in drawn[:3]] == ["original", "variant 1", "variant 2"]
    assert [axes.get_ylabel() for axes in drawn[::3]] == ["گربه", "dog"]
    np.testing.assert_array_equal(drawn[3].images[0].get_array(), pixels[1, 0])


def test_a_template_is_gray_where_a_class_has_no_weight() -> None:
    weights = np.zeros((1, 3, 1, 2))
    weights[0, :, 0, 0] = [0, 0.5, -0.25]  # each class has its own scale
    figure = plots.templates(weights, ["cat", "dog"])

    cat, dog = (axes.images[0].get_array() for axes in shown(figure))
    np.testing.assert_array_equal(cat, [[128, 255, 64]])
    np.testing.assert_array_equal(dog, [[128, 128, 128]])


def test_mixed_images_stand_over_the_shares_of_their_classes():
    pixels = np.zeros((3, 8, 8, 3), np.uint8)
    long = "a very long name of a class"
    shares = [[("cat", 0.7), ("dog", 0.3)], [("$x$", 1.0)], [(long, 0.55), ("سگ", 0.45)]]
    drawn = shown(plots.mixed(pixels, shares))
    assert [axes.get_xlabel() for axes in drawn[:2]] == ["cat 0.70\ndog 0.30", "$x$ 1.00"]
    first, second = drawn[2].get_xlabel().split("\n")
    assert first.startswith("a very")
    assert first.endswith("… class 0.55")
    assert second == "سگ 0.45"


def test_augmented_images_need_no_titles():
    assert len(shown(plots.augmented(np.zeros((2, 2, 4, 4, 1), np.uint8)))) == 4


@pytest.mark.parametrize(
    ("shape", "titles", "says"),
    [
        ((0, 4, 4, 3), [], "at least one"),
        ((1, 4, 4, 2), ["a"], "1 or 3 channels"),
        ((4, 4, 3), ["a"], "shape"),
        ((2, 4, 4, 3), ["a"], "2 images need as many titles; got 1"),
    ],
)
def test_what_is_no_batch_of_images_is_refused(shape, titles, says):
    with pytest.raises(SettingError, match=says):
        plots.images(np.zeros(shape, np.uint8), titles)


def test_feature_maps_are_drawn_a_row_each_the_most_varied_channels_first() -> None:
    early = np.zeros((2, 2, 3))
    early[0, 0] = [1, -3, 2]
    figure = plots.feature_maps({"net/early": early, "late": np.full((1, 1, 1), 5.0)}, columns=2)
    drawn = shown(figure)

    assert [axes.get_ylabel() for axes in drawn] == ["early\n2 x 2 x 3", "", "late\n1 x 1 x 1"]
    np.testing.assert_array_equal(drawn[0].images[0].get_array(), [[0, 153], [153, 153]])
    np.testing.assert_array_equal(drawn[1].images[0].get_array(), [[255, 153], [153, 153]])


@pytest.mark.parametrize("maps", [{}, {"conv": np.zeros((2, 2))}])
def test_feature_maps_of_another_shape_are_refused(maps: dict[str, np.ndarray]) -> None:
    with pytest.raises(SettingError, match=r"arrays \(height, width, channels\)"):
        plots.feature_maps(maps)
