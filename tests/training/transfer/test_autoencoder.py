import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image
from plain_keras import foreign_classes

from kit import architectures, data, runs, training
from kit.errors import DataError, KitError, SettingError


def save(folder: Path, name: str, pixels: np.ndarray) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(folder / name)


def stripes(folder: Path, shape: tuple[int, ...], count: int = 24) -> Path:
    """Two classes of bars, upright and lying, at any place and of any brightness."""
    rng = np.random.default_rng(0)
    for number in range(count):
        for name, axis in (("lying", 0), ("upright", 1)):
            pixels = np.full(shape, rng.integers(0, 80), np.uint8)
            at = rng.integers(0, shape[axis] - 2)
            pixels[(slice(None),) * axis + (slice(at, at + 3),)] = rng.integers(150, 255)
            save(folder, f"{name}/{number:02}.png", pixels)
    return folder


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> data.Splits:
    folder = stripes(tmp_path_factory.mktemp("bars"), (16, 20, 3))
    return data.load(folder, image_size=(16, 20), batch_size=8, augmentation="none", color="rgb")


def network(splits: data.Splits, style: str = "functional", **settings: object) -> keras.Model:
    keras.utils.set_random_seed(3)
    shape, small = splits.image_shape, {"filters": (8, 16), "dropout": 0.0, **settings}
    return architectures.build("basic_cnn", shape, splits.num_classes, style, **small)


