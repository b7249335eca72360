"""A head on features that are computed once, and what is thawed afterwards."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from kit import architectures, data, evaluation, training
from kit.data.features import extraction
from kit.errors import SettingError
from kit.training.transfer import feature_heads, frozen_features, kept_maps

pytestmark = pytest.mark.usefixtures("eagerly")

COMPILED = {"learning_rate": 0.05}
Headed = tuple[keras.Model, training.History, list[np.ndarray]]


@pytest.fixture(scope="module")
def splits(photos: Path) -> data.Splits:
    return data.load(photos, image_size=(32, 32), batch_size=8, augmentation="light")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network that was trained before, as a file."""
    keras.utils.set_random_seed(4)
    source = architectures.build("basic_cnn", (32, 32, 3), 4, filters=[4, 8], stem="none")
    for layer in source.layers:
        if isinstance(layer, keras.layers.BatchNormalization):  # as after some training
            layer.set_weights([w + 0.1 * np.arange(len(w)) for w in layer.get_weights()])
    path = tmp_path_factory.mktemp("source") / "model.keras"
    source.save(path)
    return path


def built(saved: Path, style: architectures.Style = "functional") -> keras.Model:
    keras.utils.set_random_seed(5)
    return architectures.build("pretrained", (32, 32, 3), 2, style, backbone=str(saved), dense=[6])


@pytest.fixture
def model(saved: Path) -> keras.Model:
    return built(saved)


@pytest.fixture(scope="module")
def headed(saved: Path, splits: data.Splits) -> Headed:
    """A network whose head was trained for three epochs."""
    model = built(saved)
    done = training.fit_head(model, splits, compiled=COMPILED, epochs=3, watch=True)
    return model, done.history, model.get_weights()


@pytest.fixture
def trained(headed: Headed) -> tuple[keras.Model, training.History]:
    """The same, as it was before it was fine-tuned by another test."""
    model, history, weights = headed
    model.get_layer("backbone").trainable = False
    model.set_weights(weights)
    return model, history


def frozen_weights(model: keras.Model) -> list[np.ndarray]:
    return model.get_layer("backbone").get_weights()


@pytest.mark.parametrize("style", ["functional", "sequential"])
def test_the_head_learns_and_the_backbone_does_not_move(
    style: architectures.Style, saved: Path, splits: data.Splits, tmp_path: Path
) -> None:
    model = built(saved, style)
    before = frozen_weights(model)
    done = training.fit_head(
        model, splits, compiled=COMPILED, epochs=4, checkpoint=tmp_path / "model.keras"
    )

    for one, other in zip(before, frozen_weights(model), strict=True):
        np.testing.assert_array_equal(one, other)
    assert done.history.table["val_accuracy"].max() > 0.9
    assert len(done.splits.images.rounded)
    answers = evaluation.probabilities(model, data.ordered_batches(splits, "validation"))
    again = evaluation.probabilities(done.head, data.ordered_batches(done.splits, "validation"))
    np.testing.assert_allclose(answers, again, atol=1e-5)
    file = keras.saving.load_model(tmp_path / "model.keras")
    kept = evaluation.probabilities(file, data.ordered_batches(splits, "validation"))
    np.testing.assert_allclose(kept, answers, atol=1e-6)


def test_training_on_features_is_training_with_a_frozen_backbone(
    saved: Path, splits: data.Splits
) -> None:
    keras.utils.set_random_seed(5)
    settings = {"backbone": str(saved), "dropout": 0.0}
    one, other = (architectures.build("pretrained", (32, 32, 3), 2, **settings) for _ in range(2))
    other.set_weights(one.get_weights())
    plain = dataclasses.replace(splits, augmentation="none")
    vectors = training.feature_splits(one, plain, half=False)
    head = feature_heads.head_of(one)
    training.compile_model(head, **COMPILED)
    training.compile_model(other, **COMPILED)
    fast = training.fit(head, vectors, epochs=2).table
    slow = training.fit(other, plain, epochs=2).table

    for column in ("loss", "accuracy", "val_loss"):
        np.testing.assert_allclose(fast[column], slow[column], rtol=1e-4)


