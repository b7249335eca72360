import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from kit import baselines, data, evaluation
from kit.baselines import image_vectors
from kit.data import samples
from kit.errors import DataError, SettingError

ALL = tuple(baselines.METHODS)


@pytest.fixture(scope="module")
def digits() -> data.Splits:
    return data.load(
        samples.digits(), image_size=8, augmentation="none", validation_split=0.1, test_split=0.5
    )


@pytest.fixture(scope="module")
def splits(photos: Path) -> data.Splits:
    return data.load(photos, image_size=(6, 8), augmentation="none")


@pytest.mark.parametrize(("method", "least"), [("knn", 0.95), ("logistic", 0.93), ("svm", 0.90)])
def test_digits_are_told_apart(digits: data.Splits, method: str, least: float) -> None:
    baseline = baselines.fit(digits, method)
    answers = baselines.answer(baseline, digits, "test")
    scores = evaluation.score(
        digits.labels[digits.parts["test"]], answers.probabilities, digits.class_names
    )

    assert scores.accuracy > least
    assert scores.loss < 0.8  # probabilities, not distances: knowing nothing is 2.3
    assert answers.seconds > 0
    chosen = dict(baseline.settings)
    assert baseline.search.loc[baseline.search["accuracy"].idxmax(), list(chosen)].to_dict() == (
        chosen
    )


@pytest.mark.parametrize("method", ALL)
def test_the_held_out_parts_choose_nothing(splits: data.Splits, method: str) -> None:
    held_out = splits.parts["validation"]
    labels = splits.labels.copy()
    labels[held_out] = 1 - labels[held_out]
    other = dataclasses.replace(splits, labels=labels)
    one, two = (
        baselines.answer(baselines.fit(each, method), each, "validation")
        for each in (splits, other)
    )

    np.testing.assert_array_equal(one.probabilities, two.probabilities)


@pytest.mark.parametrize("method", ALL)
def test_vectors_in_place_of_pixels_are_taken_as_they_are(splits: data.Splits, method: str) -> None:
    @dataclasses.dataclass(frozen=True)
    class Features:
        """The mean of each channel, as a backbone would give numbers."""

        failed = ()
        shape = (3,)

        def read(self, indices: np.ndarray) -> np.ndarray:
            return splits.images.read(indices).mean(axis=(1, 2), dtype=np.float32) / 255

        def read_present(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return self.read(indices), indices

    vectors = dataclasses.replace(splits, images=Features())
    baseline = baselines.fit(vectors, method)
    answers = baselines.answer(baseline, vectors, "validation")

    true = splits.labels[splits.parts["validation"]]
    assert (answers.probabilities.argmax(axis=1) == true).all()
    np.testing.assert_allclose(answers.probabilities.sum(axis=1), 1)


def test_the_same_seed_chooses_the_same(splits: data.Splits) -> None:
    one, two = (baselines.fit(splits, "svm") for _ in range(2))

    assert one.search.equals(two.search)


def test_folds_share_no_image_and_no_copy_and_hold_every_class_evenly() -> None:
    labels = np.arange(103) % 3
    hashes = [f"content {number}" for number in [*range(100), 0, 0, 1]]
    labels[100:] = [0, 0, 1]
    fold = image_vectors.folds(labels, hashes, ("a", "b", "c"), 1000, seed=1)

    assert set(fold) == {0, 1, 2, 3, 4}
    assert fold[100] == fold[101] == fold[0]
    assert fold[102] == fold[1]
    counts = np.array([np.bincount(labels[:100][fold[:100] == number]) for number in range(5)])
    assert counts.max(axis=0).tolist() == [7, 7, 7]
    assert counts.min(axis=0).tolist() == [6, 6, 6]
    other = image_vectors.folds(labels, hashes, ("a", "b", "c"), 1000, seed=2)
    assert (fold != other).any()


def test_a_large_set_is_tuned_on_a_share_of_each_class() -> None:
    labels = np.repeat([0, 1, 2], [900, 97, 3])
    fold = image_vectors.folds(labels, [str(n) for n in range(1000)], ("a", "b", "c"), 100, seed=0)

    assert [int((fold[labels == label] >= 0).sum()) for label in range(3)] == [90, 10, 2]


def test_a_class_with_one_training_image_is_named() -> None:
    with pytest.raises(DataError, match=r"two different training images.*in rare\. Add"):
        image_vectors.folds(
            np.array([0, 0, 1, 1]), ["a", "b", "c", "c"], ("common", "rare"), 100, 0
        )


def test_images_that_need_too_much_memory_are_refused_before_they_are_read(
    splits: data.Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_vectors, "MOST_BYTES", 1000)

    with pytest.raises(SettingError, match=r"38 images of 144 values.*Make image_size smaller"):
        baselines.fit(splits, "knn")


def test_an_unknown_method_is_answered_with_those_there_are(splits: data.Splits) -> None:
    with pytest.raises(SettingError, match=r'knn, logistic, svm\. Did you mean "svm"'):
        baselines.fit(splits, "svn")


def test_a_part_that_is_not_there_is_named(splits: data.Splits) -> None:
    with pytest.raises(SettingError, match="part must be one of train, validation, not 'test'"):
        baselines.answer(baselines.fit(splits, "knn"), splits, "test")


def test_a_tiny_set_of_two_images_a_class_can_be_fitted(tmp_path: Path) -> None:
    for channel, name in enumerate(("red", "green")):
        (tmp_path / name).mkdir()
        for number in range(3):
            pixels = np.full((4, 4, 3), 10 * number, np.uint8)
            pixels[..., channel] = 200
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    few = data.load(tmp_path, image_size=4, validation_split=0.3, augmentation="none")

    for method in ALL:
        answers = baselines.answer(baselines.fit(few, method), few, "validation")
        assert (answers.probabilities.argmax(axis=1) == few.labels[few.parts["validation"]]).all()


def test_without_a_training_part_there_is_nothing_to_fit(splits: data.Splits) -> None:
    held_out = dataclasses.replace(splits, parts={"test": splits.parts["validation"]})
    with pytest.raises(SettingError, match="part must be one of test, not 'train'"):
        baselines.fit(held_out, "knn")
