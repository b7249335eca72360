"""Contact sheets: what was found, to look at."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kit.audit._findings import KINDS, Finding
from kit.data import decode
from kit.data._pool import in_order

if TYPE_CHECKING:
    from kit.audit._audit import Audit

__all__ = ["MOST", "draw"]

Pixels = npt.NDArray[np.uint8]

SIDE = 160  # pixels of a thumbnail; made anew from pixels, so nothing of the file's EXIF is in it
MOST = 48  # findings on a sheet, the clearest
AHEAD = 3  # images for each thread
UNSEEN = ("broken", "refused")


def draw(found: "Audit", folder: Path) -> list[Path]:
    """Write one PNG for each kind of finding that has something to show.

    Single images stand side by side, pairs in rows with their partners.

    Args:
        found: The audit.
        folder: Where to; it must exist.

    Returns:
        The files.
    """
    from kit import plots

    drawn = []
    for kind in [name for name in KINDS if name not in UNSEEN]:
        chosen = found.of(kind)
        singles = [one for one in chosen if not one.partner][:MOST]
        pairs = _once([one for one in chosen if one.partner])[:MOST]
        figure = None
        if singles:
            seen = _read(found.root, [one.file for one in singles])
            figure = plots.images(seen, [one.file for one in singles])
        elif pairs:
            both = _read(found.root, [name for one in pairs for name in (one.file, one.partner)])
            rows = both.reshape(len(pairs), 2, *both.shape[1:])
            figure = plots.augmented(rows, [one.file for one in pairs], ["", "partner"])
        if figure is not None:
            drawn.append(folder / f"{kind}.png")
            plots.save(figure, drawn[-1], dpi=100)
    return drawn


def _once(findings: Sequence[Finding]) -> list[Finding]:
    """Leave out pairs that are there the other way round."""
    seen: dict[frozenset[str], Finding] = {}
    for one in findings:
        seen.setdefault(frozenset((one.file, one.partner)), one)
    return list(seen.values())


def _read(root: Path, names: Sequence[str]) -> Pixels:
    """Return the pictures with their shapes kept; a gray square for what cannot be read."""

    def picture(name: str) -> Pixels:
        try:
            with decode.named_memory(root / name):
                return decode.decode(root / name, (SIDE, SIDE), aspect="pad")
        except decode.BrokenImage:
            return np.full((SIDE, SIDE, 3), 128, np.uint8)

    if not names:
        return np.empty((0, SIDE, SIDE, 3), np.uint8)
    return np.stack(list(in_order(picture, names, AHEAD)))
