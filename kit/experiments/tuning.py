"""Search the settings of a training, from coarse to fine, and train with the best of them."""

from pathlib import Path
from typing import Any

from kit.settings import Tuning

__all__ = ["tune"]


def tune(folder: Path | None = None, **settings: Any) -> None:
    """Search the settings of a training, from coarse to fine, and train with the best of them.

    Raises:
        SettingError: A setting cannot be used.
        DataError: The images cannot be used.
        KitError: No trial could be used, or the work failed.
    """
    given = {"folder": folder, **settings}
    given = {name: value for name, value in given.items() if value not in (None, (), {})}
    Tuning().having(**given).verify()
    from kit.experiments.searches import steps, workers
    from kit.experiments.searches.wanted import wanted

    workers.refuse_keras_tuner()
    steps.run(wanted(given))
