"""Predict the classes of images with a run."""

from functools import partial
from pathlib import Path
from typing import Any

from kit import progress
from kit.commands.terminal import Command, program, put
from kit.errors import DataError
from kit.settings import Predicting


@partial(Command, Predicting)
def predict(
    run: Path,
    paths: tuple[Path, ...],
    *,
    csv: Path | None = None,
    json: Path | None = None,
    **settings: Any,
) -> None:
    """Predict the classes of images with a run."""
    from kit.experiments import places
    from kit.experiments.answers import answering

    places.check_target("csv", csv)
    places.check_target("json", json)

    answers = answering.predict(run, paths, **settings)
    if csv is not None:
        put(csv, answers.table.to_csv(index=False, lineterminator="\n"))
    if json is not None:
        put(json, answers.to_json())
    if csv is None and json is None:
        names = {"file": answers.table["file"].map(_shown)}
        names["class"] = answers.table["class"].map(progress.short)
        print(answers.table.assign(**names).to_string(index=False))
    if answers.table.empty:
        raise DataError("None of the files is a readable image.")


def _shown(file: str) -> str:
    """Return a path as a table has it: its folders may be called like classes, and as long."""
    path = Path(file)
    return str(Path(*map(progress.short, path.parent.parts), progress.clean(path.name)))


main = partial(program, predict)
