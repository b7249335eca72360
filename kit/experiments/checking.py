"""Check data, network and settings before a training, and say what is wrong."""

from typing import TYPE_CHECKING

from kit import data, errors, progress
from kit.experiments import places
from kit.experiments.choice import attempts, network_choice
from kit.experiments.choice.variation import layers
from kit.keras_start import start_keras
from kit.settings import Checking
from kit.settings.keywords import by_keywords
from kit.settings.texts import one_or_two

if TYPE_CHECKING:
    from kit.experiments.setup_checks import Checks

__all__ = ["check"]


@by_keywords(Checking)
def check(settings: Checking) -> "Checks":
    """Check data, network and settings before a training, as kit-check does.

    Returns:
        What was measured; a check that failed is in it, and raises nothing.

    Raises:
        SettingError: A setting cannot be used.
        DataError: The images cannot be used.
    """
    network, images, parts = settings.network, settings.images, settings.division.parts
    planned = attempts.attempts(settings.form.style, 1, settings.division.seed)
    size = None if images.image_size is None else one_or_two(images.image_size)
    source, output = places.data_folder(settings.folder), settings.results.output
    own = network_choice.network_settings(
        network.architecture, network.settings, **network.traits()
    )
    choice = network_choice.choose(
        network.architecture,
        network.backbone,
        network.weights,
        own,
        source,
        size,
        images.color,
        parts=parts,
    )
    if output is not None:
        places.check_new(output, source)
    if choice.reason:
        progress.say(choice.reason)
    data.given_parts(source, parts)  # a mistake in the arrangement is told before TensorFlow starts
    start_keras()
    from kit.experiments import setup_checks
    from kit.experiments.trainings import building

    compiled = building.compile_settings(choice, settings.flat())
    building.check_network(choice, compiled, images.batch_size)
    variation = settings.variation
    wanted = {
        **vars(images),
        **vars(settings.division),
        **vars(variation),
        "image_size": choice.image_size,
        "color": choice.color,
        "augmentation": variation.augmentation or "light",
        "augment": layers(variation.augment),
    }
    splits = data.load(source, **wanted)
    model = next(building.build(choice, planned, [splits], compiled))
    found = setup_checks.everything(model, splits, compiled)
    if output is not None:
        with errors.reaching(found):
            output.mkdir(parents=True)
            found.save(output / "checks.json")
            found.draw(output / "figures")
    return found
