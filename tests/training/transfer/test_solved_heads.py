"""A head that is solved, beside scikit-learn's own answers."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from kit import architectures, data, evaluation, training
from kit.errors import SettingError
from kit.training.transfer import solved_heads


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    keras.utils.set_random_seed(4)
    path = tmp_path_factory.mktemp("source") / "model.keras"
    architectures.build("basic_cnn", (12, 12, 3), 2, filters=[8], stem="none").save(path)
    return path


def splits(classes: int, smallest: int = 20) -> data.Splits:
    """Noise that is mostly the brighter the later the class is."""
    rng = np.random.default_rng(0)
    counts = [smallest, *[20] * (classes - 1)]
    labels = np.repeat(np.arange(classes), counts)
    light = np.clip(40 + 30 * labels + rng.normal(0, 25, len(labels)), 0, 150)
    noise = rng.integers(0, 60, (len(labels), 12, 12, 3))
    images = (noise + light[:, None, None, None]).astype(np.uint8)
    return data.from_arrays(images, labels, augmentation="none", batch_size=8)


@pytest.mark.parametrize(("classes", "head"), [(2, "softmax"), (2, "sigmoid"), (3, "softmax")])
def test_the_solved_head_answers_as_scikit_learn_does(
    classes: int, head: str, saved: Path, tmp_path: Path
) -> None:
    images = splits(classes)
    settings = {"backbone": str(saved), "head": head, "dropout": 0.5}
    model = architectures.build("pretrained", (12, 12, 3), classes, **settings)
    done = training.solve_head(model, images, cache=False, checkpoint=tmp_path / "model.keras")

    assert done.penalties is not None
    best = done.penalties.loc[done.penalties["loss"].idxmin(), "penalty"]
    vectors = done.splits
    x = vectors.images.read(vectors.parts["train"])
    centre = x.mean(axis=0)
    size = np.sqrt(np.mean((x - centre) ** 2))
    oracle = LogisticRegression(C=1 / best, max_iter=1000)
    oracle.fit((x - centre) / size, vectors.labels[vectors.parts["train"]])
    apart = vectors.images.read(vectors.parts["validation"])
    expected = oracle.predict_proba((apart - centre) / size)
    answers = evaluation.probabilities(model, data.ordered_batches(images, "validation"))
    again = evaluation.probabilities(done.head, data.ordered_batches(vectors, "validation"))
    file = keras.saving.load_model(tmp_path / "model.keras")
    kept = evaluation.probabilities(file, data.ordered_batches(images, "validation"))
    for one in (answers, again, kept):
        np.testing.assert_allclose(one, expected, atol=2e-3)
    row = done.history.table.iloc[0]
    right = done.history.table["val_accuracy"].iloc[0]
    assert len(done.history.table) == 1
    assert right == pytest.approx(
        oracle.score((apart - centre) / size, vectors.labels[vectors.parts["validation"]])
    )
    assert row["loss"] < np.log(classes)


def test_a_class_of_one_image_is_learnt_too(saved: Path) -> None:
    images = splits(3, smallest=2)
    model = architectures.build("pretrained", (12, 12, 3), 3, backbone=str(saved))
    done = training.solve_head(model, images, cache=False)

    assert np.isfinite(model.get_weights()[-2]).all()
    assert done.history.table["loss"].iloc[0] < np.log(3)


def test_a_class_without_a_training_image_is_hardly_ever_answered(saved: Path) -> None:
    images = splits(3)
    train = images.parts["train"]
    images = dataclasses.replace(
        images, parts={**images.parts, "train": train[images.labels[train] != 1]}
    )
    model = architectures.build("pretrained", (12, 12, 3), 3, backbone=str(saved))
    training.solve_head(model, images, cache=False)
    answers = evaluation.probabilities(model, data.ordered_batches(images, "validation"))

    assert (answers[:, 1] < 0.01).all()
    assert np.isfinite(answers).all()


def test_copies_of_an_image_are_never_learnt_and_asked_at_once() -> None:
    rng = np.random.default_rng(0)
    once, labels = rng.normal(size=(40, 60)), rng.integers(0, 2, 40)
    copies, groups = np.repeat(once, 4, axis=0), np.repeat(np.arange(40), 4)

    def best(groups: np.ndarray) -> float:
        rows = solved_heads._cross_validated(copies, np.repeat(labels, 4), groups, "none")
        return min(row["loss"] for row in rows)

    assert best(groups) > 0.65  # what is by chance cannot be known
    assert best(np.arange(160)) < 0.3


def test_a_head_of_two_layers_is_refused(saved: Path) -> None:
    model = architectures.build("pretrained", (12, 12, 3), 2, backbone=str(saved), dense=[4])

    assert not training.can_solve(model)
    with pytest.raises(SettingError, match="solve_head=no"):
        training.solve_head(model, splits(2))
