"""Networks of KerasHub as backbones: a preset by its name, or the folder that one was saved in.

KerasHub is a package of its own; the preset says how its images are scaled.
"""

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from kit.architectures.backbones import origins
from kit.errors import KitError, SettingError

if TYPE_CHECKING:
    import keras

PREFIX = "hub:"
SIDE = 224  # pixels, of most presets
Affine = tuple[tuple[float, ...], tuple[float, ...]]  # a factor and an addend for each channel


def check_installed(what: str) -> None:
    """Raise SettingError where KerasHub, that something needs, is missing."""
    if importlib.util.find_spec("keras_hub") is None:
        raise SettingError(
            f"{what} needs KerasHub, which is not installed: "
            "pip install keras-hub 'tensorflow-text>=2.21.1,<2.22'"
        )


def check(backbone: str, download: bool) -> None:
    """Check that a preset can be looked for.

    Args:
        backbone: "hub:", and a preset's name or folder.
        download: Whether it may be downloaded.

    Raises:
        SettingError: KerasHub is missing.
        KitError: The preset is no folder, and nothing may be downloaded.
    """
    check_installed(backbone)
    if Path(backbone.removeprefix(PREFIX)).is_dir():
        return
    try:
        origins.check_allowed(download)
    except KitError as error:
        raise KitError(f"{backbone} is no folder and would be downloaded. {error}") from error


def load(
    backbone: str, input_shape: tuple[int, int, int], pretrained: bool
) -> tuple[Affine, "keras.Model"]:
    """Return how a preset scales pixels, and its network, called "backbone".

    Args:
        backbone: As for :func:`check`.
        input_shape: ``(height, width, 3)``.
        pretrained: Whether it has its weights, or random ones.

    Raises:
        SettingError: KerasHub is missing, or the preset cannot be loaded for such images.
    """
    check_installed(backbone)
    import keras
    import keras_hub
    import numpy as np

    preset = backbone.removeprefix(PREFIX)
    try:
        network = keras_hub.models.Backbone.from_preset(
            preset, load_weights=pretrained, image_shape=input_shape
        )
        converter = keras_hub.layers.ImageConverter.from_preset(preset, image_size=input_shape[:2])
        (image,), (end,) = network.inputs, network.outputs
        gray = np.ones((2, *input_shape), np.float32) * np.array([0, 255]).reshape(2, 1, 1, 1)
        black, white = keras.ops.convert_to_numpy(converter(gray))[:, 0, 0].astype(float)
    except Exception as error:  # of many kinds: no such preset, no network, images of another size
        reason = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        raise SettingError(
            f"backbone: {backbone} cannot be loaded for images of {input_shape[0]}x"
            f"{input_shape[1]} pixels: {reason}."
        ) from error
    if len(end.shape) == 3:  # tokens, of which the first stands for the image
        end = end[:, 0]
    affine = tuple(((white - black) / 255).tolist()), tuple(black.tolist())
    return affine, keras.Model(image, end, name="backbone")
