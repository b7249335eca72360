"""The program that fetches a folder of images."""

import math
from pathlib import Path

from tyro.conf import Positional

from kit.commands._program import program
from kit.errors import SettingError

__all__ = ["download", "main"]


def download(
    source: Positional[str],
    folder: Positional[Path],
    max_gigabytes: float = 5.0,
    timeout: float = 30.0,
) -> None:
    """Download an archive of images and unpack it into a new folder.

    Args:
        source: cats_and_dogs_course, the address of a zip or tar archive (https), or a Google
            Drive address or file id.
        folder: Where to; it must not exist.
        max_gigabytes: Most to download, and most to unpack to, in units of 2^30 bytes.
        timeout: Seconds without a sign from the server after which to give up.
    """
    from kit.data import download as archives  # here, so that --help need not wait for NumPy

    if not math.isfinite(max_gigabytes):
        raise SettingError(f"--max-gigabytes must be a number above 0, not {max_gigabytes}.")
    max_bytes = int(max_gigabytes * 2**30)
    print(archives.download(source, folder, max_bytes=max_bytes, timeout=timeout))


def main() -> None:
    """Run the program."""
    program(download)
