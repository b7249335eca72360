"""Pictures of any mode become eight bits a channel, opaque, gray or RGB.

Sixteen bits are divided by what their format can hold, not by what a picture happens to hold: a
dark picture stays dark, and all pictures of a series keep their ratio.
"""

import numpy as np
from PIL import Image

FULL = 65535.0
# Integers of 32 bits and floats declare nothing: the smallest usual scale that holds all values.
USUAL_SCALES = {"I": (255.0, FULL), "F": (1.0, 255.0, FULL)}
BITS, PHOTOMETRIC, MAX_SAMPLE = 258, 262, 281  # TIFF 6.0, section 8
DEPTHS = {(1 << bits) - 1 for bits in range(9, 16)}  # 511 to 32767
SPECKS = 0.1  # per cent of the pixels at either end that do not count where contrast is stretched


def is_deep(image: Image.Image) -> bool:
    """Tell of an image that is not loaded whether it has 16 bits a channel that become 8."""
    return any(";16" in str(tile.args) for tile in getattr(image, "tile", ()))


def eight_bits(image: Image.Image, stretch: bool, deep: bool) -> tuple[Image.Image, float]:
    """Return the picture in mode ``L`` or ``RGB``, opaque, and the share of its range it uses.

    Args:
        image: It is loaded.
        stretch: Whether its contrast will be stretched: then all its bits take part in that.
        deep: What :func:`is_deep` said before.
    """
    mode = image.mode.removesuffix("B").removesuffix("L").removesuffix("N")
    if mode in {"I;16", *USUAL_SCALES}:
        return _scaled(image, mode, stretch)
    flat = _opaque(image)
    return flat, _brightest(flat) / 255 if deep else 1.0


def _scaled(image: Image.Image, mode: str, stretch: bool) -> tuple[Image.Image, float]:
    numbers = np.nan_to_num(np.array(image, np.float32), copy=False, nan=0, posinf=0, neginf=0)
    low, high = float(numbers.min()), float(numbers.max())
    full = _declared(image, high) if mode == "I;16" else _usual(image, mode, high)
    used = high / full if full else 1.0
    if mode == "I;16" and _tag(image, PHOTOMETRIC) == 0:  # white is zero; Pillow leaves it so
        numbers, low, high = full - numbers, full - high, full - low
    if stretch:
        low, high = np.percentile(numbers, (SPECKS, 100 - SPECKS)).tolist()
    if stretch or low < 0 or not full:
        numbers, full = np.clip(numbers, low, high) - low, (high - low) or 1.0
    return Image.fromarray(np.rint(numbers * (255 / full)).astype(np.uint8)), used


def _declared(image: Image.Image, high: float) -> float:
    """Return the largest value of the depth that the file names, or of its 16 bits.

    PNG's sBIT is not asked: by its specification the values fill the 16 bits whatever it says.
    """
    bits = _tag(image, BITS)
    for full in ((1 << bits) - 1 if 8 < bits < 16 else 0, _tag(image, MAX_SAMPLE)):
        if full in DEPTHS and high <= full:
            return float(full)
    return FULL


def _usual(image: Image.Image, mode: str, high: float) -> float:
    if image.format == "PPM" and mode == "I":  # its reader has brought them to 16 bits
        return FULL
    return next((scale for scale in USUAL_SCALES[mode] if high <= scale), 0.0)


def _tag(image: Image.Image, number: int) -> int:
    """Return a tag of a TIFF file that holds one integer, or -1."""
    try:
        value = getattr(image, "tag_v2", {}).get(number, -1)
    except Exception:  # a broken tag is none
        return -1
    value = value[0] if isinstance(value, tuple) and value else value
    return value if isinstance(value, int) else -1


def _opaque(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        if image.mode in {"La", "LA"}:
            return _over_white(image.convert("LA"), "L")
        return _over_white(image.convert("RGBA"), "RGB")
    return image.convert("L" if image.mode in {"1", "L"} else "RGB")


def _over_white(image: Image.Image, mode: str) -> Image.Image:
    white = Image.new(mode, image.size, "white")
    white.paste(image.convert(mode), mask=image.getchannel("A"))
    return white


def _brightest(image: Image.Image) -> int:
    """Return the largest value of any channel."""
    return int((np.flatnonzero(image.histogram()) % 256).max())
