"""What a file says of its picture, besides its pixels."""

from dataclasses import dataclass

from PIL import Image

ORIENTATION = 0x0112  # Exif 2.3, table 4
MAKE, MODEL, PHOTO, TAKEN = 0x010F, 0x0110, 0x8769, 0x9003  # tables 4 and 5
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Facts:
    """What a file says of its picture; all is empty where there is none.

    Attributes:
        format: Pillow's name, ``"JPEG"``, ``"PNG"``, ...
        mode: Pillow's mode: ``"RGB"``, ``"L"``, ``"P"``, ``"I;16"``, ...
        width: In pixels, as stored, before any turning.
        height: In pixels, as stored.
        animated: Whether there are more pictures; the first is used.
        transparent: Whether there is transparency, which is laid over white.
        camera: Maker and model from the EXIF data, or nothing.
        taken: When the photo was taken, from the EXIF data as ``"2020:12:31 23:59:59"``, or
            nothing.
        range_used: Of 16 bits a channel the largest value, as a share of the full scale; else 1.
            It is 0.06 for 12 bits in a file of 16, which come out nearly black.
    """

    format: str = ""
    mode: str = ""
    width: int = 0
    height: int = 0
    animated: bool = False
    transparent: bool = False
    camera: str = ""
    taken: str = ""
    range_used: float = 1.0


def exif_of(image: Image.Image) -> Image.Exif:
    """Return the EXIF data, none where they are broken."""
    try:
        exif = image.getexif()
        exif.get(ORIENTATION)  # it is read at the first question
    except Exception:  # broken EXIF data are no reason to lose the picture
        return Image.Exif()
    return exif


def upright_turn(exif: Image.Exif) -> Image.Transpose | None:
    """Return what makes the picture upright; the TIFF and HEIC readers have done it by now."""
    orientation = exif.get(ORIENTATION, 1)
    return TURNS.get(orientation) if isinstance(orientation, int) else None


def facts_of(
    image: Image.Image, size: tuple[int, int], mode: str, exif: Image.Exif, used: float
) -> Facts:
    """Return what is known of a loaded picture, whose size and mode are given as stored."""
    try:
        camera = f"{_text(exif.get(MAKE))} {_text(exif.get(MODEL))}".strip()
        taken = _text(exif.get_ifd(PHOTO).get(TAKEN)) if PHOTO in exif else ""
    except Exception:  # as above
        camera, taken = "", ""
    try:
        animated = bool(getattr(image, "is_animated", False))
    except Exception:  # a damaged second picture is nobody's loss
        animated = True
    return Facts(
        format=image.format or "",
        mode=mode,
        width=size[0],
        height=size[1],
        animated=animated,
        transparent=image.has_transparency_data,
        camera=camera,
        taken=taken,
        range_used=used,
    )


def _text(value: object) -> str:
    """Return what a camera wrote, without the zeros that many put behind it."""
    return value.partition("\0")[0].strip() if isinstance(value, str) else ""
