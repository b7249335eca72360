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
    from kit.experiments.searches import settings as plan

    Tuning().having(**given).verify()
    role = plan.role(given)
    if role is not None and not role.chief:
        from kit.experiments.searches import crew as crew

        crew.work_for(role, plan.for_worker(given))
        return
    from kit.experiments.searches import searching as steps
    from kit.experiments.searches.wanted import wanted

    steps.run(wanted(given if role is None else {**given, "chief": role.address}))
