"""Files of networks and weights that anybody may have made, looked at before Keras opens them.

A ``.keras`` file is a zip archive: ``config.json`` says which layers there are, and
``model.weights.h5`` holds their weights. A file of one megabyte may unpack to gigabytes, or declare
layers for whose weights Keras takes gigabytes before it notices that the file holds none.
"""

import functools
import importlib
import io
import zipfile
from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit import foreign, memory
from kit.architectures.backbones import hub
from kit.architectures.backbones.weightless import without_weights
from kit.errors import KitError, SettingError
from kit.files import amount

if TYPE_CHECKING:
    import keras

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
SMALL = 1 << 24  # bytes: what unpacks to no more is no danger
MOST_EXPANSION = 100  # times: Keras stores its members, and weights hardly shrink
MOST_CONFIG = 1 << 25  # bytes
MOST_MEMBERS = 10_000
SPARE = 1 << 20  # weights that may be declared and are not in the file
FLOAT = 4  # bytes


def load_file(path: Path | str) -> "keras.Model":
    """Load a network from one image of a fixed size to a row of numbers, for inference.

    Raises:
        SettingError: The file is damaged, not to be trusted, or holds another kind of network.
        KitError: There is too little memory for it.
    """
    path = Path(path)
    import keras

    try:
        _check(path, path.stat().st_mtime_ns)
        return _of_images(keras.saving.load_model(path, compile=False, safe_mode=True))
    except Exception as error:  # Keras raises many kinds for a damaged or hostile file
        raise refusal(path, error) from error


@functools.lru_cache  # each trial of a search opens its backbone
def _check(path: Path, changed: int) -> None:
    config, held = check_archive(path)
    if "keras_hub" in str(config):  # layers of its own, which Keras finds once it is imported
        hub.check_installed(str(path))
        importlib.import_module("keras_hub")
    without_weights(lambda: _check_declared(config, held))


def refusal(path: Path, error: Exception) -> KitError:
    """Return what a person is told where a file of a network or of weights cannot be used."""
    reason = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return KitError(f"There is too little memory to load {path}: {reason}.")
    return SettingError(
        f"{path} cannot be loaded: {reason}. Restore the file, choose another, or train again."
    )


def check_archive(path: Path) -> tuple[dict[str, Any], int]:
    """Check what a ``.keras`` file declares; this needs no TensorFlow.

    Returns:
        The network's configuration, and the bytes of its weights.

    Raises:
        ValueError: It is damaged, or unpacks to far more than it has.
        MemoryError: It unpacks to more than there is memory for.
    """
    if not zipfile.is_zipfile(path):
        raise ValueError("it is not a .keras file")
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise ValueError(f"it has {len(members)} members, more than {MOST_MEMBERS}")
        for member in members:
            _check_expansion(member.filename, member.file_size, member.compress_size)
        _check_memory(sum(member.file_size for member in members), "its members")
        missing = {CONFIG, WEIGHTS} - {member.filename for member in members}
        if missing:
            raise ValueError(f"it has no {min(missing)}")
        if archive.getinfo(CONFIG).file_size > MOST_CONFIG:
            raise ValueError(f"its {CONFIG} is larger than {amount(MOST_CONFIG)}")
        config = foreign.json_value(archive.read(CONFIG))
        weights = archive.read(WEIGHTS)
    if not isinstance(config, dict):
        raise ValueError(f"its {CONFIG} does not hold a mapping")
    check_weights(io.BytesIO(weights))
    return config, len(weights)


def check_weights(file: Path | io.BytesIO) -> None:
    """Check what an HDF5 file of weights declares; this needs no TensorFlow.

    Raises:
        OSError: It is no HDF5 file.
        ValueError: It stands for far more than it has.
        MemoryError: It stands for more than there is memory for.
    """
    import h5py

    sizes = []

    def look(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            _check_expansion(name, item.nbytes, item.id.get_storage_size())
            sizes.append(item.nbytes)

    with h5py.File(file, "r") as weights:
        weights.visititems(look)
    _check_memory(sum(sizes), "its weights")


def _check_expansion(name: str, declared: int, stored: int) -> None:
    if declared > SMALL and declared > MOST_EXPANSION * stored:
        raise ValueError(
            f"{name} would unpack from {amount(stored)} to {amount(declared)}, more than "
            f"{MOST_EXPANSION} times its size"
        )


def _check_memory(needed: int, what: str) -> None:
    free = memory.available()
    if free is not None and needed > free:
        raise MemoryError(f"{what} need {amount(needed)}, and only {amount(free)} are free")


def _check_declared(config: dict[str, Any], held: int) -> None:
    """Check the layers of a configuration, built without memory for their weights."""
    import keras

    built = keras.saving.deserialize_keras_object({**config, "compile_config": None})
    model = _of_images(built)
    declared = sum(prod(weight.shape) for weight in model.weights)
    if declared > held + SPARE:
        raise ValueError(f"it declares {declared:,} weights, but holds only {amount(held)} of them")
    _check_memory(FLOAT * max(_outputs(model)), "a layer's results for one image")


def _outputs(model: "keras.Model") -> Iterator[int]:
    """Yield how many numbers each call of a layer gives for one image."""
    for layer in model.layers:
        if hasattr(layer, "layers"):
            yield from _outputs(layer)
        for call in layer._inbound_nodes:
            yield from (prod(side or 1 for side in result.shape) for result in call.outputs)


def _of_images(model: Any) -> "keras.Model":
    """Return a network, refused where it does not take one image and give one row of numbers."""
    import keras

    if not isinstance(model, keras.Model) or not model.inputs:
        raise ValueError(f"it holds a {type(model).__name__}, not a network")
    shapes = [tensor.shape for tensor in (*model.inputs, *model.outputs)]
    image, *rows = shapes
    if (
        (len(model.inputs), len(rows)) != (1, 1)
        or len(image) != 4
        or None in image[1:]
        or image[-1] not in (1, 3)
        or len(rows[0]) != 2
        or not rows[0][-1]
    ):
        raise ValueError(
            "its network must take one image (height, width, 1 or 3 channels) and return one row "
            f"of numbers; its inputs and outputs are {', '.join(map(str, shapes))}"
        )
    return model
