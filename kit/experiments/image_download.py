"""Fetch a folder of images from the internet."""

from pathlib import Path

from kit import downloading
from kit.errors import SettingError
from kit.settings import Downloading
from kit.settings.keywords import by_keywords


@by_keywords(Downloading)
def download(settings: Downloading) -> Path:
    """Fetch images into a new folder, as kit-download does, and return the folder.

    Raises:
        SettingError: The source is none, the folder exists, or a limit is out of its range.
        DataError: What came is not what was expected.
        KitError: The server cannot be reached or trusted, stopped in the middle or is too slow.
    """
    limits = settings.limits
    if not settings.source or settings.into is None:
        raise SettingError(
            "A download needs a source and a new folder, for example flower_photos and flowers. "
            "`list_names` shows the sources."
        )
    return downloading.download(
        settings.source,
        settings.into,
        sha256=limits.sha256,
        max_bytes=int(limits.max_gigabytes * 2**30),
        timeout=limits.timeout,
        max_hours=limits.max_hours,
    )
