"""Groups of settings of the programs that train nothing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from kit.choices import FindingKind
from kit.errors import SettingError
from kit.settings.image_groups import Images
from kit.settings.joined import Group


@dataclass(frozen=True)
class Form(Group):
    """How the network is built."""

    style: Literal["functional", "sequential"] = "functional"
    """Functional or Sequential model; both have the same layers."""


@dataclass(frozen=True)
class Results(Group):
    """What is written."""

    output: Path | None = None
    """A new folder for numbers, tables and figures."""


@dataclass(frozen=True)
class Panel(Group):
    """What is printed."""

    verbose: bool = False
    """Explain every check, not only those that fail."""


@dataclass(frozen=True)
class Yardstick(Group):
    """Which classifiers are fitted, and on what."""

    methods: tuple[Literal["knn", "logistic", "svm"], ...] = ("knn", "logistic", "svm")
    """Nearest neighbours, logistic regression, linear support vector machine."""
    backbone: str | None = None
    """Use the features of this network instead of pixels: a Keras network such as MobileNet-0.75, a
    run, or a .keras file."""
    weights: str = "imagenet"
    """Weights of the backbone: imagenet (downloaded if missing), none, or a file."""

    def verify(self) -> None:
        """Check that there is a method."""
        if not self.methods:
            raise SettingError("`methods` must name at least one of knn, logistic, svm.")


@dataclass(frozen=True)
class Inspection(Group):
    """What is audited."""

    parts: str | None = None
    """Which folders are parts, as for kit-train."""
    group: str | None = None
    """Groups of related images, as for kit-train. Near copies within a group are not findings, but
    a group in two parts is reported."""
    exclude: Path | None = None
    """A list of files to leave out: a CSV with a column file, or one path per line."""
    image_size: tuple[int, ...] | None = None
    """Image size for judging small objects: one number for a square, or height and width, in
    pixels. By default the size that a training would choose."""
    thing: int | None = None
    """Size of the smallest object that matters, in pixels of the original images; by default a
    fortieth of the median image's long side."""
    cache: bool = True
    """Keep measurements in the user's cache folder, so a second audit of unchanged files is
    fast."""

    def verify(self) -> None:
        """Check the size of a thing."""
        if self.thing is not None and self.thing < 1:
            raise SettingError(f"`thing` must be at least 1 pixel, not {self.thing}.")


@dataclass(frozen=True)
class FixList(Group):
    """Which files to leave out."""

    fix_list: Path | None = None
    """Write the files to leave out to this CSV file; `exclude` of kit-train reads it."""
    fix: Annotated[tuple[FindingKind, ...], tyro.conf.UseAppendAction] = ()
    """A kind of finding for that list. Repeatable. By default broken, two-labels, two-parts and
    copy, which you need not look at."""

    def verify(self) -> None:
        """Check that what is chosen goes somewhere."""
        if self.fix and self.fix_list is None:
            raise SettingError("`fix` chooses the findings for a list, so give `fix_list` too.")


@dataclass(frozen=True)
class AuditPrint(Group):
    """What is printed."""

    json: bool = False
    """Print JSON instead of text."""


@dataclass(frozen=True)
class Scoring(Group):
    """What is scored."""

    parts: str | None = None
    """Score only these folders, for example test=Testing."""
    exclude: Path | None = None
    """A list of files to leave out: a CSV with a column file, or one path per line."""
    batch_size: int = 32
    """Images at a time."""
    cache: bool = True
    """Keep decoded images in the user's cache folder."""

    def verify(self) -> None:
        """Check the size of a batch."""
        Images(batch_size=self.batch_size).verify()


@dataclass(frozen=True)
class Averaging(Group):
    """What is averaged."""

    mirrored: bool = False
    """Ask about the mirror image of each image, too, and average the two answers (test-time
    augmentation). Only for runs that were trained with mirrored images."""


@dataclass(frozen=True)
class Compared(Group):
    """Which images are compared."""

    on: Path | None = None
    """A folder or table of other images; by default the images that both runs held out."""


