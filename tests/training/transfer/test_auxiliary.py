"""Auxiliary classifiers against NumPy, and that nothing of them is left after the training."""

from pathlib import Path

import keras
import numpy as np
import pytest
from plain_keras import foreign_classes

from kit import architectures, data, runs
from kit.errors import SettingError
from kit.training import compile_model, fit, with_auxiliary

pytestmark = pytest.mark.usefixtures("eagerly")

SHAPE = (16, 20, 3)
AFTER = ("block1_pool", "block2_pool")
HEADS = {"filters": 4, "units": 6, "dropout": 0.0}


def network(classes: int = 3, **settings) -> keras.Model:
    """Build three blocks: what is to be tested is the same as for googlenet, and starts sooner."""
    keras.utils.set_random_seed(3)
    small = {"filters": (4, 4, 4), "normalization": "none", "activation": "leaky_relu"}
    settings = {**small, "dropout": 0.0, "scale": "symmetric"} | settings
    return architectures.build("basic_cnn", SHAPE, classes, **settings)


def assisted(plain: keras.Model, **settings) -> keras.Model:
    return with_auxiliary(plain, AFTER, **{**HEADS, **settings})


def batch(classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    images = random.uniform(0, 255, (6, *SHAPE)).astype("float32")
    return images, np.eye(classes, dtype="float32")[np.arange(6) % classes]


def compiled(learner: keras.Model, **settings) -> keras.Model:
    settings = {"optimizer": "sgd", "learning_rate": 0.1, "label_smoothing": 0.0} | settings
    return compile_model(learner, **settings)


def crossentropy(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return -np.sum(labels * np.log(np.asarray(probabilities, "float64")), axis=1)


def outputs(learner: keras.Model, images: np.ndarray) -> list[np.ndarray]:
    return [np.asarray(output) for output in learner(images, training=True)]


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5, 1.0, 0.0, 3.0]])
def test_the_training_loss_adds_three_tenths_of_each_heads(weights):
    learner = compiled(assisted(network()))
    images, labels = batch()
    share = np.ones(6) if weights is None else np.array(weights)
    main, first, second = (
        np.mean(share * crossentropy(labels, answers)) for answers in outputs(learner, images)
    )
    sample_weight = None if weights is None else share
    loss = learner.train_on_batch(images, labels, sample_weight, return_dict=True)["loss"]
    assert loss == pytest.approx(main + 0.3 * (first + second), rel=1e-5)
    assert first != pytest.approx(second, rel=1e-5)


def test_penalties_count_once_in_training_and_without_the_heads_in_validation():
    plain = network(l2=0.01)
    learner = compiled(assisted(plain, weight=0.5))
    images, labels = batch()
    main, first, second = (
        np.mean(crossentropy(labels, answers)) for answers in outputs(learner, images)
    )
    kernels = [w for w in learner.trainable_weights if w.path.endswith("kernel")]
    penalty, of_plain = (
        sum(0.01 * float(np.sum(np.square(kernel))) for kernel in some)
        for some in (kernels, [k for k in kernels if "auxiliary" not in k.path])
    )
    measured = learner.evaluate(images, labels, verbose=0, return_dict=True)
    loss = learner.train_on_batch(images, labels, return_dict=True)["loss"]
    assert penalty > of_plain
    assert measured["loss"] == pytest.approx(main + of_plain, rel=1e-4)
    assert loss == pytest.approx(main + 0.5 * (first + second) + penalty, rel=1e-4)


def test_a_head_is_that_of_section_5():
    with keras.StatelessScope(initialize_variables=False):
        model = architectures.build("googlenet", (224, 224, 3), 1000, scale="unit")
        learner = with_auxiliary(model)
    heads = [layer for layer in learner.assisted.layers if layer.name.startswith("auxiliary1")]
    assert [layer.output.shape[1:] for layer in heads] == [
        (4, 4, 512),
        (4, 4, 128),
        (2048,),
        (1024,),
        (1024,),
        (1000,),
    ]
    assert learner.assisted.get_layer("auxiliary2_pool").output.shape == (None, 4, 4, 528)
    assert heads[-2].rate == 0.7
    assert heads[-1].activation is keras.activations.softmax
    by_hand = (512 + 528 + 2) * 128 + 2 * ((2048 + 1) * 1024 + (1024 + 1) * 1000)
    assert learner.assisted.count_params() - model.count_params() == by_hand


