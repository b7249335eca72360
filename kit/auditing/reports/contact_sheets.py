"""Contact sheets: what was found, to look at."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kit.auditing.findings import KINDS, Finding
from kit.data.decoding import decoder, opening
from kit.data.decoding.thread_pool import in_order

if TYPE_CHECKING:
    from kit.auditing.audits import Audit

Pixels = npt.NDArray[np.uint8]

SIDE = 160  # pixels of a thumbnail; made anew from pixels, so nothing of the file's EXIF is in it
MOST = 48  # findings on a sheet, the clearest
WIDER = 4  # pairs, from which two stand in a row
AHEAD = 3  # images for each thread
UNSEEN = ("broken", "refused")


def draw(found: "Audit", folder: Path) -> list[Path]:
    """Write one PNG for each kind of finding that has something to show.

    Each image is named by its class, with its part where there are any, and its file. In pairs the
    partner stands to the right.

    Returns:
        The files.
    """
    from kit import plots

    drawn = []
    titles = _titles(found)
    for kind in [name for name in KINDS if name not in UNSEEN and found.of(name)]:
        chosen = _once(found.of(kind))[:MOST]
        files = [name for one in chosen for name in (one.file, one.partner) if name]
        named = [titles[name] for name in files]
        across = None
        if len(files) > len(chosen):
            named[1::2] = [(f"and {where}", name) for where, name in named[1::2]]
            across = 2 if len(chosen) < WIDER else 4
        figure = plots.images(_read(found.root, files), named, across, lines=2)
        drawn.append(folder / f"{kind}.png")
        plots.save(figure, drawn[-1], dpi=100)
    return drawn


def _titles(found: "Audit") -> dict[str, tuple[str, str]]:
    """Return the two lines above each image: part and class, and the file's own name."""
    columns = (found.images[name] for name in ("file", "part", "label"))
    return {
        file: ("/".join(filter(None, (part, found.class_names[label]))), PurePosixPath(file).name)
        for file, part, label in zip(*columns, strict=True)
    }


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
            with opening.named_memory(root / name):
                return decoder.decode(root / name, (SIDE, SIDE), aspect="pad")
        except opening.BrokenImage:
            return np.full((SIDE, SIDE, 3), 128, np.uint8)

    return np.stack(list(in_order(picture, names, AHEAD)))
