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
    """One number for a square, or height and width, in pixels. By default what a backbone was
    trained on; else 128, or less where the images are smaller."""
    color: Literal["auto", "rgb", "grayscale"] = "auto"
    """Three channels or one; by default one where all images are gray."""
    aspect: Literal["stretch", "crop", "pad"] = "stretch"
    """How an image comes to the image size."""
    equalization: Literal["none", "contrast", "histogram"] = "none"
    """Stretch each image's contrast, or equalize its histogram, in training, evaluation and
    prediction alike."""
    batch_size: int = 32
    """Images per step."""
    strict: bool = False
    """Stop at the first file that is broken or refused, instead of leaving it out."""
    exclude: Path | None = None
    """A list of files to leave out: a CSV with a column file, or one path a line."""
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
    """Which folders are parts where their names do not say it, as in
    train=fold1,train=fold2,test=fold3; a dot is the folder itself; none where all are classes."""
    validation_split: float | None = None
    """Share of the images for validation where the folder has no part for it; by default 0.2."""
    test_split: float | None = None
    """Share for a test part; by default 0.15 from 1,000 images where the folder has no parts."""
    split: Path | None = None
    """An earlier run's split.csv: every image goes where it says, and files whose bytes changed
    since are named."""
    group: Annotated[str | None, tyro.conf.arg(metavar="COLUMN|PATTERN")] = None
    """Keep together what belongs together: a column of the table, a pattern (regular expression)
    that finds the group's name in a file's path, as in (patient[0-9]+), or exif for photos by one
    camera within a minute. Copies are kept together anyway."""
    seed: int = 42
    """Of split, start, order, augmentation."""

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
    """How strongly training images are varied; by default light."""
    augment: Annotated[Mapping[str, Any], tyro.conf.arg(metavar="LAYER=VALUE")] = field(
        default_factory=dict
    )
    """One layer of Keras' more, or set otherwise than the preset has it, for example RandomZoom=0.2
    or RandomRotation={factor: 0.05, fill_mode: nearest}. Repeatable."""
    flip: Annotated[Literal["auto", "yes", "no"], Bare("yes", negative="no")] = "auto"
    """Whether augmentation mirrors images; auto leaves digits, letters, left and right as they are.
    --flip alone says yes, --no-flip no."""
    mix: Mixing = "none"
    """Training images mixed two by two, their labels in the same shares: laid over each other
    (mixup), a rectangle of one in the other (cutmix), or now one, now the other (both)."""
    mix_alpha: Annotated[float | None, Needs("mix", ("mixup", "cutmix", "both"))] = None
    """How even the shares are: 1 any alike, less rather uneven; by default 0.2 for mixup, 1 for
    cutmix."""
    sampling: Sampling = "none"
    """balanced shows the classes equally often; smote, for a head on a frozen backbone, makes
    features between those of small classes."""

    def verify(self) -> None:
        """Check how images are mixed."""
        if self.mix_alpha is not None and not 0 < self.mix_alpha < math.inf:
            raise SettingError(f"`mix_alpha` must be above 0, not {self.mix_alpha}.")
        if self.mix == "none" and self.mix_alpha is not None:
            raise SettingError(
                "`mix_alpha` sets how strongly images are mixed; also give `mix`: mixup, cutmix."
            )
