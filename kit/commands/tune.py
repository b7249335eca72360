"""Search the settings of a training, from coarse to fine, and train with the best of them."""

from functools import partial
from pathlib import Path
from typing import Any

from kit.commands._command import Command
from kit.commands._program import program
from kit.settings import Tuning

__all__ = ["main", "tune"]


@partial(Command, Tuning)
def tune(folder: Path | None = None, **settings: Any) -> None:
    """Search the settings of a training, from coarse to fine, and train with the best of them.

    Raises:
        SettingError: A setting cannot be used.
        DataError: The images cannot be used.
        KitError: No trial could be used, or the work failed.
    """
    given = {"folder": folder, **settings}
    given = {name: value for name, value in given.items() if value not in (None, ())}
    from kit.commands import _tune_plan as plan

    Tuning().having(**given).verify()
    role = plan.role(given)
    if role is not None and not role.chief:
        from kit.commands import _tune_workers as crew

        crew.work_for(role, plan.for_worker(given))
        return
    from kit.commands import _tune_steps as steps
    from kit.commands._tune_wanted import wanted

    steps.run(wanted(given if role is None else {**given, "chief": role.address}))


def main() -> None:
    """Run the program."""
    program(tune)
