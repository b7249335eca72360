"""The program that fetches a folder of images."""

from pathlib import Path

from tyro.conf import Positional

from kit.commands._program import program

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

    max_bytes = int(max_gigabytes * 2**30)
    print(archives.download(source, folder, max_bytes=max_bytes, timeout=timeout))


def main() -> None:
    """Run the program."""
    program(download)
