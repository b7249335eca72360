"""A run as the backbone of another: what is kept of it."""

from pathlib import Path

import keras
import numpy as np
import pytest

from kit import architectures, training
from kit.errors import SettingError
from kit.training.transfer import frozen_features

STYLES = ("functional", "sequential")
SHAPE = (12, 16, 3)


@pytest.fixture(scope="module", params=STYLES)
def run(request, small, tmp_path_factory) -> tuple[keras.Model, Path]:
    """A network with a dense layer, which was trained on five classes, and its file."""
    source = small("convnet", 5, request.param, dropout=0.5)
    path = tmp_path_factory.mktemp("run") / "source.keras"
    source.save(path)
    return source, path


@pytest.fixture(scope="module")
def on_run(run) -> keras.Model:
    return on(run[1])


def on(path: Path, shape=SHAPE, **settings) -> keras.Model:
    return architectures.build("pretrained", shape, 2, backbone=str(path), **settings)


def features(model: keras.Model, batch: np.ndarray) -> np.ndarray:
    return np.asarray(keras.Model(model.inputs[0], model.get_layer("features").output)(batch))


@pytest.mark.parametrize("name", ["mlp", "network_in_network"])
def test_all_before_the_last_layer_with_weights_is_kept(name, small, images, tmp_path):
    source = small(name, 5, "sequential")
    source.save(tmp_path / "source.keras")
    model = on(tmp_path / "source.keras", source.input_shape[1:])
    batch = images(source.input_shape[1:])
    last = next(layer for layer in reversed(source.layers) if layer.weights)
    seen = np.asarray(keras.Model(source.inputs[0], last.input)(batch))
    expected = seen if seen.ndim == 2 else seen.mean(axis=(1, 2))
    np.testing.assert_allclose(features(model, batch), expected, rtol=1e-5, atol=1e-6)
    assert len(model.trainable_weights) == 2


def test_the_dropout_before_the_last_layer_is_the_new_head_s_own(run, on_run):
    layers = [layer.name for layer in frozen_features.flat(on_run.get_layer("backbone"))]
    assert "dense1_relu" in layers
    assert "dropout" not in layers
    assert "dropout" in [layer.name for layer in run[0].layers]


def test_it_may_end_at_another_layer_by_name(run, images):
    source, path = run
    before = source.get_layer("features").input  # a map, of which the features are the mean
    seen = np.asarray(keras.Model(source.inputs[0], before)(images(SHAPE)))
    end = "block2" if isinstance(source, keras.Sequential) else "block2_pool"
    model = on(path, cut=end)
    np.testing.assert_allclose(features(model, images(SHAPE)), seen.mean(axis=(1, 2)), rtol=1e-5)
    with pytest.raises(
        SettingError, match=r"cannot end at a layer 'block9'.*Its last layers are .*dense1"
    ):
        on(path, cut="block9")


def test_a_network_of_keras_may_end_earlier_too():
    model = architectures.build(
        "pretrained",
        (32, 32, 3),
        2,
        backbone="MobileNet-0.25",
        weights="none",
        cut="conv_pw_3_relu",
    )
    assert model.get_layer("features").output.shape == (None, 32)


@pytest.mark.parametrize("cut", [{}, {"cut": "backbone"}], ids=str)
def test_a_run_on_a_run_keeps_both(cut, on_run, images, tmp_path):
    on_run.save(tmp_path / "inner.keras")
    np.testing.assert_allclose(
        features(on(tmp_path / "inner.keras", **cut), images(SHAPE)),
        features(on_run, images(SHAPE)),
        rtol=1e-5,
    )


def test_fine_tuning_begins_with_the_dense_layer_and_counts_no_statistics(small, images, tmp_path):
    source = small("convnet", 5, scale="mean_image", normalization="after")
    architectures.adapt(source, [images(SHAPE)])
    source.save(tmp_path / "source.keras")
    model = on(tmp_path / "source.keras")
    assert training.thaw(model, 1) == ["dense1"]
    with pytest.raises(SettingError, match="This backbone has 1 to 5 layers"):  # four convolutions
        training.thaw(model, 6)
