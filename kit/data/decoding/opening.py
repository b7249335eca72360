"""Files opened as images: which formats, how large, and why not."""

import functools
import io
import math
import os
import re
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import PIL
from PIL import Image

from kit.errors import DataError, KitError, SettingError

MAX_PIXELS = 89_478_485  # Pillow's own limit: a quarter of a gigabyte for three bytes each
LIMIT = "KIT_MAX_MEGAPIXELS"  # the environment variable that sets another
MAX_BYTES = 1 << 30  # more than a file within MAX_PIXELS needs
STARTS = {  # of files that are images, whatever became of the rest
    "JPEG": (b"\xff\xd8\xff",),
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "GIF": (b"GIF87a", b"GIF89a"),
    "TIFF": (b"II*\0", b"MM\0*"),
    "JPEG 2000": (b"\0\0\0\x0cjP  \r\n\x87\n",),
}
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


class TooLarge(BrokenImage):
    """The header promises more pixels than the limit, or the file has more bytes."""


def max_pixels() -> int:
    """Return the limit: ``$KIT_MAX_MEGAPIXELS`` millions, or Pillow's where that is not set.

    Raises:
        SettingError: It is no number above 0.
    """
    text = os.environ.get(LIMIT)
    if text is None:
        return MAX_PIXELS
    try:
        pixels = float(text) * 1e6
    except ValueError:
        pixels = math.nan
    if not 1 <= pixels < math.inf:
        raise SettingError(f"{LIMIT} must be a number above 0, not {text!r}.")
    return int(pixels)


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
            raise TooLarge(f"{status.st_size} bytes, more than the limit of 1 GiB")
        data = path.read_bytes()
    except OSError as error:
        raise BrokenImage(f"cannot be read ({error.strerror or words(error)})") from error
    if not data:
        raise BrokenImage("an empty file")
    return data


@contextmanager
def named_memory(file: Path | str) -> Iterator[None]:
    """Name the file at which the memory gave out, which says nothing about the file.

    Raises:
        KitError: The memory gave out within.
    """
    try:
        yield
    except MemoryError as error:
        raise KitError(
            f"There is too little memory to decode {file}. Close other programs, or leave out the "
            f"largest images with {LIMIT}."
        ) from error


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
        BrokenImage: It is damaged.
        TooLarge: It promises more pixels than the limit.
        NotAnImage: There is none.
        DataError: It is a HEIC photo and the package that reads these is missing.
    """
    limit = max_pixels()
    with _one_at_a_time:
        if limit > (Image.MAX_IMAGE_PIXELS or limit):
            Image.MAX_IMAGE_PIXELS = limit  # Pillow raises above twice its own
        known = formats()
        # Python's warning filters belong to the process: to change and restore them around each
        # call would, with several threads, leave them wrong. One rule for Pillow alone is safe.
        if PILLOW_WARNINGS not in warnings.filters:
            warnings.filterwarnings("ignore", module=r"PIL\.")
    try:
        image = Image.open(io.BytesIO(data), formats=known)
    except PIL.UnidentifiedImageError:
        raise _unknown(data) from None
    except Image.DecompressionBombError as error:
        promised = re.search(r"\d+", str(error))
        raise _too_large(int(promised[0]) if promised else 2 * limit, limit) from None
    except MemoryError:
        raise
    except Exception as error:
        raise BrokenImage(f"damaged header ({words(error)})") from error
    if image.width * image.height > limit:
        raise _too_large(image.width * image.height, limit)
    return image


def _too_large(pixels: int, limit: int) -> TooLarge:
    return TooLarge(
        f"{pixels / 1000000.0:.4g} megapixels, more than the limit of {limit / 1000000.0:.4g}; "
        f"make it smaller, or raise {LIMIT}"
    )


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
    for name, starts in STARTS.items():
        if data.startswith(starts):
            return BrokenImage(f"damaged or cut off: only the header of a {name} file")
    return NotAnImage("not a readable image format")


def words(error: Exception) -> str:
    """Return what an exception says, on one line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
