"""The worst mistakes: wrong answers, the most certain first, and the evidence for them."""

from typing import Any

from kit.reporting.reasons import Reason, Reasons, reasons
from kit.reporting.run_files import RunFiles

TITLE = "The worst mistakes"
MOST, SIDE = 24, 200  # mistakes; pixels


def values(run: RunFiles) -> dict[str, Any] | None:
    """Return the mistakes with their pictures and, where the network may be asked, reasons."""
    if not run.parts:
        return None
    part = run.parts[0]
    worst = part.wrong.head(MOST)
    pictures = list(run.thumbnails.of(worst["file"], SIDE))
    found = Reasons()
    # After a cross-validation the models that answered are gone.
    if run.loads and part.name != "out_of_fold" and any(one.uri for one in pictures):
        found = reasons(run, worst[[bool(one.uri) for one in pictures]])
    each = iter(found.each)
    shown = [
        {**row, "picture": picture, "reason": next(each, Reason()) if picture.uri else Reason()}
        for row, picture in zip(worst.to_dict("records"), pictures, strict=True)
    ]
    return {
        "shown": shown,
        "found": found,
        "mapped": any(one.heats for one in found.each),
        "count": len(part.wrong),
        "images": part.scores.images,
        "part": part.words,
        "probable": part.probable,
    }
