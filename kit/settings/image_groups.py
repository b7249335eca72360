"""Which images a network learns from, and how."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import tyro

from kit.choices import LARGEST_SEED, Augmentation, Mixing, Sampling
from kit.errors import SettingError
from kit.settings.joined import Bare, Group, Needs
from kit.settings.texts import one_or_two


@dataclass(frozen=True)
class Images(Group):
    """How images are read."""

    searched: ClassVar = True
    alike: ClassVar = ("color", "strict", "exclude", "cache")

    image_size: tuple[int, ...] | None = None
    """One number for a square, or height and width, in pixels. By default the backbone's own size,
    or otherwise 128, or less if the images are smaller."""
    color: Literal["auto", "rgb", "grayscale"] = "auto"
    """Three channels or one; by default one if all images are gray."""
    aspect: Literal["stretch", "crop", "pad"] = "stretch"
    """How images are brought to the image size."""
    equalization: Literal["none", "contrast", "histogram"] = "none"
    """Stretch each image's contrast, or equalize its histogram, in training, evaluation and
    prediction alike."""
    batch_size: int = 32
    """Images per step."""
    strict: bool = False
    """Stop at the first broken or refused file instead of leaving it out."""
    exclude: Path | None = None
    """A list of files to leave out: a CSV with a column file, or one path per line."""
    cache: bool = True
    """Keep decoded images in the user's cache folder."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Return height and width.

        Raises:
            SettingError: There are no such images.
        """
        return None if self.image_size is None else one_or_two(self.image_size)

    def verify(self) -> None:
        """Check the size of images and of a batch."""
        _ = self.size
        if self.batch_size < 1:
            raise SettingError(f"`batch_size` must be 1 or more, not {self.batch_size}.")


@dataclass(frozen=True)
class Division(Group):
    """Which images train, which validate and which test."""

    parts: Annotated[str | None, tyro.conf.arg(metavar="PART=FOLDER,...")] = None
    """Which folders are parts, if their names do not show it, for example
    train=fold1,train=fold2,test=fold3. A dot is the folder itself; none means that all are
    classes."""
    validation_split: float | None = None
    """Share of the images for validation, if the folder has no validation part; by default 0.2."""
    test_split: float | None = None
    """Share of the images for a test part; by default 0.15 from 1,000 images on, if the folder has
    no parts."""
    split: Path | None = None
    """An earlier run's split.csv, to put every image into the same part again. Files that have
    changed since are named."""
    group: Annotated[str | None, tyro.conf.arg(metavar="COLUMN|PATTERN")] = None
    """Keep related images in one part: by a column of the table, by a pattern (regular expression)
    that finds the group's name in a file's path, for example (patient[0-9]+), or by exif for photos
    by one camera within a minute. Copies are kept together anyway."""
    seed: int = 42
    """Seed of split, initial weights, order and augmentation."""

    def verify(self) -> None:
        """Check that the shares leave images for training, and the seed."""
        validation, test = self.validation_split, self.test_split
        if not 0 <= self.seed <= LARGEST_SEED:
            raise SettingError(f"`seed` must be from 0 to {LARGEST_SEED}, not {self.seed}.")
        if validation is not None and not 0 < validation < 1:
            raise SettingError(
                f"`validation_split` must be above 0 and below 1, not {validation}: training needs "
                "validation images."
            )
        if test is not None and not 0 <= test < 1:
            raise SettingError(f"`test_split` must be from 0 to below 1, not {test}.")
        if (validation or 0.0) + (test or 0.0) >= 1:
            raise SettingError(
                "`validation_split` and `test_split` must leave images for training; got "
                f"{validation or 0.0:g} and {test or 0.0:g} (from 1000 images on, 0.15 by "
                "default)."
            )


@dataclass(frozen=True)
class Variation(Group):
    """How training images are varied."""

    searched: ClassVar = True
    alike: ClassVar = ("augment", "flip")

    augmentation: Augmentation | None = None
    """Strength of augmentation; by default light."""
    augment: Annotated[Mapping[str, Any], tyro.conf.arg(metavar="LAYER=VALUE")] = field(
        default_factory=dict
    )
    """Add or change one Keras augmentation layer, for example RandomZoom=0.2 or
    RandomRotation={factor: 0.05, fill_mode: nearest}. Repeatable."""
    flip: Annotated[Literal["auto", "yes", "no"], Bare("yes", negative="no")] = "auto"
    """Mirror training images; auto does not mirror digits, letters, left and right. --flip alone
    means yes, --no-flip means no."""
    mix: Mixing = "none"
    """Mix pairs of training images and their labels: blend them (mixup), paste a rectangle of one
    into the other (cutmix), or choose at random (both)."""
    mix_alpha: Annotated[float | None, Needs("mix", ("mixup", "cutmix", "both"))] = None
    """How even the shares are: with 1 all shares are equally likely, with less most are uneven; by
    default 0.2 for mixup, 1 for cutmix."""
    sampling: Sampling = "none"
    """balanced shows all classes equally often; smote adds interpolated features to small classes,
    for a head on a frozen backbone."""

    def verify(self) -> None:
        """Check how images are mixed."""
        if self.mix_alpha is not None and not 0 < self.mix_alpha < math.inf:
            raise SettingError(f"`mix_alpha` must be above 0, not {self.mix_alpha}.")
        if self.mix == "none" and self.mix_alpha is not None:
            raise SettingError(
                "`mix_alpha` sets how strongly images are mixed; also give `mix`: mixup, cutmix."
            )
