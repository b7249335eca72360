"""Score a run on another folder of images."""

from pathlib import Path
from typing import Annotated

import tyro

from kit.commands._program import program
from kit.errors import SettingError

__all__ = ["evaluate", "main"]


def evaluate(
    run: Annotated[Path, tyro.conf.Positional],
    folder: Annotated[Path, tyro.conf.Positional],
    *,
    batch_size: int = 32,
    output: Path | None = None,
    cache: bool = True,
) -> None:
    """Score a run on another folder of images.

    The folder has one sub-folder per class, named as in the training. All its images are scored.

    Args:
        run: A folder that the training made, for example models/pets-basic_cnn.
        folder: The images.
        batch_size: Images at a time.
        output: A new folder for metrics, predictions and figures.
        cache: Keep decoded images in the user's cache folder.
    """
    from kit import data, runs

    trained = runs.load(run)
    if output is not None and output.exists():
        raise SettingError(f"{output} exists already. Give another --output.")
    splits = data.load_part(
        folder,
        class_names=trained.facts["class_names"],
        image_size=tuple(trained.facts["image_size"]),
        color=trained.facts["color"],
        aspect=trained.facts["aspect"],
        batch_size=batch_size,
        cache=cache,
    )
    ...


def main() -> None:
    """Run the program."""
    program(evaluate)
