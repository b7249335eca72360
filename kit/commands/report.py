"""Draw the report of a run, a search or an audit."""

from functools import partial
from pathlib import Path
from typing import Any

from kit.commands.terminal import Command, program
from kit.settings import Reporting


@partial(Command, Reporting)
def report(folder: Path, **settings: Any) -> None:
    """Draw the report of a run, a search or an audit."""
    from kit import reporting

    print(reporting.report(folder, **settings))


main = partial(program, report)
