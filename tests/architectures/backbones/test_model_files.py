"""Files of networks that nobody should open, made by hand."""

import io
import json
import zipfile
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from kit import architectures, memory
from kit.architectures import backbones
from kit.architectures.backbones import model_files
from kit.architectures.backbones.weights import _read
from kit.errors import KitError, SettingError

MIB = 1 << 20


def weights(shape: tuple[int, ...] = (4,), **settings) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        made.create_dataset("vars/0", shape, "f4", **settings)
    return file.getvalue()


def archive(path: Path, members: dict[str, bytes], kind: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


def of_layers(path: Path, *stack: keras.layers.Layer, held: bytes | None = None) -> Path:
    """Write a file that declares these layers, none of which is built, without their weights."""
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {
            "name": "stack",
            "layers": [keras.saving.serialize_keras_object(one) for one in stack],
        },
        "registered_name": None,
    }
    members = {"config.json": json.dumps(config).encode(), "model.weights.h5": held or weights()}
    return archive(path, members | {"metadata.json": b"{}"})


DEEP = b'{"a": ' * 60 + b"1" + b"}" * 60


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "has no config.json"),
        ({"config.json": b"{}"}, "has no model.weights.h5"),
        ({"config.json": b"[]", "model.weights.h5": weights()}, "does not hold a mapping"),
        ({"config.json": b"{", "model.weights.h5": weights()}, "Expecting"),
        ({"config.json": DEEP, "model.weights.h5": weights()}, "nested deeper"),
        (
            {"config.json": bytes(20 * MIB), "model.weights.h5": weights()},
            "config.json would unpack",
        ),
        ({"config.json": b"{}", "model.weights.h5": bytes(20 * MIB)}, "weights.h5 would unpack"),
        ({"config.json": b"{}", "assets/x": bytes(20 * MIB)}, "assets/x would unpack"),
        ({"config.json": b"{}", "model.weights.h5": b"none"}, "file signature"),
        (
            {
                "config.json": b"{}",
                "model.weights.h5": weights((20 * MIB,), chunks=(MIB,), compression="gzip"),
            },
            "vars/0 would unpack",
        ),
        (dict.fromkeys(map(str, range(10_001)), b""), "10001 members"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_archive_that_is_no_network_is_refused_before_it_is_opened(
    members: dict[str, bytes], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path / "model.keras", members, zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(keras.saving, "load_model", None)

    with pytest.raises(SettingError, match=reason) as raised:
        architectures.load_file(path)

    assert str(raised.value).startswith(f"{path} cannot be loaded")


def test_layers_that_declare_more_weights_than_the_file_holds_are_never_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = (
        layers.InputLayer((8, 8, 3)),
        layers.Flatten(),
        layers.Dense(30_000),
        layers.Dense(30_000),
    )
    monkeypatch.setattr(keras.saving, "load_model", None)

    with pytest.raises(SettingError, match="declares 905,820,000 weights"):
        architectures.load_file(of_layers(tmp_path / "model.keras", *stack))


def test_results_that_cannot_fit_are_too_little_memory_and_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = layers.InputLayer((8, 8, 3)), layers.UpSampling2D(100), layers.GlobalMaxPooling2D()
    path = of_layers(tmp_path / "model.keras", *stack)
    monkeypatch.setattr(memory, "available", lambda: 7_000_000)  # 800 x 800 x 3 numbers are 7.68 MB

    with pytest.raises(
        KitError, match=r"too little memory.*7\.7 MB, and only 7\.0 MB are"
    ) as raised:
        architectures.load_file(path)

    assert raised.value.exit_code == 1


IMAGE = (8, 8, 3)


def two_inputs() -> keras.Model:
    inputs = [keras.Input(IMAGE), keras.Input(IMAGE)]
    return keras.Model(inputs, layers.Flatten()(layers.Add()(inputs)))


def two_outputs() -> keras.Model:
    image = keras.Input(IMAGE)
    return keras.Model(image, [layers.Flatten()(image), layers.GlobalMaxPooling2D()(image)])


@pytest.mark.parametrize(
    "model",
    [
        two_inputs,
        two_outputs,
        lambda: keras.Sequential([keras.Input((12,)), layers.Dense(2)]),
        lambda: keras.Sequential([keras.Input((8, 8, 4)), layers.Flatten()]),
        lambda: keras.Sequential([keras.Input((None, 8, 3)), layers.GlobalMaxPooling2D()]),
        lambda: keras.Sequential([keras.Input(IMAGE), layers.Dense(2)]),
    ],
)
def test_a_network_of_anything_but_one_image_and_one_row_is_refused(model, tmp_path: Path) -> None:
    model().save(tmp_path / "model.keras")

    with pytest.raises(SettingError, match="must take one image"):
        architectures.load_file(tmp_path / "model.keras")


@pytest.mark.parametrize("style", ["functional", "sequential"])
def test_a_network_of_this_package_is_loaded_as_it_was_saved(
    style: str, small, images, tmp_path: Path
) -> None:
    source = small("basic_cnn", 5, style)
    source.save(tmp_path / "model.keras")
    batch = images(source.input_shape[1:])

    model = architectures.load_file(tmp_path / "model.keras")

    np.testing.assert_array_equal(model(batch), source(batch))
    assert [one.name for one in model.layers] == [one.name for one in source.layers]


def test_weights_that_would_unpack_a_thousandfold_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    path.write_bytes(weights((20 * MIB,), chunks=(MIB,), compression="gzip"))

    with pytest.raises(SettingError, match="would unpack"):
        _read(keras.Sequential(), path, backbones.find("MobileNet"))


def test_memory_that_gave_out_is_not_called_damage() -> None:
    path = Path("model.keras")

    assert model_files.refusal(path, MemoryError()).exit_code == 1
    assert model_files.refusal(path, ValueError("bad")).exit_code == 2
