"""Pretrained weights: where they lie, and networks that have them.

Looking for them needs no TensorFlow.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from kit.architectures.backbones.catalogue import Backbone, find
from kit.architectures.backbones.model_files import check_archive, check_weights, refusal
from kit.errors import KitError, SettingError

if TYPE_CHECKING:
    import keras

# What keras.applications.EfficientNet divides by the square roots of, behind the normalization that
# it begins with, where it is built for the weights of ImageNet; without them it leaves that out
# (the published files hold standard deviations where the layer takes variances).
EFFICIENTNET_DEVIATION = (0.229, 0.224, 0.225)


def at_hand(name: str) -> bool:
    """Tell whether the pretrained weights of this row are in Keras' folder."""
    return weights_file(find(name)).is_file()


def weights_file(backbone: Backbone) -> Path:
    """Return where Keras keeps the pretrained weights, whether they are there or not."""
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    return Path(home).expanduser() / "models" / backbone.file


def ready(backbone: Backbone, weights: str) -> Path | None:
    """Return the file of the weights, downloaded if it has to be; None for random ones.

    To be called before long work that would be lost without them.

    Raises:
        SettingError: ``weights`` is no file.
        KitError: The download failed.
    """
    if weights == "none":
        return None
    if weights != "imagenet":
        if not Path(weights).is_file():
            raise SettingError(f'weights: {weights} is no file; "imagenet" and "none" need none.')
        return Path(weights)
    path = weights_file(backbone)
    if not path.is_file():
        _download(backbone, path)
    return path


def load(
    backbone: Backbone, input_shape: tuple[int, int, int], weights: str = "imagenet"
) -> "keras.Model":
    """Build the network without its classifier, called "backbone".

    Args:
        backbone: A row of the table.
        input_shape: ``(height, width, 3)`` of the preprocessed images, in pixels.
        weights: "imagenet": from Keras' folder, or downloaded into it; "none": random; or a file of
            weights that ``keras.applications`` reads.

    Raises:
        SettingError: The images are too small for the network, or the file does not fit it.
        KitError: The download failed.
    """
    path = ready(backbone, weights)
    try:
        model = _build(backbone, input_shape, None)
    except ValueError as error:  # each network has a smallest size of its own
        height, width, _ = input_shape
        raise SettingError(
            f"{backbone.name} cannot take images of {height}x{width} pixels: {error} Its weights "
            f"were trained on {backbone.image_size}x{backbone.image_size}."
        ) from None
    if path is not None:
        _read(model, path, backbone)
        if path.name == backbone.file and backbone.name.startswith("EfficientNetB"):
            _divide_further(model)
    return model


def _build(
    backbone: Backbone, input_shape: tuple[int, int, int], weights: str | None
) -> "keras.Model":
    import keras

    builder, _, width = backbone.name.partition("-")
    more: dict[str, object] = {"alpha": float(width)} if width else {}
    if weights is None:  # some look for a file of weights that is called after the model
        more["name"] = "backbone"
    network: keras.Model = getattr(keras.applications, builder)(
        include_top=False, weights=weights, input_shape=input_shape, **more
    )
    return network


def _read(model: "keras.Model", path: Path, backbone: Backbone) -> None:
    try:
        (check_archive if path.suffix == ".keras" else check_weights)(path)
        model.load_weights(path)
    except MemoryError as error:
        raise refusal(path, error) from error
    except Exception as error:  # of many kinds, for damaged files and those of another network
        raise SettingError(
            f"{path} does not hold weights of {backbone.name} without its classifier "
            f"({str(error).partition(chr(10))[0]}). Remove it, or give another file."
        ) from error


def _divide_further(model: "keras.Model") -> None:
    """Divide by the square roots of ``EFFICIENTNET_DEVIATION`` in the normalization as well."""
    import keras

    (layer,) = (one for one in model.layers if isinstance(one, keras.layers.Normalization))
    mean, variance, count = layer.get_weights()
    layer.set_weights([mean, variance * EFFICIENTNET_DEVIATION, count])
    layer.finalize_state()


def _download(backbone: Backbone, path: Path) -> None:
    """Let Keras fetch the weights, which checks the file by its hash."""
    side = backbone.image_size
    try:
        _build(backbone, (side, side, 3), "imagenet")
    except Exception as error:  # Keras raises the bare Exception for a failed download
        raise KitError(
            f"The weights of {backbone.name} (about {backbone.megabytes} MB) could not be "
            f"downloaded: {str(error).partition(chr(10))[0]} Where there is no network, fetch "
            f"{path.name} elsewhere and put it at {path}."
        ) from error
