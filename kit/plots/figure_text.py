"""Names of any script in figures, and figures in files.

Names of classes come from strangers' folders. They are drawn as they are: a "$" starts no formula,
a control character is spelt out, a long name loses its middle. matplotlib (from 3.11) joins and
orders Arabic letters itself; a shaping library on top would reverse them again.
"""

import functools
import math
import unicodedata
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib import font_manager
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from kit import files
from kit.progress import clean

# DejaVu comes with matplotlib and holds Latin, Greek, Cyrillic and Arabic letters. The others are
# asked only for letters it has not: what Linux, macOS and Windows bring for the rest.
FONTS = (
    "DejaVu Sans",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Noto Sans Devanagari",
    "Noto Sans Hebrew",
    "Noto Sans Thai",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "PingFang SC",
    "Hiragino Sans",
    "Apple SD Gothic Neo",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Nirmala UI",
    "Leelawadee UI",
    "Noto Emoji",
    "Segoe UI Emoji",
    "Symbola",
)
LARGEST = 2**16 - 1  # pixels of a side; matplotlib refuses more
MOST = 60_000_000  # pixels of a picture; some viewers refuse twice as many, for fear of bombs
INVISIBLE = {"Mn", "Me", "Cf"}  # Unicode categories that take no room: marks, joiners


def plain(size: float) -> dict[str, Any]:
    """Return the text settings under which a name of ``size`` points is drawn letter by letter."""
    return {
        "parse_math": False,
        "usetex": False,
        "fontfamily": _installed_fonts(),
        "fontsize": size,
    }


def shorten(name: object, longest: int) -> str:
    """Return a name fit for a figure.

    Args:
        name: Any text. Control characters, line ends among them, are spelt out.
        longest: Greatest width, in Latin letters. A Chinese character or an emoji counts as two.

    Returns:
        The name, its middle replaced by "…" where it is too wide: names that share a beginning or
        an end stay apart.
    """
    text = clean(name)
    if _width(text) <= longest:
        return text
    head = _fitting(text, longest // 2)
    tail = _fitting(text[::-1], (longest - 1) // 2)[::-1]
    while tail and _width(tail[0]) == 0:  # a mark without its letter
        tail = tail[1:]
    return f"{head}…{tail}"


def isolated(name: str) -> str:
    """Return a name that keeps its direction of writing inside a sentence of the other one."""
    return f"\u2068{name}\u2069"


def legend(
    figure: Figure, handles: Sequence[Artist], texts: Sequence[str], place: Any, columns: int
) -> Legend:
    """Draw one legend outside all axes of a figure.

    matplotlib leaves out entries that begin with "_", and reads formulas in all. So it is given
    blanks, which are replaced afterwards.
    """
    blanks = [" "] * len(texts)
    box: Legend = figure.legend(handles, blanks, loc=place, ncols=columns, frameon=False)
    for drawn, text in zip(box.get_texts(), texts, strict=True):
        drawn.update(plain(9))
        drawn.set_text(text)
    return box


def save(figure: Figure, path: Path | str, dpi: int = 150) -> None:
    """Write a figure to a file, whole or not at all.

    One that would be taller or wider than matplotlib can draw, or larger than viewers like, such as
    a network of a thousand layers, gets fewer pixels to the inch.

    Args:
        figure: What to write.
        path: The ending chooses the format: ``.png``, ``.svg``, ``.pdf``.
        dpi: Pixels to the inch.

    Raises:
        OSError: The file cannot be written; what was at ``path`` is as it was.
    """
    width, height = figure.get_size_inches()
    dpi = min(dpi, int(LARGEST / max(width, height)), int(math.sqrt(MOST / (width * height))))
    with warnings.catch_warnings():
        # No font of this machine holds the letter: a box is drawn, which says as much.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font", append=False)
        files.write(path, lambda temporary: figure.savefig(temporary, dpi=dpi))


@functools.cache
def _installed_fonts() -> list[str]:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in FONTS if name in installed]


def _width(text: str) -> int:
    return sum(
        0
        if unicodedata.category(letter) in INVISIBLE
        else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in text
    )


def _fitting(text: str, width: int) -> str:
    end = 0
    while end < len(text) and _width(text[: end + 1]) <= width:
        end += 1
    return text[:end]
