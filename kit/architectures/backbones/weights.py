"""Pretrained weights: where they lie, and networks that have them.

Looking for them needs no TensorFlow.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kit.architectures.backbones import origins
from kit.architectures.backbones.catalogue import Backbone, find
from kit.architectures.backbones.model_files import check_archive, check_weights, refusal
from kit.errors import KitError, SettingError

if TYPE_CHECKING:
    import keras

HDF5 = b"\x89HDF\r\n\x1a\n"
LEAST_ROOM = 2**23  # bytes of a file besides its numbers; files of h5 are up to 1.4 times these


@dataclass(frozen=True)
class Allowance:
    """What a download may cost.

    Attributes:
        most: Bytes.
        answer: Seconds until the server answers.
        pace: Seconds in which at least a KiB a second must come.
        whole: Seconds of all of it.
    """

    most: int
    answer: float
    pace: float
    whole: float


ASKED = Allowance(2**40, 10, 30, 86_400)
# Who has no network goes on within five seconds.
UNASKED = Allowance(30_000_000, 3.5, 10, 300)

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


def ready(backbone: Backbone, weights: str, download: bool = True) -> Path | None:
    """Return the file of the weights, downloaded if it has to be; None for random ones.

    To be called before long work that would be lost without them.

    Args:
        backbone: A row of the table.
        weights: "imagenet", "none" or a file.
        download: Whether they may be downloaded.

    Raises:
        SettingError: ``weights`` is no file.
        KitError: The download failed, or is forbidden.
    """
    if weights == "none":
        return None
    if weights != "imagenet":
        if not Path(weights).is_file():
            raise SettingError(
                f'weights: there is no file {weights}. Give a file, "imagenet" or "none".'
            )
        return Path(weights)
    path = weights_file(backbone)
    if not path.is_file():
        try:
            fetch(backbone, ASKED, download)
        except KitError as error:
            raise KitError(
                f"The weights of {backbone.name} (about {backbone.megabytes} MB) could not be "
                f"downloaded: {error} Without a network connection, download "
                f"{origins.address(backbone)} on another machine and copy it to {path}."
            ) from error
    return path


def fetch(backbone: Backbone, allowance: Allowance, download: bool = True) -> None:
    """Download the weights into Keras' folder, under its name for them.

    Raises:
        KitError: The download failed, or is forbidden: by ``download``, or by ``KIT_OFFLINE``.
    """
    origins.check_allowed(download)
    from kit.downloading import Limits, download_file  # here, since it is rarely needed

    address, path = origins.address(backbone), weights_file(backbone)
    most = min(allowance.most, 2 * 4 * backbone.parameters + LEAST_ROOM)
    limits = Limits(most, allowance.pace, allowance.whole, allowance.answer)
    line = (
        f"Downloading {backbone.name}, pretrained on ImageNet (about {backbone.megabytes} MB), "
        f"from {address} to {path.parent}."
    )
    known = origins.HASHES.get(backbone.name)
    try:
        download_file(address, path, limits, line, begins=HDF5, known_hash=known)
    except KitError as error:  # the line has the address
        raise KitError(str(error).removeprefix(f"{address}: ")) from error


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
        model = _build(backbone, input_shape)
    except ValueError as error:  # each network has a smallest size of its own
        height, width, _ = input_shape
        raise SettingError(
            f"{backbone.name} cannot take images of {height}x{width} pixels: {error} Its weights "
            f"were trained at {backbone.image_size}x{backbone.image_size}."
        ) from None
    if path is not None:
        _read(model, path, backbone)
        if path.name == backbone.file and backbone.name.startswith("EfficientNetB"):
            _divide_further(model)
    return model


def _build(backbone: Backbone, input_shape: tuple[int, int, int]) -> "keras.Model":
    import keras

    builder, _, width = backbone.name.partition("-")
    more: dict[str, object] = {"alpha": float(width)} if width else {}
    if not builder.startswith("EfficientNetV2"):  # which looks its blocks up by its name
        more["name"] = "backbone"
    network: keras.Model = getattr(keras.applications, builder)(
        include_top=False, weights=None, input_shape=input_shape, **more
    )
    network.name = "backbone"
    return network


def _read(model: "keras.Model", path: Path, backbone: Backbone) -> None:
    try:
        (check_archive if path.suffix == ".keras" else check_weights)(path)
        model.load_weights(path)
    except MemoryError as error:
        raise refusal(path, error) from error
    except Exception as error:  # of many kinds, for damaged files and those of another network
        raise SettingError(
            f"{path} does not hold the weights of {backbone.name} without its classifier "
            f"({str(error).partition(chr(10))[0]}). Remove the file, or give another."
        ) from error


def _divide_further(model: "keras.Model") -> None:
    """Divide by the square roots of ``EFFICIENTNET_DEVIATION`` in the normalization as well."""
    import keras

    (layer,) = (one for one in model.layers if isinstance(one, keras.layers.Normalization))
    mean, variance, count = layer.get_weights()
    layer.set_weights([mean, variance * EFFICIENTNET_DEVIATION, count])
    layer.finalize_state()
