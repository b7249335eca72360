import numpy as np
import pytest

from kit import plots
from kit.errors import SettingError


def test_without_heat_an_image_is_gray() -> None:
    image = np.zeros((2, 3, 3), np.uint8)
    image[0, 0] = (255, 0, 0)

    found = plots.overlay(image, np.zeros((1, 1)))

    assert found.dtype == np.uint8
    assert found[0, 0].tolist() == [76, 76, 76]
    assert not found[1].any()


def test_color_is_where_the_heat_is() -> None:
    heat = np.zeros((4, 4))
    heat[:, 3] = 1
    found = plots.overlay(np.full((4, 4, 1), 100, np.uint8), heat).astype(int)

    colored = found.max(axis=-1) - found.min(axis=-1)
    assert (colored[:, :3] == 0).all()
    assert (colored[:, 3] > 60).all()


def test_a_coarse_map_is_stretched_as_pillow_stretches_it() -> None:
    from PIL import Image

    from kit.plots.heat_overlays import _stretched

    heat = np.random.default_rng(0).random((3, 5)).astype(np.float32)
    expected = Image.fromarray(heat).resize((20, 12), Image.Resampling.BILINEAR)

    np.testing.assert_allclose(_stretched(heat, 12, 20), np.asarray(expected), atol=1e-5)


@pytest.mark.parametrize(
    ("image", "heat"), [((4, 4), (4, 4)), ((4, 4, 2), (4, 4)), ((4, 4, 3), (4,))]
)
def test_other_shapes_are_refused(image: tuple[int, ...], heat: tuple[int, ...]) -> None:
    with pytest.raises(SettingError, match="heat map"):
        plots.overlay(np.zeros(image, np.uint8), np.zeros(heat))