@dataclass(frozen=True)
class Asking(Group):
    """How images are classified."""

    top: int = 1
    """Number of classes per image, most likely first."""
    batch_size: int = 32
    """Images at a time."""

    def verify(self) -> None:
        """Check the two numbers."""
        if min(self.top, self.batch_size) < 1:
            raise SettingError(
                f"`top` and `batch_size` must be at least 1; got {self.top} and {self.batch_size}."
            )


@dataclass(frozen=True)
class Answers(Group):
    """Where the predictions go."""

    csv: Path | None = None
    """Write the table to this file instead of printing it; - is stdout."""
    json: Path | None = None
    """Write it to this file as JSON instead of printing it; - is stdout."""


@dataclass(frozen=True)
class Reasons(Group):
    """Explanations of the predictions."""

    explain: Path | None = None
    """A new folder for pictures of each image beside its heat map, which shows the places that
    support the answer."""
    layers: bool = False
    """With --explain, also draw the filters of the network's first layer, and the feature maps of
    each image."""

    def verify(self) -> None:
        """Check that there is a folder for the pictures."""
        if self.layers and self.explain is None:
            raise SettingError("`layers` draws pictures into a folder; name it with `explain`.")


@dataclass(frozen=True)
class Page(Group):
    """What is on the page."""

    heat_maps: bool = True
    """Load the network, and show the evidence for its worst mistakes, and the training images most
    similar to them. Without them TensorFlow does not start."""


@dataclass(frozen=True)
class Choice(Group):
    """What the image is compared with."""

    within: Annotated[Path | None, tyro.conf.arg(name="in")] = None
    """A folder of images to search; by default the run's training images."""
    count: int = 8
    """Number of images to find."""

    def verify(self) -> None:
        """Check the number."""
        if self.count < 1:
            raise SettingError(f"`count` must be at least 1, not {self.count}.")


@dataclass(frozen=True)
class Sheet(Group):
    """What is drawn."""

    drawing: Path = Path("similar.png")
    """Draw the images into this file, .png, .svg or .pdf."""


@dataclass(frozen=True)
class Subject(Group):
    """Which network is described, and for which images."""

    image_size: tuple[int, ...] = (128,)
    """One number for a square, or height and width, in pixels."""
    color: Literal["rgb", "grayscale"] = "rgb"
    """Three channels or one."""
    classes: int = 10
    """Number of classes."""
    settings: Annotated[Mapping[str, Any], tyro.conf.arg(name="set", metavar="NAME=VALUE")] = field(
        default_factory=dict
    )
    """One setting of the architecture, for example filters=[16,32]. Repeatable."""


@dataclass(frozen=True)
class Report(Group):
    """What is printed and drawn."""

    batch_size: int = 32
    """Images per step, for the estimate of the memory of training."""
    drawing: Path | None = None
    """Draw the network into this file, .png, .svg or .pdf."""
    csv: Path | None = None
    """Write the table to this file, in bytes and numbers, instead of printing it; - is stdout."""

    def verify(self) -> None:
        """Check the size of a batch."""
        if self.batch_size < 1:
            raise SettingError(f"`batch_size` must be at least 1, not {self.batch_size}.")


@dataclass(frozen=True)
class Limits(Group):
    """Limits of the download."""

    sha256: str | None = None
    """The archive's SHA-256, if you know it; other files are refused."""
    max_gigabytes: float = 5.0
    """Limit for the download and for the unpacked files, in units of 2^30 bytes."""
    timeout: float = 30.0
    """Seconds below 1 KiB per second after which the download ends, at most 86,400."""
    max_hours: float = 24.0
    """Hours after which the download ends."""

    def verify(self) -> None:
        """Check that a limit is one."""
        for name in ("max_gigabytes", "max_hours"):
            if not math.isfinite(getattr(self, name)):
                raise SettingError(f"`{name}` must be above 0, not {getattr(self, name)}.")


@dataclass(frozen=True)
class Catalog(Group):
    """Which data sets there are."""

    list_names: Annotated[bool, tyro.conf.arg(name="list"), tyro.conf.FlagCreatePairsOff] = False
    """Show the named data sets: images, classes, size and licence."""
