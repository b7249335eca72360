"""Which network is trained on which images, and why; decided without TensorFlow."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit import architectures, data, runs
from kit.architectures import backbones
from kit.errors import SettingError
from kit.keras_start import start_keras
from kit.setting_names import said
from kit.settings.texts import assignments

SCRATCH = "basic_cnn"  # what is trained where nothing pretrained suits or is there
SHORT_SIDE, ENOUGH = 64, 0.9  # pixels; the share of images that must have them for a backbone
SMALLEST = 32  # pixels, of the images that backbones take


@dataclass(frozen=True)
class Choice:
    """Which network is trained, on which images, and why.

    Attributes:
        architecture: Its name in the registry.
        settings: What is set of it.
        label: What the run is called after.
        image_size: (height, width) in pixels; None leaves it to the images.
        color: "auto", "rgb" or "grayscale".
        reason: Why the toolkit chose so; empty where the user did.
    """

    architecture: str
    settings: Mapping[str, Any]
    label: str
    image_size: tuple[int, int] | None
    color: str
    reason: str = ""

    @property
    def frozen(self) -> bool:
        """Tell whether only a head is trained at first."""
        return self.architecture == "pretrained" and self.settings.get("weights") != "none"

    def make_ready(self) -> None:
        """Fetch a backbone's weights before the images are read, which may take long.

        Raises:
            SettingError: There is no such file.
            KitError: The download failed.
        """
        name = str(self.settings.get("backbone", backbones.PROPOSED))
        if self.architecture == "pretrained" and Path(name).suffix != ".keras":
            weights = str(self.settings.get("weights", "imagenet"))
            backbones.ready(backbones.find(name), weights)


def choose(
    architecture: str,
    backbone: str | None,
    weights: str | None,
    settings: Mapping[str, Any],
    folder: Path,
    image_size: tuple[int, int] | None,
    color: str,
    pretrain: str = "none",
    parts: str | None = None,
    searched: Iterable[str] = (),
) -> Choice:
    """Return the network that was asked for, or for "auto" the one that suits the images.

    Settings that only the network from scratch has, given or ``searched``, ask for that one.

    Raises:
        SettingError: There is no such network, or two were asked for.
        DataError: The folder cannot be used.
    """
    if backbone is not None:
        if architecture not in ("auto", "pretrained"):
            raise SettingError(
                f"`backbone={backbone}` is the network; leave `architecture={architecture}` out."
            )
        return _pretrained(_given(settings, backbone, weights), image_size, color)
    if architecture == "pretrained":
        return _pretrained(_given(settings, None, weights), image_size, color)
    if weights is not None and architecture != "auto":
        raise SettingError(
            f"`weights` are those of a backbone, and {architecture} has none; leave them out, or "
            "take a `backbone`."
        )
    if architecture != "auto":
        return Choice(architecture, settings, architecture, image_size, color)
    if pretrain != "none":
        unsuited = "`pretrain` teaches a network that has not been trained before"
    elif scratch := _of_scratch([*settings, *searched]):
        unsuited = f"{scratch} is a setting of that network and of no backbone"
    elif image_size is not None and min(image_size) < SMALLEST:
        unsuited = f"backbones take images from {SMALLEST}x{SMALLEST} pixels"
    else:
        unsuited = _unsuited(data.survey(folder, parts), color)
    here = [name for name in backbones.RECOMMENDED if backbones.at_hand(name)]
    if here and not unsuited:
        reason = (
            f"auto: {here[0]}, pretrained on ImageNet: its weights are here, and photos mostly do "
            f"better with it than from scratch (`architecture={SCRATCH}` trains from scratch)."
        )
        choice = _pretrained(_given(settings, here[0], weights), image_size, color)
        return dataclasses.replace(choice, reason=said(reason))
    if weights is not None:
        why = f"since {unsuited}" if unsuited else "since none has its weights here"
        raise SettingError(
            f"`weights` are those of a backbone, and auto takes none, {why}; name a `backbone`."
        )
    because = f"since {unsuited}." if unsuited else _nothing_here()
    reason = f"auto: {SCRATCH} from scratch, {because}"
    return Choice(SCRATCH, settings, SCRATCH, image_size, color, said(reason))


def network_settings(
    architecture: str, texts: Sequence[str] | Mapping[str, Any], **traits: Any
) -> Mapping[str, Any]:
    """Return the settings of the architecture; those among ``texts`` go before the others.

    Raises:
        SettingError: No such architecture, or a text that is no NAME=VALUE.
    """
    if architecture != "auto":
        architectures.check_name(architecture)
    given = {name: value for name, value in traits.items() if value is not None}
    return given | assignments(texts)


def _of_scratch(names: Iterable[str]) -> str:
    """Return the first of these settings that the network from scratch alone has, or nothing."""
    names = list(names)
    if not names:
        return ""
    start_keras()  # which the networks import, and their settings are those of their functions
    known = architectures.settings(SCRATCH).keys() - architectures.settings("pretrained").keys()
    return next((name for name in names if name in known), "")


def _given(
    settings: Mapping[str, Any], backbone: str | None, weights: str | None
) -> Mapping[str, Any]:
    """Return the settings with what the two flags add."""
    flags = {"backbone": backbone, "weights": weights}
    return {**settings, **{name: value for name, value in flags.items() if value is not None}}


def _unsuited(seen: data.Survey, color: str) -> str:
    """Say why a backbone that was trained on photos does not suit these images, or nothing."""
    if color == "grayscale" or seen.gray == 1:
        return "the images are gray"
    if not seen.images:
        return "no image could be read"
    if seen.share_from(SHORT_SIDE) < ENOUGH:
        return (
            f"{100 * (1 - seen.share_from(SHORT_SIDE)):.0f} % of the images have fewer than "
            f"{SHORT_SIDE} pixels on their shorter side"
        )
    return ""


def _nothing_here() -> str:
    """Say what would be downloaded, how large it is and how to ask for it."""
    proposed = backbones.find(backbones.PROPOSED)
    return (
        "since no pretrained weights are here. Photos mostly do better with some: "
        f"`backbone={proposed.name}` downloads {proposed.megabytes} MB into "
        f"{backbones.weights_file(proposed).parent} once."
    )


def _pretrained(
    settings: Mapping[str, Any], image_size: tuple[int, int] | None, color: str
) -> Choice:
    """Return the choice of a network of Keras', of the file of one, or of a run."""
    name = str(settings.get("backbone", backbones.PROPOSED))
    weights = str(settings.get("weights", "imagenet"))
    if weights not in ("imagenet", "none"):  # where the run is repeated may be elsewhere
        settings = {**settings, "weights": str(Path(weights).resolve())}
    path = runs.folder_of(name) if (Path(name).parent / runs.FACTS).is_file() else Path(name)
    if (path / runs.FACTS).is_file() or (path.is_dir() and name not in backbones.BACKBONES):
        run = runs.load(path)
        height, width = run.facts["image_size"]
        return Choice(
            "pretrained",
            {**settings, "backbone": str(run.model_file.resolve())},
            f"on-{path.resolve().name}",
            (height, width) if image_size is None else image_size,
            str(run.facts["color"]) if color == "auto" else color,
        )
    if path.suffix == ".keras":
        if not path.is_file():
            raise SettingError(f"backbone: there is no file {path}.")
        settings = {**settings, "backbone": str(path.resolve())}
        return Choice("pretrained", settings, f"on-{path.stem}", image_size, color)
    row = backbones.find(name)
    size = (row.image_size, row.image_size) if image_size is None else image_size
    return Choice("pretrained", {**settings, "backbone": row.name}, row.name, size, color)
