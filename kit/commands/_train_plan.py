"""What ``train`` decides before any work: cheap, and without TensorFlow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from kit import architectures, runs
from kit.commands._program import assignments
from kit.data import samples
from kit.errors import DataError, SettingError

__all__ = ["Attempt", "attempts", "data_folder", "network_settings", "one_or_two", "run_folder"]


@dataclass(frozen=True)
class Attempt:
    """One of the trainings of a run: the only one, a style, or one of several starts."""

    name: str
    style: architectures.Style
    seed: int


def attempts(
    style: Literal["functional", "sequential", "both"], repeats: int, seed: int
) -> list[Attempt]:
    """Return which trainings make the run.

    Raises:
        SettingError: A number below 1, or repeats of a comparison.
    """
    if repeats < 1:
        raise SettingError(f"--repeats must be at least 1, not {repeats}.")
    if style == "both":
        if repeats > 1:
            raise SettingError("--style both compares two trainings; leave --repeats out.")
        return [Attempt(each, each, seed) for each in get_args(architectures.Style)]
    if repeats == 1:
        return [Attempt(style, style, seed)]
    return [Attempt(f"seed {seed + n}", style, seed + n) for n in range(repeats)]


def data_folder(folder: Path | None) -> Path:
    """Return the folder of images: the one given, or the built-in digits.

    Raises:
        DataError: There is no such folder.
    """
    if folder is None:
        return samples.digits()
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise DataError(f"{folder} {what}. Pass the folder that holds one sub-folder per class.")
    return folder.resolve()


def run_folder(output: Path | None, source: Path, architecture: str, overwrite: bool) -> Path:
    """Return where the run goes.

    Raises:
        SettingError: It exists and was not to be overwritten, or it lies in the data.
    """
    if output is None:
        folder = runs.next_folder(Path("models"), f"{source.name or 'root'}-{architecture}")
    else:
        folder = output
    runs.check_outside(folder, source)
    runs.check_free(folder, overwrite)
    return folder


def network_settings(
    architecture: str, texts: Sequence[str], l2: float | None, dropout: float | None
) -> Mapping[str, Any]:
    """Return the settings given for the architecture; ``--set`` goes before the flags.

    Raises:
        SettingError: No such architecture, or a text that is no NAME=VALUE.
    """
    architectures.check_name(architecture)
    flags = {"l2": l2, "dropout": dropout}
    given = {name: value for name, value in flags.items() if value is not None}
    return given | assignments(texts)


def one_or_two(image_size: Sequence[int] | None) -> tuple[int, int] | None:
    """Return (height, width) of one or two numbers.

    Raises:
        SettingError: Another count of numbers, or a size below 1.
    """
    if image_size is None:
        return None
    if len(image_size) not in (1, 2) or min(image_size) < 1:
        given = " ".join(map(str, image_size))
        raise SettingError(
            f"--image-size takes one number for a square, or height and width; not {given!r}."
        )
    return image_size[0], image_size[-1]
