"""The program that fetches a folder of images."""

from functools import partial
from pathlib import Path
from typing import Any

from kit.commands.terminal import Command, program
from kit.settings import Downloading


@partial(Command, Downloading)
def download(
    source: str | None = None,
    into: Path | None = None,
    *,
    list_names: bool = False,
    **settings: Any,
) -> None:
    """Fetch images into a new folder."""
    from kit import downloading  # here, so that --help need not wait for NumPy
    from kit.experiments import image_download

    if list_names:
        print(downloading.listed())
    else:
        print(image_download.download(source, into, **settings))


main = partial(program, download)
