import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from kit import data, prediction, runs
from kit.data.decoding import decoder
from kit.data.decoding.equalization import equalized
from kit.errors import SettingError

BOTH = ("contrast", "histogram")


def pale(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """A picture with little contrast."""
    values = np.random.default_rng(seed).normal(110, 15, shape)
    return np.clip(values, 0, 255).astype(np.uint8)


def encoded(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def changed(pixels: np.ndarray, equalization: str) -> np.ndarray:
    return np.asarray(equalized(Image.fromarray(pixels), equalization))


def test_none_changes_nothing() -> None:
    image = Image.fromarray(pale((9, 9, 3)))

    assert equalized(image, "none") is image


def test_contrast_is_a_straight_line_from_one_per_cent_to_99() -> None:
    pixels = pale((50, 40))
    low, high = np.sort(pixels, axis=None)[[20, -21]].astype(float)  # 1 % of 2,000 are cut off

    expected = np.clip((pixels - low) * 255 / (high - low), 0, 255)
    assert np.abs(changed(pixels, "contrast") - expected).max() <= 1


def test_histogram_is_the_textbook_curve() -> None:
    pixels = np.array([[52, 55, 61], [52, 61, 154]], np.uint8)

    # not brighter than 52, 55, 61, 154: 2, 3, 5, 6 pixels; (n - 2) / 4 of 255
    expected = np.rint([[0, 255 / 4, 255 * 3 / 4], [0, 255 * 3 / 4, 255]])
    np.testing.assert_array_equal(changed(pixels, "histogram"), expected)


def test_histogram_of_a_large_picture_is_pillows_but_for_rounding() -> None:
    grays = np.arange(40, 200, dtype=np.uint8)
    counts = np.random.default_rng(0).integers(1, 800, len(grays))
    counts[0] = 1  # the darkest are not counted by us
    pixels = np.repeat(grays, counts)[None]
    ours = changed(pixels, "histogram").astype(int)
    pillows = np.asarray(ImageOps.equalize(Image.fromarray(pixels))).astype(int)

    # Pillow counts the pixels that are darker, not those as dark too: the next gray's step.
    steps = [np.unique(ours[pixels == gray]).item() for gray in grays]
    next_pillows = [np.unique(pillows[pixels == gray]).item() for gray in grays[1:]]
    np.testing.assert_allclose(steps[:-1], next_pillows, atol=2)


@pytest.mark.parametrize("side", [8, 20, 64])
def test_histogram_spreads_the_grays_of_small_pictures_too(side: int) -> None:
    values = changed(pale((side, side)), "histogram")

    assert (values.min(), values.max()) == (0, 255)
    shares = np.histogram(values, bins=4, range=(0, 256))[0] / values.size
    assert shares.min() > 0.18
    assert shares.max() < 0.32


@pytest.mark.parametrize("equalization", BOTH)
def test_gray_stays_gray_and_is_the_same_in_one_channel_and_three(equalization: str) -> None:
    gray = pale((20, 30))
    three = changed(np.repeat(gray[..., None], 3, axis=2), equalization)

    np.testing.assert_array_equal(three[..., 0], changed(gray, equalization))
    assert (three == three[..., :1]).all()


@pytest.mark.parametrize("equalization", BOTH)
def test_all_channels_have_one_curve_that_never_falls(equalization: str) -> None:
    pixels = pale((30, 30, 3))
    pixels[..., 0] += 60
    values = changed(pixels, equalization)

    order = np.argsort(pixels, axis=None)
    assert (np.diff(values.ravel()[order].astype(int)) >= 0).all()
    for value in np.unique(pixels):
        assert len(np.unique(values[pixels == value])) == 1


@pytest.mark.parametrize("equalization", BOTH)
@pytest.mark.parametrize("value", [0, 77, 255])
def test_a_picture_of_one_gray_stays(equalization: str, value: int) -> None:
    pixels = np.full((5, 5, 3), value, np.uint8)

    np.testing.assert_array_equal(changed(pixels, equalization), pixels)


@pytest.mark.parametrize("equalization", BOTH)
def test_the_decoder_equalizes_what_it_resized_and_leaves_the_padding_black(
    equalization: str,
) -> None:
    content = encoded(pale((40, 80, 3)))
    plain = decoder.decode(content, (20, 40))
    padded = decoder.decode(content, (40, 40), "rgb", "pad", equalization)

    np.testing.assert_array_equal(
        decoder.decode(content, (20, 40), equalization=equalization), changed(plain, equalization)
    )
    np.testing.assert_array_equal(padded[10:30], changed(plain, equalization))
    assert (padded[:10] == 0).all()
    assert (padded[30:] == 0).all()


def test_an_equalization_that_does_not_exist_is_named() -> None:
    with pytest.raises(SettingError, match="equalization must be one of none, contrast, histogram"):
        decoder.decode(encoded(pale((4, 4))), (4, 4), equalization="clahe")
    with pytest.raises(SettingError, match="equalization must be one of"):
        data.load("nowhere", equalization="clahe")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pale")
    for number in range(12):
        for label, name in enumerate(("dark", "light")):
            (root / name).mkdir(exist_ok=True)
            pixels = pale((24, 18, 3), 2 * number + label) + np.uint8(60 * label)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
    return root


@pytest.mark.parametrize("color", ["rgb", "grayscale"])
@pytest.mark.parametrize("equalization", BOTH)
def test_training_scoring_and_prediction_see_the_same_pixels(
    folder: Path, equalization: str, color: str
) -> None:
    size, kinds = (10, 12), {"color": color, "equalization": equalization}
    cached = data.load(folder, size, augmentation="none", **kinds)
    decoded = data.load(folder, size, augmentation="none", cache=False, **kinds)
    again = data.load_test(
        folder, cached.class_names, size, color, "stretch", equalization=equalization
    )
    every = np.arange(len(cached.files))
    expected = [
        decoder.decode(folder / file, size, color, "stretch", equalization) for file in cached.files
    ]

    seen = []

    class Model:
        layers = ()

        def predict_on_batch(self, images: np.ndarray) -> np.ndarray:
            seen.extend(images)
            return np.full((len(images), 2), 0.5)

    classifier = prediction.Classifier(
        Model(), cached.class_names, size, color, "stretch", equalization=equalization
    )
    prediction.classify(classifier, [folder / file for file in cached.files])

    for pixels in (cached.images.read(every), decoded.images.read(every), again.images.read(every)):
        np.testing.assert_array_equal(pixels, expected)
    np.testing.assert_array_equal(seen, expected)


def test_each_equalization_has_an_array_of_its_own_in_the_cache(folder: Path) -> None:
    kinds = ("none", *BOTH)
    pixels = [
        data.load(folder, 8, augmentation="none", equalization=kind).images.read(np.array([0]))
        for kind in (*kinds, *kinds)
    ]

    for first, second in zip(pixels[:3], pixels[3:], strict=True):
        np.testing.assert_array_equal(first, second)
    assert (pixels[0] != pixels[1]).any()
    assert (pixels[1] != pixels[2]).any()


def test_a_run_from_before_there_was_a_choice_is_read_without(tmp_path: Path) -> None:
    facts = {"class_names": ["a", "b"], "image_size": [4, 4], "color": "rgb", "aspect": "pad"}
    (tmp_path / "model.keras").touch()
    (tmp_path / "run.yaml").write_text("{}")
    for more, expected in (({}, "none"), ({"equalization": "contrast"}, "contrast")):
        (tmp_path / "run.json").write_text(json.dumps(facts | more))
        assert runs.load(tmp_path).equalization == expected

    (tmp_path / "run.json").write_text(json.dumps(facts | {"equalization": 3}))
    with pytest.raises(SettingError, match="no usable 'equalization'"):
        runs.load(tmp_path)
