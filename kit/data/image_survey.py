"""A look at a folder before anything is decided: from headers alone, without decoding."""

from dataclasses import dataclass
from pathlib import Path

from kit.data.decoding import opening
from kit.data.decoding.thread_pool import in_order
from kit.data.listing.folders import listing
from kit.errors import DataError

HEADERS = 1000  # evenly spaced files that stand for all
AHEAD = 4  # files for each thread
GRAY = {"1", "L", "LA", "I", "F"}  # Pillow's modes of one channel; and I;16 with its byte orders


@dataclass(frozen=True)
class Survey:
    """What the headers of a folder's images say.

    Attributes:
        images: How many were looked at: all, or 1,000 evenly spaced ones.
        gray: Share of them that are stored in one channel.
        short_sides: Their shorter sides in pixels, ascending.
    """

    images: int
    gray: float
    short_sides: tuple[int, ...]

    def share_from(self, side: int) -> float:
        """Return the share of the images whose shorter side has ``side`` pixels or more."""
        return sum(each >= side for each in self.short_sides) / max(1, self.images)


def survey(folder: Path | str, parts: str | None = None) -> Survey:
    """Look at the headers of a folder's images.

    Args:
        folder: The data.
        parts: As for :func:`kit.data.load`.

    Raises:
        DataError: The folder has no images, or not in the layout of classes.
        SettingError: ``parts`` does not go with the folder.
    """
    listed = listing(folder, parts=parts)
    chosen = listed.entries[:: -(-len(listed.entries) // HEADERS) or 1]
    headers = list(in_order(_header, [listed.root / one.found.file for one in chosen], AHEAD))
    found = [header for header in headers if header is not None]
    gray = sum(mode in GRAY or mode.startswith("I;16") for _, mode in found)
    return Survey(
        images=len(found),
        gray=gray / max(1, len(found)),
        short_sides=tuple(sorted(side for side, _ in found)),
    )


def _header(path: Path) -> tuple[int, str] | None:
    """Return the shorter side and Pillow's mode; None for what is no image."""
    try:
        image = opening.open_image(opening.read(path))
    except DataError:  # named when the images are read
        return None
    return min(image.size), image.mode
