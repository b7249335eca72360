"""Search the settings of a training, from coarse to fine, and train with the best of them."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.experiments.run import Run
from kit.progress import clean
from kit.settings import Tuning
from kit.settings.keywords import documented

if TYPE_CHECKING:
    from kit.search import Result


@dataclass(frozen=True, eq=False, repr=False)
class Tuned:
    """A search that went to its end.

    Attributes:
        folder: Where it lies.
        best: The run of the winner, trained with the best settings.
        trained: Whether that was trained now, and not before the search went on.
        result: The trials, the best of them, and the facts behind the sentences.
        settings: With which ``kit.train`` trains such a network again; what is so by default is
            left out.
    """

    folder: Path
    best: Run
    trained: bool
    result: "Result"
    settings: Mapping[str, Any]

    @property
    def values(self) -> Mapping[str, Any]:
        """Return the best values of what was searched."""
        return {} if self.result.best is None else self.result.best.values

    @property
    def table(self) -> pd.DataFrame:
        """Return one row for each trial."""
        return self.result.table

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return what was found, how sure it is and what to try next."""
        return tuple(map(clean, self.result.sentences))

    @property
    def figures(self) -> Mapping[str, Path]:
        """Return the pictures of it by name: settings, map, cost, curves."""
        return {path.stem: path for path in sorted((self.folder / "figures").glob("*.png"))}

    def __str__(self) -> str:
        """Return what came of it: of the training of the winner, too, where that was now."""
        return "\n".join([*(self.best.lines() if self.trained else ()), *self.sentences])

    def __repr__(self) -> str:
        """Return where it lies."""
        return f"<search in {self.folder}>"

    def _repr_html_(self) -> str:
        """Return it as a notebook shows it: the sentences, and the run of the winner."""
        lines = "".join(f"<li>{html.escape(line)}</li>" for line in self.sentences)
        return f"<h4>{html.escape(str(self.folder))}</h4><ul>{lines}</ul>{self.best._repr_html_()}"


@documented(Tuning)
def tune(folder: Path | str | None = None, **given: Any) -> Tuned:
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
