"""One file, one array: whoever reads it, training, scoring or prediction."""

import keras
import numpy as np
import pytest
from PIL import Image

from kit import data, evaluation, prediction

SIZE = (6, 8)
RNG = np.random.default_rng(0)
PHOTO = RNG.integers(0, 256, (*SIZE, 3), np.uint8)
GRAY = RNG.integers(0, 256, SIZE, np.uint8)
GRAY[0, 0] = 255  # so that 16 bits are full scale


class Recorder:
    """A model that keeps what it is shown."""

    def __init__(self):
        self.seen = []

    def predict_on_batch(self, images):
        self.seen.append(np.asarray(images))
        return np.full((len(images), 2), 0.5)

    def predict(self, dataset, verbose):
        return np.concatenate([self.predict_on_batch(images) for images, _ in dataset])

    def pixels(self):
        return np.concatenate(self.seen)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KIT_CACHE", str(tmp_path / "cache"))


def turned(pixels):
    """Exif orientation 6: the camera was turned, the file shows the picture lying."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return Image.fromarray(np.rot90(pixels)), {"exif": exif}


def gray_files():
    """Name -> picture, its settings, and what must come out, known without our decoder."""
    return {
        "eight bits.png": (Image.fromarray(GRAY), {}, GRAY),
        "sixteen bits.png": (Image.fromarray(GRAY.astype(np.uint16) * 257), {}, GRAY),
        "in three channels.png": (Image.fromarray(GRAY).convert("RGB"), {}, GRAY),
        "turned.png": (*turned(GRAY), GRAY),
        "turned.webp": (turned(GRAY)[0], turned(GRAY)[1] | {"lossless": True}, GRAY),
        "large.jpg": (Image.fromarray(GRAY).resize((333, 251)), {}, None),
    }


def photo_files():
    clear = np.dstack([PHOTO, np.full(SIZE, 255, np.uint8)])
    clear[0, 0, 3] = 0
    over_white = PHOTO.copy()
    over_white[0, 0] = 255
    large = np.asarray(Image.fromarray(PHOTO).resize((501, 375)))
    return {
        "photo.png": (Image.fromarray(PHOTO), {}, PHOTO),
        "turned.png": (*turned(PHOTO), PHOTO),
        "clear.png": (Image.fromarray(clear), {}, over_white),
        "gray.png": (Image.fromarray(GRAY), {}, np.dstack([GRAY] * 3)),
        "sixteen bits.png": (
            Image.fromarray(GRAY.astype(np.uint16) * 257), {}, np.dstack([GRAY] * 3),
        ),
        "turned.jpg": (*turned(large), None),
        "print.tif": (Image.fromarray(large).convert("CMYK"), {}, None),
        "=few colors\u202e\U0001f408.gif": (Image.fromarray(large).convert("P"), {}, None),
    }  # fmt: skip


@pytest.mark.parametrize(("aspect", "cached"), [("stretch", True), ("crop", False), ("pad", True)])
@pytest.mark.parametrize("pictures", [gray_files(), photo_files()], ids=["gray", "color"])
def test_training_scoring_and_prediction_see_the_same_pixels(tmp_path, pictures, cached, aspect):
    folder = tmp_path / "d"
    for name in ("a", "b"):
        (folder / name).mkdir(parents=True)
        for number in range(2):
            Image.new("L", (9, 9), ord(name) + number).save(folder / name / f"{number}.png")
    for file, (picture, settings, _) in pictures.items():
        picture.save(folder / "a" / file, **settings)

    splits = data.load(folder, SIZE, 4, augmentation="none", aspect=aspect, cache=cached)
    seen = {}
    for part, numbers in splits.parts.items():
        rows = batches(data.ordered_batches(splits, part))
        seen |= {splits.files[number]: row for number, row in zip(numbers, rows, strict=True)}
    shuffled = {row.tobytes() for row in batches(splits.train)}
    assert shuffled == {seen[splits.files[number]].tobytes() for number in splits.parts["train"]}

    scorer, predictor = Recorder(), Recorder()
    again = data.load_test(folder, splits.class_names, SIZE, splits.color, aspect, cache=cached)
    evaluation.probabilities(scorer, again.test)
    classifier = prediction.Classifier(predictor, splits.class_names, SIZE, splits.color, aspect)
    table = prediction.classify(classifier, [folder / file for file in splits.files]).table
    assert len(table) == len(splits.files) == len(pictures) + 4
    assert again.files == splits.files
    assert splits.image_shape[-1] == (3 if "photo.png" in pictures else 1)
    trained = np.stack([seen[file] for file in splits.files])
    np.testing.assert_array_equal(scorer.pixels(), trained)
    np.testing.assert_array_equal(predictor.pixels(), trained)
    for file, (_, _, expected) in pictures.items():
        if expected is not None:
            channels = expected.reshape(*SIZE, -1)
            np.testing.assert_array_equal(seen[f"a/{file}"], channels, err_msg=file)


def batches(dataset):
    return np.concatenate([keras.ops.convert_to_numpy(images) for images, _ in dataset])
