"""What a training is to do, decided before any work and without TensorFlow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from kit import architectures, data, progress, runs
from kit.choices import LARGEST_SEED
from kit.errors import DataError, SettingError
from kit.experiments import places
from kit.experiments.choice import head_solving, network_choice, variation
from kit.experiments.choice.network_choice import Choice
from kit.settings import Training


@dataclass(frozen=True)
class Attempt:
    """One of the trainings of a run: the only one, a style, or one of several starts."""

    name: str
    style: architectures.Style
    seed: int


@dataclass(frozen=True)
class Plan:
    """What a training is to do.

    Attributes:
        settings: As they were asked for, but for what the chosen network says of its images.
        choice: Which network is trained.
        source: The images, a folder or a table.
        target: The folder of the run.
        attempts: The trainings that make the run.
    """

    settings: Training
    choice: Choice
    source: Path
    target: Path
    attempts: tuple[Attempt, ...]

    @property
    def overwrites(self) -> bool:
        """Tell whether an older run may be replaced."""
        return self.settings.record.overwrite

    @property
    def varies_images(self) -> bool:
        """Tell whether training sees augmented images."""
        return variation.varies_images(self.settings.transfer, self.choice)


def plan(settings: Training) -> Plan:
    """Decide what is trained, on what and where it goes; a mistake is told now."""
    division, comparison = settings.division, settings.comparison
    planned = attempts(division.seed, **vars(comparison))
    source = places.data_folder(settings.folder)
    check_folds(comparison.folds, source, division.parts)
    choice = network_choice.choose(
        settings.network,
        settings.images,
        source,
        pretrain=settings.transfer.pretrain,
        parts=division.parts,
    )
    tuned_on = variation.tuned_on(settings.variation, settings.transfer)
    settings = settings.having(fine_tune_on=tuned_on)
    layers = variation.layers(settings.variation.augment)
    varied = bool(layers) or settings.variation.augmentation != "none"
    variation.check_transfer(settings.transfer, choice, comparison.style, varied)
    variation.check(choice, settings.variation, settings.optimization, settings.transfer)
    check_last(settings, planned)
    if choice.frozen and settings.duration.precision == "bfloat16":
        raise SettingError(
            "`precision=bfloat16` applies to networks that are trained as a whole, but "
            f"{choice.label} is a pretrained backbone, which runs only once. Leave it out."
        )
    record = settings.record
    target = places.run_folder(record.output, source, choice.label, record.overwrite)
    if settings.transfer.unlabelled is not None:
        runs.check_outside(target, settings.transfer.unlabelled)
    for note in (
        choice.reason,
        variation.unused(choice, settings.variation, settings.transfer),
    ):
        if note:
            progress.say(note)
    data.given_parts(source, division.parts)
    settings = settings.having(
        image_size=choice.image_size,
        color=choice.color,
        augment=layers,
        solve_head="yes" if head_solving.is_solved(settings, choice) else "no",
    )
    return Plan(settings, choice, source, target, tuple(planned))


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
            f"The seeds of all trainings must be from 0 to {LARGEST_SEED}; they would be {seed} to "
            f"{last}. Use a smaller `seed`."
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
            f"{source} sets the validation part, but `folds` validates on all images outside the "
            "test part, so images kept apart on purpose would be mixed. Leave out `folds`, or put "
            "these images with the training images."
        )


def check_last(settings: Training, planned: Sequence[Attempt]) -> None:
    """Check that a training whose last epoch is given is one that chooses nothing."""
    others = len(planned) > 1 or settings.transfer.fine_tune is not None
    if settings.duration.last_epoch is not None and others:
        raise SettingError(
            "`last_epoch` works only for a single training of known length. Leave out `repeats`, "
            "`folds`, `style=both` and `fine_tune`."
        )
    if settings.duration.use_validation and settings.transfer.pretrain != "none":
        raise SettingError(
            f"`pretrain={settings.transfer.pretrain}` chooses its best epoch on validation images, "
            "but `use_validation` leaves none. Leave one of the two out."
        )
