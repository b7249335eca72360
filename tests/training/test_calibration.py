"""The temperature against scikit-learn's, and what it does to a model's answers."""

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax

from kit import architectures, data, evaluation, training


@pytest.fixture(scope="module")
def splits(photos: Path) -> data.Splits:
    return data.load(photos, image_size=(12, 12), batch_size=8, validation_split=0.5)


def noisy(images: int, classes: int, seed: int = 0) -> tuple[NDArray, NDArray]:
    """Return logits and labels that are drawn with the probabilities of half the logits."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 3, (images, classes))
    labels = [rng.choice(classes, p=softmax(row / 2)) for row in logits]
    return logits, np.array(labels)


def test_the_temperature_is_scikit_learns() -> None:
    from sklearn.calibration import _TemperatureScaling

    logits, labels = noisy(400, 5)
    oracle = 1 / _TemperatureScaling().fit(logits, labels).beta_

    assert evaluation.temperature(logits, labels) == pytest.approx(oracle, rel=1e-3)
    assert evaluation.temperature(logits, labels) == pytest.approx(2, rel=0.1)


def test_where_every_answer_is_right_one_more_counts_as_wrong() -> None:
    for images in (9, 99):
        logits = np.tile([4.0, 1.0], (images, 1))
        found = evaluation.temperature(logits, np.zeros(images, np.int64), wrong=1)

        sure = softmax(logits / found, axis=1)[:, 0]
        assert sure == pytest.approx(images / (images + 1), rel=1e-3)


def built(splits: data.Splits, name: str, style: architectures.Style, **settings: object):
    keras.utils.set_random_seed(3)
    return architectures.build(name, splits.image_shape, splits.num_classes, style, **settings)


@pytest.mark.parametrize("style", ["functional", "sequential"])
@pytest.mark.parametrize(
    ("name", "head"),
    [("linear", "softmax"), ("linear", "sigmoid"), ("network_in_network", "softmax")],
)
def test_the_last_layer_has_the_temperature_and_the_answers_stay(
    name: str, head: str, style: architectures.Style, splits: data.Splits
) -> None:
    model = built(splits, name, style, head=head)
    for layer in model.layers:  # unsure of itself, and different for each image
        if layer.name in ("probabilities", "class_maps") and layer.weights:
            layer.kernel.assign(3 * np.sign(layer.kernel) / np.sqrt(np.size(layer.kernel)))
    batches = data.ordered_batches(splits, "validation")
    before = evaluation.probabilities(model, batches)
    temperature = training.calibrate(model, splits)
    after = evaluation.probabilities(model, batches)

    assert temperature is not None
    assert temperature != pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(after, softmax(np.log(before) / temperature, axis=1), atol=1e-6)
    np.testing.assert_array_equal(after.argmax(axis=1), before.argmax(axis=1))
    assert training.calibrate(model, splits) == pytest.approx(1, rel=1e-3)


def test_a_model_that_knows_nothing_keeps_telling_classes_apart(splits: data.Splits) -> None:
    model = built(splits, "linear", "functional")
    before = evaluation.probabilities(model, data.ordered_batches(splits, "validation"))
    labels = splits.labels.copy()
    labels[splits.parts["validation"]] = before.argmin(axis=1)  # always wrong
    wrong = data.Splits(**{**vars(splits), "labels": labels})

    assert training.calibrate(model, wrong) == 20
    after = evaluation.probabilities(model, data.ordered_batches(splits, "validation"))
    np.testing.assert_array_equal(after.argmax(axis=1), before.argmax(axis=1))


def test_scores_and_models_without_validation_images_are_left_as_they_are(
    splits: data.Splits,
) -> None:
    scores = built(splits, "linear", "functional", head="scores")
    model = built(splits, "linear", "functional")
    alone = data.Splits(**{**vars(splits), "parts": {"train": splits.parts["train"]}})
    strange = [
        keras.Sequential([*model.layers[:-1], *ends])
        for ends in (
            [model.layers[-1], keras.layers.ReLU()],
            [keras.layers.Dense(2, "tanh"), keras.layers.Activation("softmax")],
            [keras.layers.Dense(2), keras.layers.ReLU(6.0), keras.layers.Activation("softmax")],
            [keras.layers.Dense(2, "sigmoid")],
        )
    ]
    others = [(one, splits) for one in strange]
    for one, images in ((scores, splits), (model, alone), *others):
        weights = one.get_weights()
        assert training.calibrate(one, images) is None
        for first, second in zip(weights, one.get_weights(), strict=True):
            np.testing.assert_array_equal(first, second)
