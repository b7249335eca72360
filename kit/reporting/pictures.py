"""Pictures within a page: made anew from pixels, so that nothing else of a file comes with them."""

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from markupsafe import Markup
from PIL import Image

from kit.data import is_table
from kit.data.decoding import decoder, opening
from kit.data.decoding.file_facts import exif_of, upright_turn
from kit.data.decoding.thread_pool import in_order
from kit.errors import DataError

Pixels = npt.NDArray[np.uint8]

ROOM = 2_200_000  # bytes of all thumbnails of a page; as text they take a third more
SMALL = 32  # pixels, up to which every single one is to be seen
WIDEST = 1400  # pixels of a figure
AHEAD = 3  # images for each thread
NOTHING = Markup()
ACROSS = {Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270, Image.Transpose.TRANSPOSE,
          Image.Transpose.TRANSVERSE}  # fmt: skip


@dataclass(frozen=True)
class Picture:
    """A picture as a page holds it, or why there is none.

    Attributes:
        uri: Its content, ``data:image/webp;base64,...``; empty where there is none.
        width: On the screen, in pixels.
        height: On the screen, in pixels.
        enlarged: Whether a pixel of it is shown as a square.
        why: What is said in its place.
    """

    uri: Markup = NOTHING
    width: int = 0
    height: int = 0
    enlarged: bool = False
    why: str = ""


class Thumbnails:
    """The thumbnails of one page, which together stay below a size."""

    def __init__(self, source: Path | str, room: int = ROOM) -> None:
        """Make them of the files below a folder, or of those that a table there names."""
        source = Path(source)
        self.root, self.room = source.parent if is_table(source) else source, room

    def of(self, files: Iterable[str], side: int) -> Iterator[Picture]:
        """Yield a picture for each file; its longer side is ``side`` pixels at most."""

        def made(file: str) -> tuple[bytes, Picture]:
            return _thumbnail(self.root, file, side) if self.room > 0 else (b"", FULL)

        for content, picture in in_order(made, list(files), AHEAD):
            self.room -= len(content)
            yield picture if self.room > 0 or not content else FULL


FULL = Picture(why="left out: this page holds enough pictures")


def figure(path: Path) -> Picture:
    """Return a figure that lies in a folder of results."""
    try:
        image = opening.open_image(opening.read(path))
        image.thumbnail((WIDEST, 2 * WIDEST))
        plain = image.convert("RGB")
    except (DataError, OSError, ValueError, SyntaxError):  # what Pillow raises on damaged files
        return Picture(why=f"{path.name} cannot be read")
    uri = _uri(_encoded(plain, quality=85))
    return Picture(uri, plain.width, plain.height)


def _thumbnail(root: Path, file: str, side: int) -> tuple[bytes, Picture]:
    path = root / file
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            return b"", Picture(why="outside the folder of the images")
        if not path.exists():
            return b"", Picture(why="not there any more")
        data = opening.read(path)
        pixels = decoder.decode(data, _shape(opening.open_image(data), side))
    except (DataError, MemoryError, OSError, ValueError):  # a name may be none that a disk takes
        return b"", Picture(why="cannot be read")
    height, width = pixels.shape[:2]
    content = _encoded(Image.fromarray(pixels), quality=72)
    times = max(1, side // max(height, width)) if max(height, width) <= SMALL else 1
    return content, Picture(_uri(content), width * times, height * times, times > 1)


def _shape(image: Image.Image, side: int) -> tuple[int, int]:
    """Return height and width of an upright thumbnail, in the picture's own proportions."""
    width, height = image.size
    if upright_turn(exif_of(image)) in ACROSS:
        width, height = height, width
    scale = min(1.0, side / max(width, height))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _encoded(image: Image.Image, quality: int) -> bytes:
    content = io.BytesIO()
    image.save(content, "WEBP", quality=quality, method=2, lossless=max(image.size) <= SMALL)
    return content.getvalue()


def of_pixels(pixels: Pixels) -> Picture:
    """Return a picture of pixels that were made for the page."""
    height, width = pixels.shape[:2]
    return Picture(_uri(_encoded(Image.fromarray(pixels), quality=72)), width, height)


def _uri(content: bytes) -> Markup:
    return Markup(f"data:image/webp;base64,{base64.b64encode(content).decode('ascii')}")


def figures(paths: Sequence[Path]) -> dict[str, Picture]:
    """Return figures by name."""
    return {path.stem: figure(path) for path in paths if path.is_file()}
