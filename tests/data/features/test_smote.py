"""SMOTE on features: what is added, where it lies, and what is left alone."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from kit import data
from kit.data.features import features, smote
from kit.errors import SettingError


@pytest.fixture(scope="module")
def vectors(photos: Path) -> data.Splits:
    """17 training vectors of one class, 4 of the other."""
    splits = data.load(photos, image_size=8, augmentation="none", sampling="smote")
    train = splits.parts["train"]
    red = np.flatnonzero(splits.labels[train] == 1)
    few = np.delete(train, red[4:])
    found = features.featured(
        splits, lambda images: images.mean(axis=(1, 2)), "means of channels", (3,), cache=False
    )
    return replaced(found, few)


def replaced(splits: data.Splits, train: np.ndarray) -> data.Splits:
    import dataclasses

    return dataclasses.replace(splits, parts={**splits.parts, "train": train})


def made(before: data.Splits, after: data.Splits) -> tuple[np.ndarray, np.ndarray]:
    added = after.parts["train"][len(before.parts["train"]) :]
    return after.images.read(added), after.labels[added]


def test_every_class_gets_as_many_training_vectors_as_the_largest(vectors: data.Splits) -> None:
    after = smote.oversampled(vectors)

    counts = vectors.counts("train")
    assert set(after.counts("train").values()) == {max(counts.values())}
    assert min(counts.values()) == 4
    assert after.sampling == "none"
    assert len(after.files) == len(after.hashes) == len(after.groups) == len(after.images)
    assert after.counts("validation") == vectors.counts("validation")
    for part, numbers in vectors.parts.items():
        kept = after.parts[part][: len(numbers)]
        np.testing.assert_array_equal(after.images.read(kept), vectors.images.read(numbers))


def test_what_is_made_lies_between_two_vectors_of_its_class(vectors: data.Splits) -> None:
    found, labels = made(vectors, smote.oversampled(vectors))
    train = vectors.parts["train"]
    own = vectors.images.read(train[vectors.labels[train] == 1])

    assert set(labels) == {1}
    assert len(found) == max(vectors.counts("train").values()) - 4
    for vector in found:
        gaps = [
            np.linalg.norm(vector - a) + np.linalg.norm(vector - b) - np.linalg.norm(a - b)
            for a in own
            for b in own
            if (a != b).any()
        ]
        assert min(gaps) < 1e-3
    assert len(np.unique(found, axis=0)) == len(found)


def test_the_same_seed_makes_the_same(vectors: data.Splits) -> None:
    import dataclasses

    first, same = (made(vectors, smote.oversampled(vectors))[0] for _ in range(2))
    other = dataclasses.replace(vectors, seed=7)

    np.testing.assert_array_equal(first, same)
    assert (made(other, smote.oversampled(other))[0] != first).any()


def test_a_class_of_one_image_has_nothing_between(vectors: data.Splits) -> None:
    train = vectors.parts["train"]
    red = np.flatnonzero(vectors.labels[train] == 1)
    with pytest.raises(SettingError, match=r'two training images .* "قرمز red" has one'):
        smote.oversampled(replaced(vectors, np.delete(train, red[1:])))


def test_images_are_refused(photos: Path) -> None:
    splits = data.load(photos, image_size=8, sampling="smote")
    with pytest.raises(SettingError, match="features of a frozen backbone, not on images"):
        smote.oversampled(splits)


def test_the_missing_package_is_named_with_the_command(
    vectors: data.Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingError, match="pip install imbalanced-learn"):
        smote.oversampled(vectors)
