"""Search the settings of a training, from coarse to fine, and train with the best of them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit.settings import Tuning
from kit.settings.keywords import documented

if TYPE_CHECKING:
    from kit.experiments.searches.tuned import Tuned


@documented(Tuning)
def tune(folder: Path | str | None = None, **given: Any) -> "Tuned":
    """Search the settings of a training, from coarse to fine, and train with the best of them.

    Returns:
        The search: the run of the winner, the trials and what to think of them. Where it fails
        after something was found, the exception's notes say that.

    Raises:
        SettingError: A setting cannot be used.
        DataError: The images cannot be used.
        KitError: No trial could be used, or the work failed.
    """
    given = {"folder": folder, **given}
    given = {name: value for name, value in given.items() if value not in (None, (), {})}
    settings = Tuning().having(**given)
    settings.verify()
    from kit.experiments.searches import settings as plan
    from kit.experiments.searches import steps
    from kit.experiments.searches.wanted import wanted

    plan.refuse_keras_tuner()
    known = settings.flat()
    return steps.run(wanted(Tuning.flat_of({name: known[name] for name in given})))
