"""Which network is trained on which images, and why; decided without TensorFlow."""

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kit import architectures, data, runs
from kit.architectures import backbones
from kit.architectures.backbones import hub
from kit.errors import KitError, SettingError
from kit.keras_start import start_keras
from kit.setting_names import said
from kit.settings import Images, Network

SCRATCH = "basic_cnn"  # what is trained where nothing pretrained suits or is there
SHORT_SIDE, ENOUGH = 64, 0.9  # pixels; the share of images that must have them for a backbone
SMALLEST = 32  # pixels, of the images that backbones take
APART = (
    "architecture",
    "settings",
    "download",
)  # of the settings of a network: they are none of its builder


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
        download: Whether weights may be downloaded.
    """

    architecture: str
    settings: Mapping[str, Any]
    label: str
    image_size: tuple[int, int] | None
    color: str
    reason: str = ""
    download: bool = True

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
        if self.architecture != "pretrained" or Path(name).suffix == ".keras":
            return
        if name.startswith(hub.PREFIX):
            hub.check(name, self.download)
        else:
            weights = str(self.settings.get("weights", "imagenet"))
            backbones.ready(backbones.find(name), weights, self.download)


def choose(
    network: Network,
    images: Images,
    folder: Path,
    *,
    pretrain: str = "none",
    parts: str | None = None,
    searched: Iterable[str] = (),
) -> Choice:
    """Return the network that was asked for, or for "auto" the one that suits the images.

    For color photos "auto" downloads small weights where none are here and it may. Settings that
    only the network from scratch has, set or ``searched``, ask for that one.

    Raises:
        SettingError: There is no such network, or two were asked for.
        DataError: The folder cannot be used.
    """
    name, settings = network.architecture, settings_of(network)
    if name != "auto":
        architectures.check_name(name)
    if "backbone" in settings and name not in ("auto", "pretrained"):
        raise SettingError(
            f"`backbone={settings['backbone']}` already chooses the network; leave out "
            f"`architecture={name}`."
        )
    if "backbone" in settings or name == "pretrained":
        choice = _pretrained(settings, images)
        return dataclasses.replace(choice, download=network.download)
    if "weights" in settings and name != "auto":
        raise SettingError(
            f"`weights` belong to a backbone, and {name} has none. Leave them out, or choose a "
            "`backbone`."
        )
    if name != "auto":
        return Choice(name, settings, name, images.size, images.color)
    unsuited = _ruled_out(settings, images, pretrain, searched)
    unsuited = unsuited or _unsuited(data.survey(folder, parts), images.color)
    here = next((one for one in backbones.RECOMMENDED if backbones.at_hand(one)), None)
    missed = ""
    if not (unsuited or here) and settings.get("weights", "imagenet") == "imagenet":
        here, missed = _fetched(network.download)
    if here and not unsuited:
        reason = (
            f"auto: {here}, pretrained on ImageNet. Its weights are available, and on photos it "
            f"usually beats training from scratch (`architecture={SCRATCH}`)."
        )
        choice = _pretrained({**settings, "backbone": here}, images)
        return dataclasses.replace(choice, reason=said(reason), download=network.download)
    if "weights" in settings:
        why = f"because {unsuited}" if unsuited else "because no backbone's weights are available"
        raise SettingError(
            f"`weights` belong to a backbone, but auto chose none, {why}. Name a `backbone`."
        )
    because = f"because {unsuited}." if unsuited else missed
    reason = f"auto: {SCRATCH} from scratch, {because}"
    return Choice(SCRATCH, settings, SCRATCH, images.size, images.color, said(reason))


def settings_of(network: Network) -> dict[str, Any]:
    """Return what is set of a network; the settings that have a name of their own go first."""
    named = {name: one for name, one in vars(network).items() if name not in APART}
    own = {name: value for name, value in named.items() if value is not None}
    return {**network.settings, **own}


def _ruled_out(
    settings: Mapping[str, Any], images: Images, pretrain: str, searched: Iterable[str]
) -> str:
    """Say which setting rules a backbone out, or nothing."""
    if pretrain != "none":
        return "`pretrain` needs a network without pretrained weights"
    if scratch := _of_scratch([*settings, *searched]):
        return f"{scratch} is a setting of that network, not of a backbone"
    if images.size is not None and min(images.size) < SMALLEST:
        return f"backbones take images of at least {SMALLEST}x{SMALLEST} pixels"
    return ""


def _of_scratch(names: Iterable[str]) -> str:
    """Return the first of these settings that the network from scratch alone has, or nothing."""
    names = list(names)
    if not names:
        return ""
    start_keras()  # which the networks import, and their settings are those of their functions
    known = architectures.settings(SCRATCH).keys() - architectures.settings("pretrained").keys()
    return next((name for name in names if name in known), "")


def _unsuited(seen: data.Survey, color: str) -> str:
    """Say why a backbone that was trained on photos does not suit these images, or nothing."""
    if color == "grayscale" or seen.gray == 1:
        return "the images are gray"
    if not seen.images:
        return "no image is readable"
    if seen.share_from(SHORT_SIDE) < ENOUGH:
        return (
            f"{100 * (1 - seen.share_from(SHORT_SIDE)):.0f} % of the images have fewer than "
            f"{SHORT_SIDE} pixels on their shorter side"
        )
    return ""


def _fetched(download: bool) -> tuple[str | None, str]:
    """Download the weights of the best backbone that is small; else say why not, and what to do."""
    rows = map(backbones.find, backbones.RECOMMENDED)
    row = next(one for one in rows if 4 * one.parameters <= backbones.UNASKED.most)
    try:
        backbones.fetch(row, backbones.UNASKED, download)
    except KitError as error:
        path = backbones.weights_file(row)
        return None, (
            "because no pretrained weights are available, and none were downloaded: "
            f"{str(error).rstrip('.')}. Photos usually do better with them: `backbone={row.name}` "
            f"downloads {row.megabytes} MB, or put {path.name} into {path.parent}."
        )
    return row.name, ""


def _pretrained(settings: Mapping[str, Any], images: Images) -> Choice:
    """Return the choice of a network of Keras', of the file of one, or of a run."""
    image_size, color = images.size, images.color
    name = str(settings.get("backbone", backbones.PROPOSED))
    if name.startswith(hub.PREFIX):
        folder = Path(name.removeprefix(hub.PREFIX))
        if folder.is_dir():  # where the run is repeated may be elsewhere
            settings = {**settings, "backbone": f"{hub.PREFIX}{folder.resolve()}"}
        size = (hub.SIDE, hub.SIDE) if image_size is None else image_size
        return Choice("pretrained", settings, f"on-{folder.resolve().name}", size, color)
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
