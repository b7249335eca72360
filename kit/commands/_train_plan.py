"""What ``train`` decides before any work: cheap, and without TensorFlow."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from kit import architectures, data, runs
from kit.architectures import backbones
from kit.commands._program import assignments, quoted, start_keras
from kit.data import samples
from kit.errors import DataError, SettingError
from kit.settings import Transfer
from kit.settings.image_groups import LARGEST_SEED

__all__ = [
    "Attempt",
    "Choice",
    "Method",
    "attempts",
    "called",
    "check_folds",
    "check_last",
    "check_new",
    "check_outside",
    "choose",
    "data_folder",
    "network_settings",
    "run_folder",
    "trained_run",
]

SCRATCH = "basic_cnn"  # what is trained where nothing pretrained suits or is there
SHORT_SIDE, ENOUGH = 64, 0.9  # pixels; the share of images that must have them for a backbone
SMALLEST = 32  # pixels, of the images that backbones take


@dataclass(frozen=True)
class Attempt:
    """One of the trainings of a run: the only one, a style, or one of several starts."""

    name: str
    style: architectures.Style
    seed: int


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


@dataclass(frozen=True)
class Method(Transfer):
    """How a network is trained, besides the settings of an ordinary training.

    Attributes:
        cache: Whether features are kept.
    """

    cache: bool = True

    def augments(self, choice: Choice) -> bool:
        """Tell whether training sees augmented images: one view of each is the image as it is."""
        return not choice.frozen or self.views > 1 or self.fine_tune is not None

    def check(self, choice: Choice, style: str, augmentation: str) -> None:
        """Check what can be told without TensorFlow.

        Raises:
            SettingError: Something does not go with the network, or with something else.
            DataError: There is no folder of unlabelled images.
        """
        for flag, used in (
            ("--views", self.views > 1),
            ("--fine-tune", self.fine_tune is not None),
        ):
            if used and not choice.frozen:
                raise SettingError(
                    f"{flag} is for a pretrained backbone, and {choice.label} is trained as a "
                    "whole; leave it out, or take a --backbone."
                )
        if self.views < 1 or (self.views > 1 and augmentation == "none"):
            raise SettingError(
                f"--views must be at least 1, and 1 with --augmentation none; it is {self.views}."
            )
        if self.pretrain != "none" and choice.frozen:
            raise SettingError(
                "--pretrain teaches a network to see, and a pretrained backbone can; leave one "
                "of the two out."
            )
        if self.unlabelled is not None and not self.unlabelled.is_dir():
            raise DataError(f"--unlabelled: {self.unlabelled} is no folder of images.")
        if self.auxiliary and choice.architecture != "googlenet":
            raise SettingError(
                f"--auxiliary: {choice.label} has no places for auxiliary classifiers; "
                "--architecture googlenet has."
            )
        if self.auxiliary and style != "functional":
            raise SettingError(
                "--auxiliary: these classifiers branch off in the middle of a network, and a "
                "Sequential model is one chain; take --style functional."
            )


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
                f"--backbone {backbone} is the network; leave --architecture {architecture} out."
            )
        return _pretrained(_given(settings, backbone, weights), image_size, color)
    if architecture == "pretrained":
        return _pretrained(_given(settings, None, weights), image_size, color)
    if weights is not None and architecture != "auto":
        raise SettingError(
            f"--weights are those of a backbone, and {architecture} has none; leave them out, or "
            "take a --backbone."
        )
    if architecture != "auto":
        return Choice(architecture, settings, architecture, image_size, color)
    if pretrain != "none":
        unsuited = "--pretrain teaches a network that has not been trained before"
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
            f"better with it than from scratch (--architecture {SCRATCH} trains from scratch)."
        )
        choice = _pretrained(_given(settings, here[0], weights), image_size, color)
        return dataclasses.replace(choice, reason=reason)
    if weights is not None:
        why = f"since {unsuited}" if unsuited else "since none has its weights here"
        raise SettingError(
            f"--weights are those of a backbone, and auto takes none, {why}; name a --backbone."
        )
    because = f"since {unsuited}." if unsuited else _nothing_here()
    reason = f"auto: {SCRATCH} from scratch, {because}"
    return Choice(SCRATCH, settings, SCRATCH, image_size, color, reason)


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
        f"--backbone {proposed.name} downloads {proposed.megabytes} MB into "
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


def attempts(
    style: Literal["functional", "sequential", "both"],
    repeats: int,
    seed: int,
    folds: int | None = None,
) -> list[Attempt]:
    """Return which trainings make the run.

    Raises:
        SettingError: A seed is out of its range.
    """
    last = seed + max(repeats, folds or 1) - 1
    if not 0 <= seed <= last <= LARGEST_SEED:
        raise SettingError(
            f"The seeds of all trainings must be from 0 to {LARGEST_SEED}; they are {seed} to "
            f"{last}. Take a smaller --seed."
        )
    if style == "both":
        return [Attempt(each, each, seed) for each in get_args(architectures.Style)]
    if folds is not None:
        return [Attempt(f"fold {n + 1}", style, seed + n) for n in range(folds)]
    if repeats == 1:
        return [Attempt(style, style, seed)]
    return [Attempt(f"seed {seed + n}", style, seed + n) for n in range(repeats)]


def data_folder(folder: Path | None) -> Path:
    """Return the folder of images or the table: the one given, or the built-in digits.

    Raises:
        DataError: There is no such folder and no such table.
    """
    if folder is None:
        return samples.digits()
    if data.is_table(folder):
        # a link to a table stays one: paths are relative to where it lies
        return folder.parent.resolve() / folder.name
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise DataError(
            f"{folder} {what}. Pass the folder that holds one sub-folder per class, or a table of "
            "paths and labels (.csv, .tsv, .parquet)."
        )
    return folder.resolve()


def called(source: Path) -> str:
    """Return what a run is called after: the folder of the images, or the one of their table."""
    folder = source.parent.resolve() if data.is_table(source) else source
    return folder.name or "root"


def run_folder(output: Path | None, source: Path, label: str, overwrite: bool) -> Path:
    """Return where the run goes.

    Raises:
        SettingError: It exists and was not to be overwritten, or it lies in the data.
        DataError: The table that names the data cannot be read.
    """
    if output is None:
        folder = runs.next_folder(Path("models"), f"{called(source)}-{label}")
    else:
        folder = output
    check_outside(folder, source)
    runs.check_possible(folder)
    runs.check_free(folder, overwrite)
    return folder


def trained_run(folder: Path, others: Iterable[Path], program: str) -> runs.Run:
    """Return the run that a program was given first.

    Args:
        folder: What was given for it.
        others: What was given behind it.
        program: The program's name.

    Raises:
        SettingError: It is none, or what stands behind it is one.
    """
    try:
        return runs.load(folder)
    except SettingError:
        for other in map(runs.folder_of, others):
            if (other / runs.FACTS).is_file():
                raise SettingError(
                    f"{other} is a run, and the run comes first: "
                    f"{program} {quoted(other)} {quoted(folder)}"
                ) from None
        raise


def check_folds(folds: int | None, source: Path, parts: str | None) -> None:
    """Make sure that the data leave the validation part to the folds.

    Raises:
        DataError: They give that part themselves, or cannot be used.
    """
    if folds is not None and "validation" in data.given_parts(source, parts):
        raise DataError(
            f"{source} gives the validation part, and --folds draws it from all images that are "
            "not in the test part: what was kept apart on purpose would be mixed. Leave --folds "
            "out, or put these images with the training images."
        )


def check_last(last_epoch: int | None, planned: Sequence[Attempt], method: Method) -> None:
    """Check that a training whose last epoch is given is one that chooses nothing.

    Raises:
        SettingError: It is compared with others or followed by another.
    """
    if last_epoch is not None and (len(planned) > 1 or method.fine_tune is not None):
        raise SettingError(
            "--last-epoch is for a single training of known length; leave --repeats, --folds, "
            "--style both and --fine-tune out."
        )


def check_outside(folder: Path, source: Path) -> None:
    """Make sure that nothing is written into the data, a folder or what a table names.

    Raises:
        SettingError: The folder lies in it.
        DataError: The table cannot be read.
    """
    for images in data.image_folders(source):
        runs.check_outside(folder, images)


def check_new(output: Path, source: Path) -> None:
    """Make sure that a folder for results is not there yet and not within the data.

    Raises:
        SettingError: It is.
        DataError: The table cannot be read.
    """
    check_outside(output, source)
    if output.exists():
        raise SettingError(f"{output} exists already. Give another --output.")
    runs.check_possible(output)


def network_settings(
    architecture: str, texts: Sequence[str], l2: float | None, dropout: float | None
) -> Mapping[str, Any]:
    """Return the settings given for the architecture; ``--set`` goes before the flags.

    Raises:
        SettingError: No such architecture, or a text that is no NAME=VALUE.
    """
    if architecture != "auto":
        architectures.check_name(architecture)
    flags = {"l2": l2, "dropout": dropout}
    given = {name: value for name, value in flags.items() if value is not None}
    return given | assignments(texts)