def parts_of(model: keras.Model) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Return the weights before and behind the features."""
    border = [layer.name for layer in model.layers].index("features")
    before, behind = model.layers[:border], model.layers[border:]
    return tuple(
        [weight.copy() for layer in layers for weight in layer.get_weights()]
        for layers in (before, behind)
    )


@pytest.fixture(scope="module")
def learnt(bars: data.Splits) -> SimpleNamespace:
    """A pre-training long enough to see something."""
    model = training.compile_model(network(bars))
    before = parts_of(model)
    done = training.pretrain(model, bars, epochs=12, learning_rate=0.01, noise=0.1)
    return SimpleNamespace(model=model, before=before, after=parts_of(model), done=done)


@pytest.fixture(scope="module")
def short(bars: data.Splits, eagerly: None) -> Mapping[str, keras.Model]:
    """One epoch from equal weights: as it is, with other labels, and in the other style."""
    blind = dataclasses.replace(bars, labels=np.zeros_like(bars.labels))
    models = {"plain": network(bars), "blind": network(bars), "other": network(bars, "sequential")}
    models["other"].set_weights(models["plain"].get_weights())
    for name, model in models.items():
        training.pretrain(model, blind if name == "blind" else bars, epochs=1)
    return models


def test_the_encoder_learns_and_the_head_stays(learnt: SimpleNamespace) -> None:
    for one, other in zip(learnt.before[0], learnt.after[0], strict=True):
        assert (one != other).any()
    for one, other in zip(learnt.before[1], learnt.after[1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_loss_falls_below_that_of_a_gray_image(
    learnt: SimpleNamespace, bars: data.Splits
) -> None:
    table = learnt.done.history.table

    assert list(table.columns) == ["epoch", "loss", "val_loss", "learning_rate", "seconds"]
    assert list(table["epoch"]) == list(range(1, 13))
    assert table["val_loss"].iloc[-1] < 0.5 * table["val_loss"].iloc[0]
    pixels = bars.images.read(bars.parts["validation"]) / 255
    assert table["val_loss"].min() < 0.5 * pixels.var()  # the error of one gray for all
    assert learnt.done.history.best_epoch == table["val_loss"].idxmin() + 1
    assert learnt.done.images == len(bars.parts["train"])


def test_reconstructions_are_the_image_the_noise_and_what_came_back(
    learnt: SimpleNamespace, bars: data.Splits
) -> None:
    shown = learnt.done.reconstructions

    assert shown.shape == (8, 3, 16, 20, 3)
    assert shown.dtype == np.uint8
    given, noisy, answer = (shown[:, kind].astype(np.float64) for kind in range(3))
    validation = {image.tobytes() for image in bars.images.read(bars.parts["validation"])}
    assert all(image.tobytes() in validation for image in shown[:, 0])
    inside = (given > 60) & (given < 195)  # elsewhere much of the noise is cut off at 0 and 255
    assert (noisy - given)[inside].std() == pytest.approx(0.1 * 255, rel=0.1)
    in_the_bars = given > 140
    assert answer[in_the_bars].mean() > answer[~in_the_bars].mean() + 50


def test_both_styles_learn_the_same(short: Mapping[str, keras.Model]) -> None:
    one, other = short["plain"].get_weights(), short["other"].get_weights()

    for first, second in zip(one, other, strict=True):
        np.testing.assert_allclose(first, second, atol=1e-4)


def test_the_same_seed_gives_the_same_weights_and_no_label_is_read(
    short: Mapping[str, keras.Model],
) -> None:
    one, other = short["plain"].get_weights(), short["blind"].get_weights()

    for first, second in zip(one, other, strict=True):
        np.testing.assert_array_equal(first, second)


def test_the_classifier_stays_compiled_and_its_file_needs_no_kit(
    learnt: SimpleNamespace, tmp_path: Path
) -> None:
    assert isinstance(learnt.model.loss, keras.losses.CategoricalCrossentropy)
    runs.save_model(learnt.model, tmp_path / "model.keras")
    runs.save_model(learnt.done.autoencoder, tmp_path / "autoencoder.keras")
    saved = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    other = keras.saving.load_model(tmp_path / "autoencoder.keras")

    assert foreign_classes(tmp_path / "model.keras") == []
    assert foreign_classes(tmp_path / "autoencoder.keras") == []
    assert "decoder" not in [layer.name for layer in saved.layers]
    gray = np.full((1, 16, 20, 3), 99.0)
    np.testing.assert_allclose(saved(gray), learnt.model(gray), rtol=1e-5)
    np.testing.assert_allclose(other(gray), learnt.done.autoencoder(gray), rtol=1e-5)


@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(("shape", "loss"), [((8, 8), "l1"), ((33, 47, 3), "crossentropy")])
def test_any_size_comes_back_in_its_size_by_any_loss_and_no_noise_is_none(
    tmp_path: Path, shape: tuple[int, ...], loss: str
) -> None:
    folder = stripes(tmp_path, shape, count=4)
    color = "rgb" if len(shape) == 3 else "grayscale"
    splits = data.load(folder, image_size=shape[:2], batch_size=4, color=color)
    done = training.pretrain(
        network(splits, "sequential", filters=(4, 8)), splits, epochs=1, noise=0.0, loss=loss
    )

    assert done.reconstructions.shape[2:] == splits.image_shape
    np.testing.assert_array_equal(done.reconstructions[:, 0], done.reconstructions[:, 1])
    assert np.isfinite(done.history.table["val_loss"]).all()


@pytest.mark.usefixtures("eagerly")
def test_unlabelled_images_are_learnt_from_but_no_held_out_ones(
    bars: data.Splits, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    rng = np.random.default_rng(1)
    for number in range(10):
        save(tmp_path, f"deep/er/{number}.png", rng.integers(0, 255, (9, 9, 3), dtype=np.uint8))
    held_out = bars.folder / bars.files[bars.parts["validation"][0]]
    (tmp_path / "copy.png").write_bytes(held_out.read_bytes())
    (tmp_path / "notes.txt").write_text("no image")
    more = data.unlabelled(tmp_path, bars)

    assert len(more) == 10
    assert more.read(np.array([3])).shape == (1, 16, 20, 3)
    assert "1 of the 11 images" in capsys.readouterr().err
    done = training.pretrain(network(bars, filters=(4,)), bars, epochs=1, unlabelled=more)
    assert done.images == len(bars.parts["train"]) + 10


def test_joined_images_are_read_from_where_they_lie() -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.integers(0, 255, (count, 4, 5, 1), dtype=np.uint8) for count in (3, 2)]
    joined = data.Joined(*(data.CachedImages(array) for array in arrays))

    np.testing.assert_array_equal(
        joined.read(np.array([4, 0, 3, 2])), np.concatenate(arrays)[[4, 0, 3, 2]]
    )
    assert len(joined) == 5
    with pytest.raises(SettingError, match=r"\(4, 4, 1\) cannot be combined .* \(4, 5, 1\)"):
        data.Joined(data.CachedImages(arrays[0]), data.CachedImages(arrays[1][:, :, :4]))


def test_a_folder_without_images_is_refused(bars: data.Splits, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="contains no usable image"):
        data.unlabelled(tmp_path, bars)
    with pytest.raises(DataError, match="cannot be opened"):
        data.unlabelled(tmp_path / "nowhere", bars)


@pytest.mark.parametrize("name", ["linear", "mlp"])
def test_networks_without_a_map_to_learn_are_refused(bars: data.Splits, name: str) -> None:
    model = architectures.build(name, bars.image_shape, 2)

    with pytest.raises(SettingError, match=f"{name} has no trainable layers before its features"):
        training.pretrain(model, bars, epochs=1)


def test_a_network_without_features_is_refused(bars: data.Splits) -> None:
    model = keras.Sequential([keras.Input(bars.image_shape), keras.layers.Flatten()], name="mine")

    with pytest.raises(SettingError, match="mine has no layer called features"):
        training.pretrain(model, bars, epochs=1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"learning_rate": 0.0}, "learning_rate must be above 0"),
        ({"noise": 1.5}, "noise must be from 0 to 1"),
        ({"loss": "hinge"}, "loss must be one of mse, l1, crossentropy, not 'hinge'"),
        ({"schedule": "cos"}, "no schedule 'cos'"),
    ],
)
def test_a_wrong_setting_says_what_must_hold(
    bars: data.Splits, learnt: SimpleNamespace, settings: dict, message: str
) -> None:
    with pytest.raises(SettingError, match=message):
        training.pretrain(learnt.model, bars, **settings)


@pytest.mark.usefixtures("eagerly")
def test_a_rate_that_explodes_is_an_error_with_what_to_do(bars: data.Splits) -> None:
    with pytest.raises(KitError, match=r"Pre-training diverged.*: 0\.001\.$"):
        training.pretrain(network(bars, filters=(4,)), bars, epochs=1, learning_rate=1e30)
