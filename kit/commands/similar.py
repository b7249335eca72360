"""Find the images most similar to another one, as a run sees them."""

from functools import partial
from pathlib import Path
from typing import Any

from kit import progress
from kit.commands.terminal import PICTURES, Command, program
from kit.settings import Resembling


@partial(Command, Resembling)
def similar(
    run: Path, image: Path, *, drawing: Path = Path("similar.png"), **settings: Any
) -> None:
    """Find the images most similar to another one, as a run sees them."""
    from kit.experiments import places
    from kit.experiments.answers import similar_images

    places.check_target("drawing", drawing, PICTURES)
    for folder in similar_images.folders(run, settings.get("within")):
        places.check_outside(drawing, folder, "drawing")
    found = similar_images.similar(run, image, **settings)
    print(found)
    from kit import plots

    plots.save(found.figure(), drawing)
    progress.say(f"Drawn: {drawing}")


main = partial(program, similar)
