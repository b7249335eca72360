"""MixUp and CutMix: what is drawn, what becomes of images, labels and weights, what is refused."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from stand_in import splits

from kit.data.batches import mixing, pipeline
from kit.errors import SettingError

SIZE = (24, 32)


def batches(data, count, first_epoch=0, **settings):
    found = pipeline.training(data, first_epoch=first_epoch, **settings)
    return [tuple(one.numpy() for one in batch) for batch in found.take(count)]


def assert_equal(first, second):
    for one, other in zip(first, second, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def mix(images, rows, drawn):
    return mixing.mixed(
        tf.constant(images, tf.float32),
        tf.constant(rows, tf.float32),
        *(tf.constant(one) for one in vars(drawn).values()),
    )


@pytest.mark.parametrize("kind", ["mixup", "cutmix", "both"])
def test_what_is_drawn_is_a_function_of_seed_epoch_and_batch(kind):
    how = mixing.mix(kind)
    first, same = (mixing.draw(how, 1, 2, 3, 32, SIZE) for _ in range(2))
    for key, value in vars(first).items():
        np.testing.assert_array_equal(value, vars(same)[key])
    for other in [(2, 2, 3), (1, 3, 3), (1, 2, 4)]:
        assert (mixing.draw(how, *other, 32, SIZE).partners != first.partners).any()
        assert (mixing.draw(how, *other, 32, SIZE).shares != first.shares).any()


@pytest.mark.parametrize(("alpha", "variance"), [(None, 0.25 / 1.4), (1.0, 1 / 12)])
def test_mixup_draws_shares_from_a_beta_distribution(alpha, variance):
    drawn = mixing.draw(mixing.mix("mixup", alpha), 0, 0, 0, 20_000, SIZE)
    assert drawn.shares.mean() == pytest.approx(0.5, abs=0.02)
    assert drawn.shares.var() == pytest.approx(variance, abs=0.005)  # 1 / (4 (2 alpha + 1))
    np.testing.assert_array_equal(drawn.shares, drawn.outside)
    assert not drawn.boxes.any()


def test_every_image_is_a_partner_once():
    for kind in ("mixup", "cutmix", "both"):
        drawn = mixing.draw(mixing.mix(kind), 0, 0, 0, 50, SIZE)
        np.testing.assert_array_equal(np.sort(drawn.partners), np.arange(50))


def test_cutmix_labels_have_the_share_of_the_pixels_that_are_seen():
    drawn = mixing.draw(mixing.mix("cutmix"), 0, 0, 0, 500, SIZE)
    own = np.zeros((500, *SIZE, 1), np.float32)
    own[np.arange(500) % 2 == 0] = 1  # even images are white, odd ones black
    labels = own[:, 0, 0]
    found, rows = mix(own, labels, drawn)
    np.testing.assert_allclose(np.mean(found, axis=(1, 2)), rows, atol=1e-6)
    assert set(np.unique(found)) == {0.0, 1.0}
    assert drawn.shares.std() > 0.15
    # A box that the edge cuts off is smaller than drawn: 0.5 without that (Beta(1, 1) is uniform).
    assert 0.55 < drawn.shares.mean() < 0.75


def test_mixup_is_that_of_keras_layer():
    images = np.random.default_rng(0).uniform(0, 255, (9, 5, 6, 3)).astype(np.float32)
    labels = np.eye(3, dtype=np.float32)[np.arange(9) % 3]
    drawn = mixing.draw(mixing.mix("mixup", 0.7), 0, 0, 0, 9, (5, 6))
    layer = keras.layers.MixUp(seed=0)
    layer.backend.set_backend("tensorflow")
    transformation = {"mix_weight": drawn.shares, "permutation_order": drawn.partners}
    found, rows = mix(images, labels, drawn)
    np.testing.assert_allclose(found, layer.transform_images(images, transformation), atol=1e-3)
    np.testing.assert_allclose(rows, layer.transform_labels(labels, transformation), atol=1e-6)


def test_both_mixes_some_pairs_one_way_and_some_the_other():
    drawn = mixing.draw(mixing.mix("both"), 0, 0, 0, 400, SIZE)
    cut = drawn.outside == 1
    assert 160 < cut.sum() < 240
    assert not drawn.boxes[~cut].any()


@pytest.mark.parametrize("alpha", [1e-6, 1e6])
def test_extreme_alphas_leave_numbers(alpha):
    drawn = mixing.draw(mixing.mix("both", alpha), 0, 0, 0, 1000, SIZE)
    assert np.isfinite(drawn.shares).all()
    assert 0 <= drawn.shares.min() <= drawn.shares.max() <= 1


def test_training_batches_are_those_without_mixing_mixed():
    plain = splits(14, augmentation="light")
    data = plain.but(mix=mixing.mix("both"))
    for number, ((x, y), (a, b)) in enumerate(
        zip(batches(plain, 6), batches(data, 6), strict=True)
    ):
        epoch, batch = divmod(number, 3)
        drawn = mixing.draw(data.mix, 42, epoch, batch, len(x), (12, 10))
        images, rows = mix(x, y, drawn)
        np.testing.assert_array_equal(a, images)
        np.testing.assert_allclose(b, rows, atol=1e-6)
        np.testing.assert_allclose(b.sum(axis=1), 1, atol=1e-6)


def test_weights_of_classes_are_mixed_in_the_shares_of_the_labels():
    data = splits(14, mix=mixing.mix("mixup", 1.0))
    weights = np.array([1.0, 2.0, 5.0])
    for _, labels, found in batches(data, 6, class_weight=list(weights)):
        np.testing.assert_allclose(found, labels @ weights, rtol=1e-5)
        assert found.dtype == np.float32


def test_without_mixing_a_weight_is_that_of_the_class():
    for _, labels, found in batches(splits(14), 3, class_weight=[1.0, 2.0, 5.0]):
        np.testing.assert_array_equal(found, labels @ np.array([1.0, 2.0, 5.0], np.float32))


def test_mixed_training_can_begin_at_any_epoch_and_threads_change_nothing():
    data = splits(20, augmentation="light", mix=mixing.mix("both"))
    whole = batches(data, 12)
    assert_equal(batches(data, 4, first_epoch=2), whole[8:])
    for threads in (1, 4):
        options = tf.data.Options()
        options.threading.private_threadpool_size = threads
        options.threading.max_intra_op_parallelism = threads
        found = pipeline.training(data).with_options(options).take(12)
        assert_equal([tuple(one.numpy() for one in batch) for batch in found], whole)


def test_validation_images_are_never_mixed():
    data = splits(14, mix=mixing.mix("both"))
    for images, labels in pipeline.ordered(data, "validation"):
        np.testing.assert_array_equal(np.max(labels, axis=1), 1)
        np.testing.assert_array_equal(images, np.rint(images))


@pytest.mark.parametrize("label_mode", ["binary", "int"])
def test_labels_that_cannot_be_shares_are_refused(label_mode):
    data = splits(class_names=("a", "b"), labels=np.arange(14) % 2, mix=mixing.mix("mixup"))
    with pytest.raises(SettingError, match='needs label_mode "categorical"'):
        pipeline.training(data, label_mode)


@pytest.mark.parametrize(
    ("head", "loss", "message"),
    [
        ("scores", "multiclass_hinge", "a head that returns scores needs one right class"),
        ("softmax", "categorical_hinge", "the loss categorical_hinge needs one right class"),
        ("sigmoid", "binary_crossentropy", 'Use head="softmax"'),
    ],
)
def test_losses_that_cannot_have_shares_are_refused(head, loss, message):
    with pytest.raises(SettingError, match=message):
        mixing.check_loss(head, loss)


def test_losses_of_shares_are_accepted():
    for loss in ("crossentropy", "kl_divergence", "mean_squared_error", ""):
        mixing.check_loss("softmax", loss)


@pytest.mark.parametrize(
    ("kind", "alpha", "message"),
    [
        ("mixupp", None, "must be one of none, mixup, cutmix, both"),
        ("mixup", 0, "mix_alpha must be above 0"),
        ("mixup", float("nan"), "mix_alpha must be above 0"),
        ("none", 0.2, "also give mix"),
    ],
)
def test_a_mixing_that_there_is_not_is_refused(kind, alpha, message):
    with pytest.raises(SettingError, match=message):
        mixing.mix(kind, alpha)


def test_shares_are_named_from_the_largest():
    label = np.array([0.3, 0.0, 0.7], np.float32)
    found = mixing.named_shares(label, ("ant", "bee", "cow"))
    assert found == [("cow", pytest.approx(0.7)), ("ant", pytest.approx(0.3))]