def test_the_same_seed_gives_the_same_head_from_computed_and_from_kept_features(
    saved: Path, splits: data.Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_CACHE", str(tmp_path))
    heads = []
    for _ in range(2):
        keras.utils.set_random_seed(5)
        model = architectures.build("pretrained", (32, 32, 3), 2, backbone=str(saved))
        done = training.fit_head(model, splits, compiled=COMPILED, epochs=2, views=2)
        heads.append(done.head.get_weights())

    for one, other in zip(*heads, strict=True):
        np.testing.assert_array_equal(one, other)


def test_where_rounding_changes_a_class_the_head_is_trained_in_full_precision(
    model: keras.Model,
    splits: data.Splits,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(feature_heads, "_changed_by_rounding", lambda *_: 3)
    done = training.fit_head(model, splits, compiled=COMPILED, epochs=1)

    assert not len(done.splits.images.rounded)
    assert "class of 3 validation images" in capsys.readouterr().err
    vectors = done.splits.images.read(splits.parts["train"])
    assert not np.array_equal(vectors, vectors.astype(np.float16))


def test_rounding_is_noticed_where_it_changes_a_class(splits: data.Splits) -> None:
    class Images:
        def read(self, indices: np.ndarray) -> np.ndarray:
            return np.array([[1.0002], [0.5], [70000.0]], np.float32)  # 1.0002 becomes 1

    layers = [keras.Input((1,)), keras.layers.Dense(1, activation="sigmoid")]
    head = keras.Sequential(layers)
    head.set_weights([np.array([[1e4]]), np.array([-10001.0])])
    stand_in = dataclasses.replace(splits, images=Images())

    assert feature_heads._changed_by_rounding(head, stand_in) == 2


@pytest.mark.parametrize("style", ["functional", "sequential"])
def test_only_the_last_layers_are_thawed_and_no_batch_normalization(
    style: architectures.Style, saved: Path
) -> None:
    model = built(saved, style)
    assert training.is_frozen(model)
    assert training.thaw(model, 1) == ["block2_1_conv"]
    moving = [weight.path.split("/")[-2] for weight in model.trainable_weights]
    assert set(moving) == {"block2_1_conv", "dense1", "probabilities"}
    assert training.thaw(model, "block1") == ["block1_1_conv", "block2_1_conv"]
    normalizations = [
        layer
        for layer in frozen_features.flat(model)
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    assert len(normalizations) == 2
    assert not any(layer.trainable for layer in normalizations)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (0, "This backbone has 1 to 2 layers"),
        (3, "not 3"),
        ("block7", "block1_1_conv, block2_1_conv"),
    ],
)
def test_layers_that_are_not_there_cannot_be_thawed(
    model: keras.Model, layers: int | str, message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        training.thaw(model, layers)


@pytest.mark.parametrize("views", [None, 2])
def test_fine_tuning_goes_on_from_the_head_and_leaves_normalization_alone(
    views: int | None, trained: tuple[keras.Model, training.History], splits: data.Splits
) -> None:
    model, before_it = trained
    moments = [
        layer.get_weights()
        for layer in frozen_features.flat(model)
        if isinstance(layer, keras.layers.BatchNormalization)
    ]
    kernel = training.thaw(model, 1) and model.trainable_weights[0].numpy()
    history = training.fine_tune(
        model, splits, 1, before_it, views=views, compiled=COMPILED, learning_rate=1e-3, epochs=2
    )

    assert list(history.table["phase"]) == ["head"] * 3 + ["fine-tune"] * 2
    assert list(history.table["epoch"]) == [1, 2, 3, 4, 5]
    best = history.table["val_accuracy"][history.best_epoch - 1]
    assert history.why.startswith(f"The weights of epoch {history.best_epoch} of 5 are kept")
    answers = evaluation.probabilities(model, data.ordered_batches(splits, "validation"))
    true = splits.labels[splits.parts["validation"]]
    assert np.mean(answers.argmax(axis=1) == true) == pytest.approx(best)
    seen = history.evidence
    assert seen is not None
    assert seen.facts.head == (history.best_epoch <= 3)  # it speaks of what is kept
    assert seen.facts.pretrained
    assert views is None or seen.facts.head or seen.facts.augmentation == "none"
    if history.best_epoch > 3:
        assert list(seen.table["loss"]) == list(history.table["loss"][3:])
        assert not np.array_equal(kernel, model.trainable_weights[0].numpy())
    normalizations = (
        layer
        for layer in frozen_features.flat(model)
        if isinstance(layer, keras.layers.BatchNormalization)
    )
    for before, layer in zip(moments, normalizations, strict=True):
        for one, other in zip(before, layer.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("style", ["functional", "sequential"])
def test_a_foot_and_the_block_on_its_maps_are_the_whole_network(
    style: architectures.Style, saved: Path, splits: data.Splits
) -> None:
    model = built(saved, style)
    training.thaw(model, 1)
    foot, block = kept_maps.divided(model)
    assert not foot.trainable_variables
    assert architectures.head(block) == "softmax"
    training.compile_model(block, optimizer="sgd", learning_rate=0.05)
    maps = frozen_features.outputs(foot, splits)
    assert maps.image_shape == foot.output_shape[1:]
    before = model.get_weights()
    training.fit(block, maps, epochs=1)

    assert any(not np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    answers = evaluation.probabilities(model, data.ordered_batches(splits, "validation"))
    again = evaluation.probabilities(block, data.ordered_batches(maps, "validation"))
    np.testing.assert_allclose(answers, again, atol=1e-5)


def test_maps_are_taken_where_everything_goes_through_one(saved: Path) -> None:
    image = keras.Input((8, 8, 3), name="image")
    x = stem = keras.layers.Conv2D(4, 3, padding="same", name="stem")(image)
    for name in ("one", "two"):
        x = keras.layers.Add(name=f"{name}_sum")([keras.layers.Dense(4, name=name)(x), x])
    backbone = keras.Model(image, x)

    def cut(learning: str) -> str:
        for layer in backbone.layers:
            layer.trainable = layer.name == learning
        return kept_maps._last_cut(kept_maps._calls(backbone))._keras_history.operation.name

    assert (cut("two"), cut("one"), cut("stem")) == ("one_sum", "stem", "image")
    assert stem.shape[1:] == (8, 8, 4)
    model = built(saved)
    training.thaw(model, "block1")  # the first layer
    assert kept_maps.divided(model) is None


@pytest.mark.parametrize("limit", [{"KIT_CACHE_LIMIT_GB": "0"}, {}])
def test_without_room_for_maps_fine_tuning_goes_on_with_images(
    limit: dict[str, str],
    trained: tuple[keras.Model, training.History],
    splits: data.Splits,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model, before_it = trained
    for name, value in {"KIT_CACHE": str(tmp_path), **limit}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(extraction.memory, "available", lambda: 1000)
    training.fine_tune(model, splits, 1, before_it, cache=bool(limit), compiled=COMPILED, epochs=1)

    said = capsys.readouterr().err
    assert "Maps of 48 images need" in said
    assert "So the layers learn from images." in said


def test_a_fine_tuning_that_finds_nothing_better_changes_nothing(
    trained: tuple[keras.Model, training.History],
    splits: data.Splits,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model, before_it = trained
    before = model.get_weights()
    history = training.fine_tune(
        model, splits, 2, before_it, compiled=COMPILED, learning_rate=50.0, epochs=1
    )

    assert history.best_epoch <= 3
    assert history.evidence is before_it.evidence
    assert "the earlier weights are kept" in capsys.readouterr().err
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_network_without_a_backbone_has_nothing_to_thaw(splits: data.Splits) -> None:
    model = architectures.build("basic_cnn", (32, 32, 3), 2, filters=[4])

    assert not training.is_frozen(model)
    with pytest.raises(SettingError, match="backbone=NAME"):
        training.thaw(model, 1)


@pytest.mark.parametrize(("style", "activation"), [("functional", "maxout"), ("sequential", "rbf")])
def test_a_head_that_branches_answers_as_the_whole_model(
    saved: Path, splits: data.Splits, style: str, activation: str
) -> None:
    model = architectures.build(
        "pretrained", (32, 32, 3), 2, style, backbone=str(saved), dense=[6], activation=activation
    )
    vectors = training.feature_splits(model, splits)
    answers = evaluation.probabilities(model, data.ordered_batches(splits, "validation"))
    head = feature_heads.head_of(model)
    again = evaluation.probabilities(head, data.ordered_batches(vectors, "validation"))

    np.testing.assert_allclose(answers, again, atol=1e-6)


def test_both_styles_share_the_kept_features(saved: Path) -> None:
    settings = {"backbone": str(saved)}
    names = {
        frozen_features.identity(
            frozen_features.extractor_of(
                architectures.build("pretrained", (32, 32, 3), 2, style, **settings)
            )
        )
        for style in ("functional", "sequential")
    }

    assert len(names) == 1


def test_features_of_other_operations_between_the_same_layers_have_another_name() -> None:
    def name(axis: int, factor: float) -> str:
        keras.utils.set_random_seed(1)
        image = keras.Input((8, 8, 3))
        turned = keras.ops.flip(image, axis) * factor
        x = keras.layers.Conv2D(2, 3)(turned)
        features = keras.layers.GlobalAveragePooling2D(name="features")(x)
        return frozen_features.identity(keras.Model(image, features))

    assert name(3, 2.0) == name(3, 2.0)
    assert len({name(3, 2.0), name(1, 2.0), name(3, 1.0)}) == 3


class Interrupt(keras.callbacks.Callback):
    """Ctrl-C at the first step of an epoch, counted from 1."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        if epoch + 1 == self.epoch:
            raise KeyboardInterrupt


def test_an_interrupted_head_is_kept_as_it_was_in_its_best_epoch(
    model: keras.Model, splits: data.Splits, tmp_path: Path
) -> None:
    path = tmp_path / "model.keras"
    for epoch in (1, 3):
        assert not path.exists()  # nor after an interrupt in the first epoch
        with pytest.raises(KeyboardInterrupt):
            training.fit_head(
                model,
                splits,
                compiled=COMPILED,
                epochs=5,
                checkpoint=path,
                history_file=tmp_path / "history.csv",
                callbacks=[Interrupt(epoch)],
            )

    history = pd.read_csv(tmp_path / "history.csv")
    assert len(history) == 2
    saved = keras.saving.load_model(path)
    answers = evaluation.probabilities(saved, data.ordered_batches(splits, "validation"))
    true = splits.labels[splits.parts["validation"]]
    assert np.mean(answers.argmax(axis=1) == true) == pytest.approx(history["val_accuracy"].max())


def test_a_fine_tuning_that_diverges_leaves_the_trained_head(
    trained: tuple[keras.Model, training.History],
    splits: data.Splits,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model, before_it = trained
    before = model.get_weights()
    history = training.fine_tune(
        model, splits, 2, before_it, compiled={"optimizer": "sgd"}, learning_rate=1e30, epochs=1
    )

    assert list(history.table["phase"]) == ["head"] * 3
    assert "diverged at a learning rate of 1e+30" in capsys.readouterr().err
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
