"""Folders: where the images are, where a run goes, and which run is meant."""

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

from kit import data, files, runs
from kit.data import samples
from kit.errors import DataError, SettingError


def data_folder(folder: Path | None) -> Path:
    """Return the folder of images or the table: the one given, or the built-in digits.

    Raises:
        DataError: There is no such folder and no such table.
    """
    if folder is None:
        return samples.digits()
    if data.is_table(folder):
        # a link to a table stays one: paths are relative to where it lies
        return folder.parent.resolve() / folder.name
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise DataError(
            f"{folder} {what}. Pass the folder that has one sub-folder per class, or a table of "
            "paths and labels (.csv, .tsv, .parquet)."
        )
    return folder.resolve()


def called(source: Path) -> str:
    """Return what a run is called after: the folder of the images, or the one of their table."""
    folder = source.parent.resolve() if data.is_table(source) else source
    return folder.name or "root"


def run_folder(output: Path | None, source: Path, label: str, overwrite: bool) -> Path:
    """Return where the run goes."""
    if output is None:
        folder = runs.next_folder(Path("models"), f"{called(source)}-{label}")
    else:
        folder = output
    check_outside(folder, source)
    runs.check_possible(folder)
    runs.check_free(folder, overwrite)
    return folder


def trained_run(folder: Path, others: Iterable[Path]) -> runs.Saved:
    """Return the run that stands first, before the images."""
    try:
        return runs.load(folder)
    except SettingError:
        for other in others:
            if is_run(other):
                raise SettingError(
                    f"{other} is a run and {folder} is not: the run comes first."
                ) from None
        raise


def trained_runs(
    folder: Path, others: Sequence[Path]
) -> tuple[tuple[runs.Saved, ...], Sequence[Path]]:
    """Return the runs that stand first, at least one, and the paths of images behind them."""
    first = trained_run(folder, others)
    more = list(itertools.takewhile(is_run, others))
    return (first, *map(runs.load, more)), others[len(more) :]


def is_run(path: Path) -> bool:
    """Tell whether a path is the folder of a run, finished or not, or its model."""
    return (runs.folder_of(path) / runs.FACTS).is_file()


def check_outside(folder: Path, source: Path, setting: str = "output") -> None:
    """Make sure that nothing is written into the data, a folder or what a table names."""
    for images in data.image_folders(source):
        runs.check_outside(folder, images, setting)


def check_new(output: Path, *sources: Path, setting: str = "output") -> None:
    """Make sure that a folder for results is not there yet and not within the data."""
    for source in sources:
        check_outside(output, source, setting)
    if output.exists():
        raise SettingError(f"{output} already exists. Choose another `{setting}`.")
    runs.check_possible(output, setting)


def check_target(name: str, target: Path | None, endings: Sequence[str] = ()) -> None:
    """Make sure that a result can be written where it is wanted.

    Args:
        name: Of the setting.
        target: The file, a pipe or a device; without ``endings`` also "-" for stdout.
        endings: What the file's name must end in.

    Raises:
        SettingError: It cannot.
    """
    if target is None or (target == files.STDOUT and not endings):
        return
    if endings and target.suffix.lower() not in endings:
        kind = "" if files.is_replaced(target) else " is a pipe or a device, which has no format"
        raise SettingError(
            f"`{name}={target}`{kind}: the file name must end in {', '.join(endings)}."
        )
    if not target.parent.is_dir():
        raise SettingError(
            f"`{name}={target}`: there is no folder {target.parent}. Create it first."
        )
    if target.is_dir():
        raise SettingError(f"`{name}`: {target} is a folder; name a file.")
