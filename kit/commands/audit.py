"""Find problems in a data set before a network learns them."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kit import progress
from kit.commands.terminal import Command, draw_report, program, shown
from kit.errors import DataError
from kit.settings import Auditing

if TYPE_CHECKING:
    from kit.auditing import Audit


@partial(Command, Auditing)
def audit(folder: Path | None = None, *, json: bool = False, **settings: Any) -> None:
    """Find problems in a data set before a network learns them."""
    from kit import auditing
    from kit.experiments import data_audit

    def show(found: "Audit") -> None:
        print(auditing.to_json(found) if json else auditing.report(found), end="" if json else "\n")
        sys.stdout.flush()

    found = shown(show, data_audit.audit, folder, **settings)
    if output := settings.get("output"):
        draw_report(output)
        progress.say(f"The report, tables and contact sheets are in {output}.")
    if fix_list := settings.get("fix_list"):
        count = len(found.to_fix(settings.get("fix", ())))
        progress.say(
            f"{count} files to leave out are listed in {fix_list}. Pass it to kit-train --exclude."
        )
    if found.impossible:
        raise DataError(found.impossible)


main = partial(program, audit)
