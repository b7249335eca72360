"""What a training is to do, decided before any work and without TensorFlow."""

from dataclasses import dataclass
from pathlib import Path

from kit import data, progress, runs
from kit.experiments import places
from kit.experiments.choice import attempts, network_choice, transfer, variation
from kit.experiments.choice.attempts import Attempt
from kit.experiments.choice.network_choice import Choice
from kit.settings import Training


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
        return transfer.varies_images(self.settings.transfer, self.choice)


def plan(settings: Training) -> Plan:
    """Decide what is trained, on what and where it goes; a mistake is told now."""
    division, comparison = settings.division, settings.comparison
    planned = attempts.attempts(division.seed, **vars(comparison))
    source = places.data_folder(settings.folder)
    attempts.check_folds(comparison.folds, source, division.parts)
    choice = network_choice.choose(
        settings.network,
        settings.images,
        source,
        pretrain=settings.transfer.pretrain,
        parts=division.parts,
    )
    layers = variation.layers(settings.variation.augment)
    varied = bool(layers) or settings.variation.augmentation != "none"
    transfer.check(settings.transfer, choice, comparison.style, varied)
    variation.check(choice, settings.variation, settings.optimization, settings.transfer)
    attempts.check_last(settings, planned)
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
    settings = settings.having(image_size=choice.image_size, color=choice.color, augment=layers)
    return Plan(settings, choice, source, target, tuple(planned))
