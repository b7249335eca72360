"""Check data, network and settings before a training, and say what is wrong."""

from dataclasses import replace
from typing import TYPE_CHECKING

from kit import data, errors, progress
from kit.experiments import places
from kit.experiments.choice import network_choice
from kit.experiments.choice.plan import attempts
from kit.experiments.choice.variation import layers
from kit.keras_start import start_keras
from kit.settings import Checking
from kit.settings.keywords import by_keywords

if TYPE_CHECKING:
    from kit.experiments.all_checks import Checks


@by_keywords(Checking)
def check(settings: Checking) -> "Checks":
    """Check data, network and settings before a training, as kit-check does.

    Returns:
        What was measured; a check that failed is in it, and raises nothing.

    Raises:
        SettingError: A setting cannot be used.
        DataError: The images cannot be used.
    """
    images, parts = settings.images, settings.division.parts
    planned = attempts(settings.division.seed, settings.form.style)
    source, output = places.data_folder(settings.folder), settings.results.output
    choice = network_choice.choose(settings.network, images, source, parts=parts)
    if output is not None:
        places.check_new(output, source)
    if choice.reason:
        progress.say(choice.reason)
    data.given_parts(source, parts)  # a mistake in the arrangement is told before TensorFlow starts
    start_keras()
    from kit.experiments import all_checks
    from kit.experiments.trainings import building

    building.check_network(choice, settings.optimization, images.batch_size)
    wanted = {
        **vars(images),
        **vars(settings.division),
        **vars(settings.variation),
        "image_size": choice.image_size,
        "color": choice.color,
        "augmentation": settings.variation.augmentation or "light",
        "augment": layers(settings.variation.augment),
    }
    splits = data.load(source, **wanted)
    model = next(building.build(choice, planned, [splits], settings.optimization))
    compiled = building.compile_settings(choice, settings.optimization)
    found = all_checks.everything(model, splits, compiled)
    found = replace(found, verbose=settings.panel.verbose)
    if output is not None:
        with errors.reaching(found):
            output.mkdir(parents=True)
            found.save(output / "checks.json")
            found.draw(output / "figures")
    return found
