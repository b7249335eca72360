"""Balanced epochs: how often classes and images come, and that copies look different."""

import numpy as np
import pytest
from stand_in import splits

from kit.data.batches import class_sampling, pipeline
from kit.data.loading import load
from kit.errors import SettingError

TRAIN = np.arange(10, 60)
LABELS = np.zeros(100, np.int64)
LABELS[40:55], LABELS[55:60] = 1, 2  # 30, 15 and 5 training images


def order(epoch, sampling="balanced", seed=1):
    return class_sampling.order(TRAIN, LABELS, seed, epoch, sampling)


def test_classes_come_equally_often_in_every_epoch_of_the_same_length():
    for epoch in range(6):
        chosen, _ = order(epoch)
        counts = np.bincount(LABELS[chosen])
        assert len(chosen) == 50
        assert counts.max() - counts.min() <= 1


def test_images_of_a_class_come_equally_often_over_the_epochs():
    seen = np.concatenate([order(epoch)[0] for epoch in range(9)])
    for label in range(3):
        counts = np.bincount(seen, minlength=100)[TRAIN[LABELS[TRAIN] == label]]
        assert counts.sum() == 150
        assert counts.max() - counts.min() <= 1
    assert set(seen) == set(TRAIN)


def test_an_epoch_is_a_function_of_seed_and_number():
    np.testing.assert_array_equal(order(3)[0], order(3)[0])
    assert (order(3)[0] != order(4)[0]).any()
    assert (order(3)[0] != order(3, seed=2)[0]).any()


def test_each_image_counts_how_often_it_came_before():
    chosen, times = order(0)
    for image in np.unique(chosen):
        np.testing.assert_array_equal(times[chosen == image], np.arange((chosen == image).sum()))
    assert times.max() >= 2  # five images share 16 or 17 places


def test_without_sampling_each_image_comes_once():
    chosen, times = order(5, "none")
    np.testing.assert_array_equal(chosen, np.random.default_rng([1, 5]).permutation(TRAIN))
    assert not times.any()


def test_a_class_without_a_training_image_is_left_out():
    chosen, _ = class_sampling.order(TRAIN[:45], LABELS, 1, 0, "balanced")
    assert np.bincount(LABELS[chosen]).tolist() in ([23, 22], [22, 23])


def test_an_image_that_comes_again_looks_different():
    labels = np.array([0] * 12 + [1] + [0])
    data = splits(14, augmentation="medium", labels=labels, sampling="balanced")
    data = data.but(parts={"train": np.arange(13)}, class_names=("ant", "bee"), batch_size=13)
    (images, rows) = next(iter(pipeline.training(data)))
    copies = images.numpy()[rows.numpy()[:, 1] == 1]
    assert len(copies) in (6, 7)
    assert len(np.unique(copies.reshape(len(copies), -1), axis=0)) == len(copies)
    first = next(iter(pipeline.ordered(data.but(parts={"train": [12]}), "train", epoch=0)))[0]
    assert any(np.array_equal(copy, first[0]) for copy in copies)  # the first time as ever


def test_balanced_training_can_begin_at_any_epoch():
    data = splits(14, augmentation="light", labels=np.arange(14) // 6, sampling="balanced")
    whole = [x.numpy() for x, _ in pipeline.training(data).take(9)]
    later = [x.numpy() for x, _ in pipeline.training(data, first_epoch=2).take(3)]
    for one, other in zip(later, whole[6:], strict=True):
        np.testing.assert_array_equal(one, other)


def test_smote_of_images_is_refused():
    with pytest.raises(SettingError, match="SMOTE interpolates between vectors"):
        pipeline.training(splits(sampling="smote"))


def test_a_sampling_that_there_is_not_is_refused():
    with pytest.raises(SettingError, match="none, balanced, smote, not 'equal'"):
        load("no folder is looked for", sampling="equal")
