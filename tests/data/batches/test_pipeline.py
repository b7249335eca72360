import numpy as np
import pytest
import tensorflow as tf
from stand_in import splits

from kit.data.batches import pipeline
from kit.errors import DataError, SettingError


def indices(images):
    """The first value of every image says which one it is."""
    return np.asarray(images)[:, 0, 0, 0].astype(int)


def epoch(dataset, count):
    return [(x.numpy(), y.numpy()) for x, y in dataset.take(count)]


def assert_equal_batches(first, second):
    assert len(first) == len(second)
    for (x, y), (other_x, other_y) in zip(first, second, strict=True):
        np.testing.assert_array_equal(x, other_x)
        np.testing.assert_array_equal(y, other_y)


def test_an_epoch_holds_every_training_image_once_in_batches_of_nearly_equal_size():
    data = splits(14)  # 11 for training
    assert pipeline.steps(data) == 3
    batches = epoch(pipeline.training(data), 3)
    assert [len(x) for x, _ in batches] == [4, 4, 3]
    seen = np.concatenate([indices(x) for x, _ in batches])
    np.testing.assert_array_equal(np.sort(seen), data.parts["train"])


def test_the_order_is_a_function_of_seed_and_epoch():
    data = splits(14, seed=7)
    batches = epoch(pipeline.training(data), 6)
    for number in (0, 1):
        seen = np.concatenate([indices(x) for x, _ in batches[3 * number : 3 * number + 3]])
        order = np.random.default_rng([7, number]).permutation(data.parts["train"])
        np.testing.assert_array_equal(seen, order)


def test_images_are_float_in_the_range_of_bytes_and_labels_fit_them():
    data = splits()
    for x, y in pipeline.training(data).take(3):
        assert x.dtype == y.dtype == tf.float32
        np.testing.assert_array_equal(x, data.images.read(indices(x)))
        np.testing.assert_array_equal(np.argmax(y, axis=1), data.labels[indices(x)])
        np.testing.assert_array_equal(np.sum(y, axis=1), 1)


@pytest.mark.parametrize("name", ["none", "light"])
def test_training_can_begin_at_any_epoch(name):
    data = splits(augmentation=name)
    whole = epoch(pipeline.training(data), 9)
    assert_equal_batches(epoch(pipeline.training(data, first_epoch=2), 3), whole[6:])


def test_one_pass_is_the_next_epoch_at_each_iteration():
    data = splits(augmentation="light")
    whole, passes = epoch(pipeline.training(data), 6), pipeline.one_pass(data)
    assert passes.cardinality() == 3
    assert_equal_batches(epoch(passes, -1), whole[:3])
    assert_equal_batches(epoch(passes, -1), whole[3:])


def test_an_image_looks_the_same_in_batches_of_any_size():
    looks = []
    for batch_size in (1, 5, 11):
        data = splits(augmentation="light", batch_size=batch_size)
        batches = epoch(pipeline.training(data, first_epoch=1), pipeline.steps(data))
        looks.append(np.concatenate([x for x, _ in batches]))  # the order is the same
    for other in looks[1:]:
        np.testing.assert_array_equal(other, looks[0])


def test_the_number_of_threads_changes_nothing():
    data = splits(20, (64, 48, 3), augmentation="light")
    found = []
    for threads in (1, 4):
        options = tf.data.Options()
        options.threading.private_threadpool_size = threads
        options.threading.max_intra_op_parallelism = threads
        found.append(epoch(pipeline.training(data).with_options(options), 8))
    assert_equal_batches(*found)


def test_another_seed_gives_other_images():
    first, second = (
        next(iter(pipeline.training(splits(3, seed=s, augmentation="light"))))[0] for s in (1, 2)
    )
    assert sorted(np.sum(first, axis=(1, 2, 3))) != sorted(np.sum(second, axis=(1, 2, 3)))


@pytest.mark.parametrize("batch_size", [None, 2, 100])
def test_ordered_batches_follow_the_part_and_are_unchanged(batch_size):
    data = splits(17, augmentation="light")
    data = data.but(parts=data.parts | {"validation": np.array([16, 3, 14, 15, 13, 2])})
    batches = pipeline.ordered(data, "validation", "int", batch_size)
    assert batches.cardinality() == {None: 2, 2: 3, 100: 1}[batch_size]
    images, labels = (np.concatenate(list(a)) for a in zip(*epoch(batches, -1), strict=True))
    np.testing.assert_array_equal(images, data.images.read(data.parts["validation"]))
    np.testing.assert_array_equal(labels, data.labels[data.parts["validation"]])
    assert images.dtype == np.float32
    assert labels.dtype == np.int32


def test_binary_labels_are_one_column_with_1_for_the_second_class():
    data = splits(class_names=("cats", "dogs"), labels=np.arange(14) % 2)
    labels = np.concatenate([y for _, y in epoch(pipeline.ordered(data, "train", "binary"), -1)])
    assert labels.dtype == np.float32
    np.testing.assert_array_equal(labels, data.labels[data.parts["train"]][:, None])


def test_labels_that_do_not_fit_are_refused():
    with pytest.raises(SettingError, match="need 2 classes, not 3"):
        pipeline.training(splits(), "binary")
    with pytest.raises(SettingError, match="categorical, binary or int, not 'one-hot'"):
        pipeline.ordered(splits(), "train", "one-hot")


def test_a_part_that_is_not_there_is_named():
    with pytest.raises(SettingError, match="part must be one of train, validation, not 'test'"):
        pipeline.ordered(splits(), "test")


def test_shapes_are_known_before_the_first_batch():
    for dataset in (pipeline.training(splits(augmentation="light")), pipeline.one_pass(splits())):
        images, labels = dataset.element_spec
        assert images.shape.as_list() == [None, 12, 10, 3]
        assert labels.shape.as_list() == [None, 3]


def test_a_file_that_breaks_during_training_is_named():
    class Broken:
        shape = (12, 10, 3)
        dtype = np.dtype(np.uint8)

        def read_present(self, indices):
            raise DataError("cats/photo 7.jpg broke: it ends too early.")

    with pytest.raises(tf.errors.OpError, match=r"cats/photo 7\.jpg broke"):
        next(iter(pipeline.training(splits(images=Broken()))))
