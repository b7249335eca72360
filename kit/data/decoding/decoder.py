"""The one image decoder: whatever Pillow reads becomes height x width x channels of 0 to 255.

Scanning, training, evaluation and prediction all call :func:`decode`, so that a model sees the same
numbers everywhere.
"""

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL
from PIL import Image

from kit import memory
from kit.data.decoding.depth import eight_bits, is_deep
from kit.data.decoding.equalization import EQUALIZATIONS, equalized
from kit.data.decoding.file_facts import TURNS, Facts, exif_of, facts_of, upright_turn
from kit.data.decoding.opening import BrokenImage, open_image, read, words
from kit.data.decoding.thread_pool import Room
from kit.errors import require_choice

Pixels = npt.NDArray[np.uint8]

COLORS = ("rgb", "grayscale")
ASPECTS = ("stretch", "crop", "pad")
RULES = 2  # raised when the numbers below change, so that what was stored is made again
RESAMPLING = (
    Image.Resampling.BILINEAR
)  # with anti-aliasing in Pillow; 1.2 to 1.6 times Lanczos' pace
PADDING = 0  # black, as Keras pads
BYTES = 17  # that decoding takes for a pixel, at most
# Pixels decoded at once, however many threads there are: at most a half of what is free.
ROOM = Room(min(400_000_000, (memory.available() or 1 << 40) // (2 * BYTES)))


def decode(
    source: bytes | Path,
    image_size: tuple[int, int],
    color: str = "rgb",
    aspect: str = "stretch",
    equalization: str = "none",
) -> Pixels:
    """Return the picture upright, in one size, as uint8 of shape ``(height, width, channels)``.

    The orientation in the EXIF data is applied, transparency is laid over white, the first frame of
    an animation is taken, and more than 8 bits a channel are scaled down: 16 bits by their full
    scale, 65535, or by the depth that a TIFF file declares (BitsPerSample, or a MaxSampleValue of
    2^n - 1); so 12 bits in a 16-bit PNG stay dark, see :attr:`Facts.range_used`. Integers of 32
    bits and floats are divided by the smallest of 1 (floats), 255 and 65535 that holds their
    largest value, and outside these stretched from their smallest to their largest. Shrinking is
    anti-aliased.

    A JPEG is decoded at 1/2, 1/4 or 1/8 of its size where that is still no smaller than
    ``image_size``. Over 3,000 photos (median 499x350 pixels) this moved a value by 0.55 of 255 on
    average (3.2 in the worst photo) at 128x128, where it took 1.1 ms in place of 1.8, and by 0.07
    (3.1) at 224x224, where few photos are large enough for it.

    Args:
        source: The file or its content.
        image_size: ``(height, width)`` in pixels.
        color: ``"rgb"`` for three channels, ``"grayscale"`` for one (ITU-R 601-2 luma).
        aspect: ``"stretch"`` to the size, ``"crop"`` the longer side around the centre, or
            ``"pad"`` the shorter side with black.
        equalization: ``"none"``, ``"contrast"`` or ``"histogram"``: how the picture's grays are
            spread, see :func:`kit.data.decoding.equalization.equalized`. The black of
            ``"pad"`` is not counted.

    Raises:
        BrokenImage: The file is damaged or no regular file.
        TooLarge: It promises more pixels than the limit; it is not decoded.
        NotAnImage: The content is no image at all.
        MemoryError: There is too little memory, which says nothing about the file.
        DataError: It is a HEIC photo and the package that reads these is missing.
        SettingError: There is no such color, aspect or equalization.
    """
    return decode_with_facts(source, image_size, color, aspect, equalization)[0]


def decode_with_facts(
    source: bytes | Path,
    image_size: tuple[int, int],
    color: str = "rgb",
    aspect: str = "stretch",
    equalization: str = "none",
) -> tuple[Pixels, Facts]:
    """Return what :func:`decode` does, and what the file says of its picture; raise the same."""
    require_choice("color", color, COLORS)
    require_choice("aspect", aspect, ASPECTS)
    require_choice("equalization", equalization, EQUALIZATIONS)
    data = source if isinstance(source, bytes) else read(source)
    image = open_image(data)
    size, mode = image.size, image.mode  # loading changes both
    try:
        whole = _drafted(image, image_size)
        with ROOM.taken(_pixels(image, size)):
            deep = is_deep(image)
            image.load()
            flat, used = eight_bits(image, equalization != "none", deep)
            exif = exif_of(image)
            small = _fit(
                flat, image_size, aspect, upright_turn(exif), whole or image.size, equalization
            )
            return _channels(small, color), facts_of(image, size, mode, exif, used)
    except (BrokenImage, MemoryError):
        raise
    except Exception as error:  # what Pillow raises on damaged files has no common class
        free = memory.available()  # decoders in C call it damage where they get none
        if free is not None and free < BYTES * _pixels(image, size):
            raise MemoryError(words(error)) from error
        raise BrokenImage(f"damaged or cut off ({words(error)})") from error


def luma(pixels: Pixels) -> Pixels:
    """Return ``(height, width, 1)`` from RGB ``(height, width, 3)``, as :func:`decode` makes gray.

    Made after resizing, so that a picture whose three channels are equal keeps these very values.
    """
    return np.array(Image.fromarray(pixels).convert("L"))[..., np.newaxis]


@functools.cache
def version() -> str:
    """Return what decoded numbers depend on: these rules and the libraries' versions."""
    try:
        from pi_heif import __version__ as heif
    except ImportError:
        heif = "none"
    return f"{RULES}-pillow{PIL.__version__}-heif{heif}"


def _drafted(image: Image.Image, image_size: tuple[int, int]) -> tuple[float, float] | None:
    """Prepare a smaller decode of a JPEG; return the width and height that its pixels stand for.

    A JPEG of 501 pixels at 1/4 has 126, and only 125.25 of them are picture.
    """
    needed = max(image_size)  # both ways, since the picture may have to be turned
    drafted = image.draft(image.mode, (needed, needed))
    return (drafted[1][2], drafted[1][3]) if drafted else None


def _pixels(image: Image.Image, stored: tuple[int, int]) -> int:
    """Return how many pixels decoding holds; of a progressive JPEG all, whatever its draft."""
    width, height = stored if image.info.get("progressive") else image.size
    return width * height


def _fit(
    image: Image.Image,
    image_size: tuple[int, int],
    aspect: str,
    turn: Image.Transpose | None,
    whole: tuple[float, float],
    equalization: str,
) -> Image.Image:
    """Resize, then turn and equalize: the order that has fewer pixels to change."""
    across = turn is not None and turn in {TURNS[5], TURNS[6], TURNS[7], TURNS[8]}
    target = image_size if across else image_size[::-1]  # (width, height) as stored
    width, height = whole
    left, top = 0.0, 0.0
    if aspect == "crop":
        ratio = min(width / target[0], height / target[1])
        left = max(0.0, (width - ratio * target[0]) / 2)  # a rounded product may exceed the width
        top = max(0.0, (height - ratio * target[1]) / 2)
    elif aspect == "pad":
        ratio = max(width / target[0], height / target[1])
        target = (max(1, round(width / ratio)), max(1, round(height / ratio)))
    small = image.resize(target, RESAMPLING, box=(left, top, width - left, height - top))
    upright = equalized(small if turn is None else small.transpose(turn), equalization)
    if aspect != "pad":
        return upright
    canvas = Image.new(image.mode, image_size[::-1], PADDING)
    canvas.paste(
        upright, ((canvas.width - upright.width) // 2, (canvas.height - upright.height) // 2)
    )
    return canvas


def _channels(image: Image.Image, color: str) -> Pixels:
    pixels = np.array(image.convert("RGB"))
    return luma(pixels) if color == "grayscale" else pixels
