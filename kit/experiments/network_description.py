"""Describe a network before it is built."""

from kit import architectures, description
from kit.errors import SettingError
from kit.keras_start import start_keras
from kit.settings import Describing
from kit.settings.keywords import by_keywords
from kit.settings.texts import one_or_two


@by_keywords(Describing)
def describe(settings: Describing) -> description.Description:
    """Return what a network consists of and what it costs, layer by layer, as kit-describe shows.

    Raises:
        SettingError: There is no such architecture or setting, or a value is out of its range.
    """
    name, subject = settings.name, settings.subject
    if name is None:
        raise SettingError(f"name must be one of {', '.join(architectures.names())}.")
    architectures.check_name(name)
    shape = (*one_or_two(subject.image_size), 3 if subject.color == "rgb" else 1)
    start_keras()
    architectures.check(name, **subject.settings)  # before one is taken for an argument
    return description.describe(
        name, shape, subject.classes, settings.form.style, **subject.settings
    )