def test_the_gradient_reaches_the_first_layers_through_the_heads_alone():
    plain = network()
    learner = assisted(plain)
    last = plain.layers[-1]
    last.set_weights([np.zeros(weight.shape) for weight in last.get_weights()])
    first = plain.get_layer("block1_1_conv")
    images, labels = batch()
    start, moved = plain.get_weights(), {}
    for name, model in {"plain": plain, "assisted": learner}.items():
        plain.set_weights(start)
        compiled(model).train_on_batch(images, labels)
        # An output of zero weights passes no gradient on.
        moved[name] = np.abs(np.asarray(first.kernel) - start[0]).max()
    assert moved["plain"] == 0
    assert moved["assisted"] > 0


def test_a_training_moves_all_weights_of_the_model_that_was_given():
    plain = network()
    learner = compiled(assisted(plain))
    before = [np.array(weight) for weight in plain.trainable_weights]
    heads = [w for w in learner.trainable_weights if "auxiliary" in w.path]
    heads_before = [np.array(weight) for weight in heads]
    learner.train_on_batch(*batch())
    for old, weight in zip(before + heads_before, plain.trainable_weights + heads, strict=True):
        assert not np.array_equal(old, weight), weight.path
    assert len(heads) == 2 * 3 * 2
    assert len(learner.trainable_weights) == len(before) + len(heads)


def test_the_answers_are_those_of_the_plain_network():
    plain = network()
    learner = compiled(assisted(plain))
    images, labels = batch()
    learner.train_on_batch(images, labels)
    expected = np.asarray(plain(images, training=False))
    np.testing.assert_allclose(learner.predict(images, verbose=0), expected, rtol=1e-5)
    assert learner.output_shape == plain.output_shape == (None, 3)


@pytest.mark.parametrize("head", ["softmax", "sigmoid"])
def test_it_fits_as_any_other_model(head, photos: Path, tmp_path: Path):
    splits = data.load(photos, image_size=SHAPE[:2], batch_size=8, augmentation="none")
    plain = network(2, head=head)
    learner = compiled(assisted(plain))
    history = fit(
        learner,
        splits,
        epochs=2,
        monitor="val_loss",
        class_weight="balanced",
        checkpoint=tmp_path / "model.keras",
        log_folder=tmp_path / "logs",
    )
    columns = ["epoch", "accuracy", "balanced_accuracy", "loss"]
    columns += ["val_accuracy", "val_balanced_accuracy", "val_loss", "learning_rate", "seconds"]
    assert sorted(history.table) == sorted(columns)
    assert history.table["loss"].min() > 1.3 * history.table["val_loss"].max()  # the heads' 0.6
    best = history.table["val_loss"].min()
    labels = "binary" if head == "sigmoid" else "categorical"
    validation = data.ordered_batches(splits, "validation", labels)
    compiled(plain)
    assert plain.evaluate(validation, verbose=0)[0] == pytest.approx(best, rel=1e-4)
    saved = keras.saving.load_model(tmp_path / "model.keras")
    for one, other in zip(saved.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_saved_model_has_no_heads_and_loads_without_kit(tmp_path: Path):
    plain = network()
    learner = compiled(assisted(plain))
    learner.train_on_batch(*batch())
    plain.save(tmp_path / "plain.keras")
    learner.save(tmp_path / "learner.keras")
    runs.save_model(learner, tmp_path / "run.keras")
    expected = [layer.name for layer in plain.layers]
    for name in ("plain", "learner", "run"):
        saved = keras.saving.load_model(tmp_path / f"{name}.keras", compile=False)
        assert [layer.name for layer in saved.layers] == expected
        for one, other in zip(saved.get_weights(), plain.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
        assert foreign_classes(tmp_path / f"{name}.keras") == []
    assert not [name for name in expected if "auxiliary" in name]


def test_a_sequential_model_is_refused_with_what_to_do():
    sequential = network(style="sequential")
    with pytest.raises(SettingError, match=r'one chain\. Build basic_cnn with style="functional"'):
        with_auxiliary(sequential)


def test_a_layer_that_is_not_there_is_named():
    with pytest.raises(
        SettingError, match="basic_cnn has no layer mixed4a_join with a feature map"
    ):
        with_auxiliary(network())
    with pytest.raises(SettingError, match="basic_cnn has no layer features with a feature map"):
        with_auxiliary(network(), ["block1_pool", "features"])
