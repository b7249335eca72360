"""The trainings of a run: one, two styles, several starts or several folds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from kit import architectures, data
from kit.choices import LARGEST_SEED
from kit.errors import DataError, SettingError
from kit.settings import Training


@dataclass(frozen=True)
class Attempt:
    """One of the trainings of a run: the only one, a style, or one of several starts."""

    name: str
    style: architectures.Style
    seed: int


def attempts(
    seed: int,
    style: Literal["functional", "sequential", "both"] = "functional",
    repeats: int = 1,
    folds: int | None = None,
) -> list[Attempt]:
    """Return which trainings make the run; the first starts from the seed.

    Raises:
        SettingError: A seed is out of its range.
    """
    last = seed + max(repeats, folds or 1) - 1
    if not 0 <= seed <= last <= LARGEST_SEED:
        raise SettingError(
            f"The seeds of all trainings must be from 0 to {LARGEST_SEED}; they are {seed} to "
            f"{last}. Take a smaller `seed`."
        )
    if style == "both":
        return [Attempt(each, each, seed) for each in get_args(architectures.Style)]
    if folds is not None:
        return [Attempt(f"fold {n + 1}", style, seed + n) for n in range(folds)]
    if repeats == 1:
        return [Attempt(style, style, seed)]
    return [Attempt(f"seed {seed + n}", style, seed + n) for n in range(repeats)]


def check_folds(folds: int | None, source: Path, parts: str | None) -> None:
    """Make sure that the data leave the validation part to the folds."""
    if folds is not None and "validation" in data.given_parts(source, parts):
        raise DataError(
            f"{source} gives the validation part, and `folds` draws it from all images that are "
            "not in the test part: what was kept apart on purpose would be mixed. Leave `folds` "
            "out, or put these images with the training images."
        )


def check_last(settings: Training, planned: Sequence[Attempt]) -> None:
    """Check that a training whose last epoch is given is one that chooses nothing."""
    others = len(planned) > 1 or settings.transfer.fine_tune is not None
    if settings.duration.last_epoch is not None and others:
        raise SettingError(
            "`last_epoch` is for a single training of known length; leave `repeats`, `folds`, "
            "`style=both` and `fine_tune` out."
        )
    if settings.duration.use_validation and settings.transfer.pretrain != "none":
        raise SettingError(
            f"`pretrain={settings.transfer.pretrain}` takes its best epoch by the validation "
            "images, and `use_validation` leaves none; leave one of the two out."
        )
