"""Images in memory: divided, trained on and scored like those of a folder."""

from typing import Any

import numpy as np
import pytest

from kit import data
from kit.errors import DataError, SettingError

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (40, 6, 8, 3), np.uint8)
LABELS = np.arange(40) % 4


def test_every_class_gives_each_part_its_share_and_pixels_stay_what_they_are() -> None:
    splits = data.from_arrays(PIXELS, LABELS, validation_split=0.2, test_split=0.1)

    assert splits.class_names == ("0", "1", "2", "3")
    assert (splits.image_shape, splits.color) == ((6, 8, 3), "rgb")
    for part, count in (("train", 7), ("validation", 2), ("test", 1)):
        assert set(splits.counts(part).values()) == {count}
    chosen = splits.parts["validation"]
    np.testing.assert_array_equal(splits.images.read(chosen), PIXELS[chosen])
    assert list(splits.table().columns) == ["file", "class", "split", "hash", "group"]
    again = data.from_arrays(PIXELS, LABELS, validation_split=0.2, test_split=0.1)
    assert again.fingerprint == splits.fingerprint
    assert again.parts["train"].tolist() == splits.parts["train"].tolist()


def test_equal_images_stay_in_one_part_and_those_of_two_classes_train() -> None:
    pixels = PIXELS.copy()
    pixels[4:8], pixels[1] = pixels[0], pixels[0]  # five equal ones, of all four classes
    splits = data.from_arrays(pixels, LABELS)

    assert {0, 1, 4, 5, 6, 7} <= set(splits.parts["train"].tolist())


def test_names_floats_gray_images_and_columns_are_taken() -> None:
    gray = PIXELS[..., 0] * 0.99
    splits = data.from_arrays(gray, np.array(["b", "a"])[LABELS[:, None] % 2], flip=False)

    assert (splits.class_names, splits.color, splits.flip) == (("a", "b"), "grayscale", False)
    assert splits.labels[:2].tolist() == [1, 0]
    np.testing.assert_array_equal(splits.images.read(np.arange(40))[..., 0], np.rint(gray))
    named = data.from_arrays(PIXELS, ["cat", "dog"] * 20, class_names=["dog", "cat"])
    assert named.labels[:2].tolist() == [1, 0]


def test_parts_that_are_given_are_kept() -> None:
    parts = ["train"] * 24 + ["validation"] * 8 + ["test"] * 8
    splits = data.from_arrays(PIXELS, LABELS, parts=parts)

    assert {part: len(numbers) for part, numbers in splits.parts.items()} == {
        "train": 24,
        "validation": 8,
        "test": 8,
    }


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"images": PIXELS[..., :2]}, r"with 1 or 3 channels; got \(40, 6, 8, 2\)"),
        ({"images": PIXELS[0, :, :, 0]}, r"got \(6, 8\)"),
        ({"images": PIXELS.astype(str)}, "images must be numbers, uint8 or float"),
        ({"images": PIXELS - 300.0}, "from 0 to 255; got -300"),
        ({"images": np.full(PIXELS.shape, np.nan)}, "got nan to nan"),
        ({"images": PIXELS / 255}, "Multiply them by 255"),
        ({"labels": LABELS[:-1]}, "labels must be 40 numbers or names"),
        ({"labels": np.eye(4)[LABELS]}, r"labels.argmax\(axis=1\)"),
        ({"labels": LABELS / 2}, "whole numbers or names; got float64"),
        ({"labels": LABELS - 1}, "labels must be from 0 to 2"),
        ({"class_names": ["a", "b"]}, "from 0 to 1, because there are 2 classes; got 0 to 3"),
        ({"class_names": ["a", "b", "c", "a"]}, "each named once"),
        ({"labels": LABELS * 0}, "two classes or more"),
        ({"labels": ["x", "y"] * 20, "class_names": ["x", "z"]}, '"y" is not in class_names'),
        ({"labels": LABELS * 2}, "Every class needs 2 different images.* 1, 3, 5"),
        ({"parts": ["train"] * 40}, "parts must assign each of the 40 images"),
        ({"validation_split": 1.5}, "validation_split must be above 0"),
        ({"batch_size": 0}, "batch_size must be 1 or more"),
        ({"augmentation": "wild"}, "wild"),
    ],
)
def test_what_is_wrong_with_an_array_is_named(changed: dict[str, Any], told: str) -> None:
    with pytest.raises((SettingError, DataError), match=told):
        data.from_arrays(**{"images": PIXELS, "labels": LABELS, **changed})


def test_training_checks_and_evaluation_work_on_arrays(eagerly: None) -> None:
    from kit import architectures, checks, evaluation, training

    pixels = PIXELS.copy()
    pixels[LABELS % 2 == 1] //= 2
    splits = data.from_arrays(pixels, LABELS % 2, ["bright", "dark"], 0.25, batch_size=16)
    model = architectures.build("linear", splits.image_shape, 2)
    history = training.fit(training.compile_model(model), splits, epochs=1)
    answers = evaluation.probabilities(model, data.ordered_batches(splits, "validation"))
    sample = checks.sample(splits, model, 16)

    assert len(history.table) == 1
    assert answers.shape == (10, 2)
    assert checks.initial_loss(checks.from_model(model), sample).name == "initial loss"
    assert (
        evaluation.score(
            splits.labels[splits.parts["validation"]], answers, splits.class_names
        ).images
        == 10
    )
