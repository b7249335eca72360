"""Files opened as images: which formats, how large, and why not."""

import functools
import io
import re
import stat
import threading
import warnings
from pathlib import Path

import PIL
from PIL import Image

from kit.errors import DataError

__all__ = ["BrokenImage", "NotAnImage", "dimensions", "formats", "open_image", "read", "words"]

MAX_PIXELS = 89_478_485  # Pillow's own limit: a gigabyte of memory for a picture of three bytes
MAX_BYTES = 1 << 30  # more than any file within MAX_PIXELS needs
WEB_PAGE = (b"<!doctype html", b"<html", b"<head", b"<body")
HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
AVIF_BRANDS = {b"avif", b"avis"}  # also under mif1, and read by Pillow itself
UNSAFE = {"EPS"}  # Pillow would start Ghostscript, which runs the file as a program
UNSIGNED = {"TGA", "SPIDER", "PCD", "MPEG"}  # formats that bytes of any other kind may resemble
PILLOW_WARNINGS = ("ignore", None, Warning, re.compile(r"PIL\."), 0)
_one_at_a_time = threading.Lock()


class BrokenImage(DataError):  # noqa: N818 (it names what was found, not what we did)
    """The file cannot be decoded; ``reason`` says why, without its name."""

    def __init__(self, reason: str) -> None:
        """Make it from a few words without the file's name."""
        super().__init__(reason)
        self.reason = reason


class NotAnImage(BrokenImage):
    """The content is of no image format that can be read."""


def dimensions(source: bytes | Path) -> tuple[int, int]:
    """Return ``(height, width)`` from the header, before any turning, without decoding.

    Raises:
        BrokenImage: There is no header that can be read.
    """
    image = open_image(source if isinstance(source, bytes) else read(source))
    return image.height, image.width


def read(path: Path) -> bytes:
    """Return a file's content.

    Raises:
        BrokenImage: It is no regular file (a pipe would wait for ever), empty, larger than 1 GiB
            or may not be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BrokenImage("not a regular file")
        if status.st_size > MAX_BYTES:
            raise BrokenImage(f"{status.st_size} bytes, more than the limit of 1 GiB")
        data = path.read_bytes()
    except OSError as error:
        raise BrokenImage(f"cannot be read ({error.strerror or words(error)})") from error
    if not data:
        raise BrokenImage("an empty file")
    return data


@functools.cache
def formats() -> tuple[str, ...]:
    """Return the names of the formats to recognise; to be called under the lock."""
    Image.init()
    try:
        import pi_heif

        pi_heif.register_heif_opener()
    except ImportError:
        pass  # said where a HEIC photo comes
    return tuple(name for name in Image.OPEN if name not in UNSAFE | UNSIGNED)


def open_image(data: bytes) -> Image.Image:
    """Read the header.

    Raises:
        BrokenImage: It is damaged, or promises more pixels than the limit.
        NotAnImage: There is none.
        DataError: It is a HEIC photo and the package that reads these is missing.
    """
    with _one_at_a_time:
        known = formats()
        # Python's warning filters belong to the process: to change and restore them around each
        # call would, with several threads, leave them wrong. One rule for Pillow alone is safe.
        if PILLOW_WARNINGS not in warnings.filters:
            warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        image = Image.open(io.BytesIO(data), formats=known)
    except PIL.UnidentifiedImageError:
        raise _unknown(data) from None
    except Image.DecompressionBombError:
        raise BrokenImage(f"more pixels than the limit of {MAX_PIXELS}") from None
    except Exception as error:
        raise BrokenImage(f"damaged header ({words(error)})") from error
    if image.width * image.height > MAX_PIXELS:
        raise BrokenImage(
            f"{image.width}x{image.height} pixels, more than the limit of {MAX_PIXELS}"
        )
    return image


def _unknown(data: bytes) -> DataError:
    start = data[:512].lstrip().lower()
    if start.startswith(WEB_PAGE):
        return NotAnImage("a web page, not an image (perhaps a failed download)")
    brands = {data[i : i + 4] for i in range(8, min(len(data), 64), 4)}
    if data[4:8] == b"ftyp" and data[8:12] in HEIC_BRANDS and not brands & AVIF_BRANDS:
        if "HEIF" not in formats():
            return DataError(
                "HEIC photos need a package that is not installed: pip install pi-heif"
            )
        return BrokenImage("damaged HEIC photo")
    return NotAnImage("no image format that can be read")


def words(error: Exception) -> str:
    """Return what an exception says, on one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
