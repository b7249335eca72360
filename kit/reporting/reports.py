"""The report of a folder of results, drawn from its files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from kit import files, runs
from kit.errors import KitError, SettingError
from kit.reporting import card
from kit.reporting.audit_files import AUDIT, open_audit
from kit.reporting.page import Section, page
from kit.reporting.run_files import open_run
from kit.reporting.search_files import open_search
from kit.reporting.sections import OF_A_RUN, OF_A_SEARCH, OF_AN_AUDIT
from kit.settings import Reporting
from kit.settings.keywords import by_keywords

NAME = "report.html"


@by_keywords(Reporting)
def report(settings: Reporting) -> Path:
    """Draw the report of a run, a search or an audit, and keep it as ``report.html`` in its folder.

    The page is one file: its pictures are within it, it fetches nothing and runs no script. A
    report that is there already is replaced. A run gets a model card, too, ``README.md``, where it
    has none: that is for a person to fill in, and so it is never replaced.

    Returns:
        The page.

    Raises:
        SettingError: There is none of them in the folder, or its files are damaged.
    """
    folder = runs.folder_of(settings.folder)
    if (folder / runs.SEARCH).is_file():
        kind, found = "Search", _sections(open_search(folder), OF_A_SEARCH)
    elif (folder / AUDIT).is_file():
        kind, found = "Audit", _sections(open_audit(folder), OF_AN_AUDIT)
    else:
        run = open_run(folder, settings.page.heat_maps)
        kind, found = "Training", _sections(run, OF_A_RUN)
        if not (folder / card.NAME).exists():  # it may have been filled in since
            files.write_text(folder / card.NAME, card.card(run))
    text = page(folder.resolve().name, kind, found)
    path = folder / NAME
    files.write_text(path, text)
    return path


def _sections(known: Any, modules: Sequence[ModuleType]) -> list[Section]:
    """Return the sections that have something to show."""
    found = []
    for module in modules:
        name = module.__name__.rpartition(".")[2]
        values: Callable[[Any], dict[str, Any] | None] = module.values
        try:
            shown = values(known)
        except KitError:
            raise
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise SettingError(
                f'{known.folder}: its files do not fit together, so "{module.TITLE}" cannot be '
                f"drawn ({error}). Restore them."
            ) from error
        if shown is not None:
            found.append(Section(name, module.TITLE, shown))
    return found
